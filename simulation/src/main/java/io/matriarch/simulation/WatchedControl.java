package io.matriarch.simulation;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ArchiveResult;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The rules hear of what an agent does to its server before it is done. */
final class WatchedControl implements PostgresControl {

    private final PostgresControl behind;
    private final SimHost host;
    private final Invariants invariants;

    WatchedControl(PostgresControl behind, SimHost host, Invariants invariants) {
        this.behind = behind;
        this.host = host;
        this.invariants = invariants;
    }

    private PostgresControl doing(String what) {
        invariants.pause().does(host, what);
        return behind;
    }

    @Override
    public ControlResult initialize() {
        return doing("initializes a cluster").initialize();
    }

    @Override
    public void bootstrapped() {
        behind.bootstrapped();
    }

    @Override
    public ControlResult postBootstrap() {
        return behind.postBootstrap();
    }

    @Override
    public ControlResult startPrimary(Duration timeout) {
        return doing("starts its server as primary").startPrimary(timeout);
    }

    @Override
    public ControlResult startStandby(Upstream upstream, Role role, Duration timeout) {
        return doing("starts its server as standby").startStandby(upstream, role, timeout);
    }

    @Override
    public ControlResult restart(Duration timeout) {
        return doing("restarts its server").restart(timeout);
    }

    @Override
    public StopResult stop(StopOrder order) {
        return doing("stops its server (" + order.why() + ")").stop(order);
    }

    @Override
    public Optional<StopProof> stopProof() {
        return behind.stopProof();
    }

    @Override
    public void signalFast() {
        doing("lets its guard stop the server").signalFast();
    }

    @Override
    public void signalImmediate() {
        doing("lets its guard stop the server at once").signalImmediate();
    }

    @Override
    public Optional<StopProof> kill() {
        return doing("kills its server").kill();
    }

    @Override
    public ControlResult promote(List<Timeline> skipped) {
        invariants.pause().promotes(host);
        return behind.promote(skipped);
    }

    @Override
    public ControlResult prePromote() {
        return behind.prePromote();
    }

    @Override
    public void markDemoted() {
        behind.markDemoted();
    }

    @Override
    public ControlResult follow(Upstream upstream, Role role) {
        return behind.follow(upstream, role);
    }

    @Override
    public ControlResult checkpoint() {
        return behind.checkpoint();
    }

    @Override
    public ControlResult copyFrom(Upstream source, String why) {
        return doing("makes its data directory a copy").copyFrom(source, why);
    }

    @Override
    public ControlResult rewind(Upstream.Source source, StopProof proof) {
        invariants.rewind().rewinds(host, source);
        return doing("rewinds").rewind(source, proof);
    }

    @Override
    public ControlResult recoverCrash(StopProof proof) {
        return doing("recovers in single-user mode").recoverCrash(proof);
    }

    @Override
    public LeaderTimeline timelineOf(Upstream.Source leader, Duration patience) {
        LeaderTimeline answer = behind.timelineOf(leader, patience);
        invariants.rewind().compares(host, answer);
        return answer;
    }

    @Override
    public Optional<Lsn> endOfRecord(Timeline timeline, Lsn checkpoint) {
        return behind.endOfRecord(timeline, checkpoint);
    }

    @Override
    public ArchiveResult archiveEnd(ShutdownPosition position, StopProof proof) {
        return behind.archiveEnd(position, proof);
    }

    @Override
    public ControlResult removeDataDirectory(String why, StopProof proof) {
        return doing("removes its data directory").removeDataDirectory(why, proof);
    }

    @Override
    public ControlResult setDataDirectoryAside(StopProof proof) {
        return behind.setDataDirectoryAside(proof);
    }

    @Override
    public ControlResult changeSlots(List<SlotChange> changes) {
        return behind.changeSlots(changes);
    }

    @Override
    public ControlResult copyLogicalSlots(List<PermanentSlot.Logical> slots, Upstream.Of leader, Duration timeout) {
        return doing("restarts its server with copies of slots").copyLogicalSlots(slots, leader, timeout);
    }

    @Override
    public ControlResult forceFeedback(boolean on) {
        return behind.forceFeedback(on);
    }

    @Override
    public ControlResult synchronousStandbyNames(Optional<String> names) {
        return behind.synchronousStandbyNames(names);
    }

    @Override
    public Optional<List<HistoryLine>> localHistory(Timeline timeline) {
        return behind.localHistory(timeline);
    }

    @Override
    public Optional<Instant> historyWritten(Timeline timeline) {
        return behind.historyWritten(timeline);
    }

    @Override
    public ControlResult probeWrite(Duration patience) {
        return behind.probeWrite(patience);
    }

    @Override
    public ControlResult resumeReplay() {
        return behind.resumeReplay();
    }
}

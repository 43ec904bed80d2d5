package io.matriarch.simulation;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopMode;
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

/** What one agent does to its server. */
final class ServerPorts extends ServerProbe implements PostgresControl {

    private final SimGuard guard;

    ServerPorts(World world, SimServer server, SimGuard guard) {
        super(world, server);
        this.guard = guard;
    }

    private boolean isInterrupted() {
        return world.scheduler.current().interrupted;
    }

    /** Work that ends early when it is interrupted. */
    private void work(Duration length) {
        if (!isInterrupted()) {
            world.scheduler.await(length);
        }
    }

    private static ControlResult failed(String why) {
        return new ControlResult.Failed(why);
    }

    @Override
    public ControlResult initialize() {
        world.scheduler.sleep(world.between(500, 2000));
        if (server.isFull() || world.chance(0.08)) {
            return failed("initdb has failed");
        }
        server.initialize();
        world.onStep.accept(server.name(), Step.HAS_INITIALIZED);
        return startPrimary(Duration.ofSeconds(30));
    }

    @Override
    public ControlResult postBootstrap() {
        world.scheduler.sleep(world.between(50, 300));
        return server.isWritable() ? new ControlResult.Done() : failed("not a primary");
    }

    @Override
    public ControlResult startPrimary(Duration timeout) {
        world.scheduler.sleep(world.between(1, 300));
        world.onStep.accept(server.name(), Step.STARTS);
        SimServer.Disk disk = server.disk();
        if (server.isDown()) {
            if (!disk.present || guard.refusesStart()) {
                return failed("refused");
            }
            disk.standbySignal = false;
            role = Role.PRIMARY;
            begin(true, disk.control.isUncleanPrimary() ? world.between(300, 6000) : world.between(80, 600));
        }
        return awaitUp(timeout);
    }

    @Override
    public ControlResult startStandby(Upstream from, Role as, Duration timeout) {
        world.scheduler.sleep(world.between(1, 200));
        SimServer.Disk disk = server.disk();
        if (!disk.present || !disk.complete) {
            return failed("no data directory");
        }
        if (server.isDown()) {
            disk.upstream = from;
            upstreamConfigured = true;
            disk.standbySignal = true;
            role = as;
            begin(false, world.between(80, 1500));
        }
        return awaitUp(timeout);
    }

    private void begin(boolean asPrimary, Duration startup) {
        state = ServerState.STARTING;
        // Now and then there is much to replay.
        server.begin(asPrimary, world.chance(0.03) ? startup.multipliedBy(20) : startup);
    }

    private ControlResult awaitUp(Duration timeout) {
        long end = world.now() + timeout.toNanos();
        while (server.phase() == SimServer.Phase.STARTING && world.now() < end) {
            if (isInterrupted()) {
                server.crash("the start is interrupted");
                return failed("interrupted");
            }
            server.awaitChange(Duration.ofNanos(end - world.now()));
        }
        if (server.isUp()) {
            state = ServerState.RUNNING;
            return new ControlResult.Done();
        }
        if (server.phase() == SimServer.Phase.STARTING) {
            return new ControlResult.StillRunning("starting");
        }
        state = ServerState.START_FAILED;
        return failed("it did not come up");
    }

    @Override
    public ControlResult restart(Duration timeout) {
        boolean asPrimary = server.isPrimary();
        var order = new StopOrder(StopMode.FAST, false, Optional.of(Duration.ofSeconds(10)), "restart");
        if (stop(order) instanceof StopResult.NotStopped(String why)) {
            return failed(why);
        }
        return asPrimary ? startPrimary(timeout) : startStandby(server.disk().upstream, Role.REPLICA, timeout);
    }

    @Override
    public StopResult stop(StopOrder order) {
        world.scheduler.sleep(world.between(1, 20));
        boolean escalated = order.mode() == StopMode.IMMEDIATE;
        if (!server.isDown()) {
            state = ServerState.STOPPING;
            if (order.checkpointFirst() && server.isWritable()) {
                world.scheduler.sleep(world.between(20, 500));
                writeCheckpoint();
            }
            if (escalated) {
                world.scheduler.sleep(world.between(1, 30));
                server.crash("immediate stop, " + order.why());
            } else {
                escalated = !stopFast(order);
            }
        }
        if (role.isPrimary()) {
            role = Role.DEMOTED;
        }
        state = ServerState.STOPPED;
        Optional<ShutdownPosition> position =
                server.disk().control == ControlData.State.SHUT_DOWN && server.tip().depth > 0
                        ? Optional.of(new ShutdownPosition(server.timeline(), server.end()))
                        : Optional.empty();
        return new StopResult.Stopped(STOPPED, escalated, position);
    }

    private boolean stopFast(StopOrder order) {
        server.beginFastStop();
        long end =
                world.now() + order.escalateAfter().orElse(Duration.ofDays(1)).toNanos();
        while (!server.isDown() && world.now() < end) {
            server.awaitChange(Duration.ofNanos(end - world.now()));
        }
        if (server.isDown()) {
            return true;
        }
        server.crash("escalated stop, " + order.why());
        return false;
    }

    private void writeCheckpoint() {
        if (server.isWritable()) {
            server.writeCheckpoint();
        }
    }

    @Override
    public Optional<StopProof> stopProof() {
        return server.isDown() ? Optional.of(STOPPED) : Optional.empty();
    }

    @Override
    public void signalFast() {
        server.beginFastStop();
    }

    @Override
    public void signalImmediate() {
        server.ending().within(world.between(20, 5000), "immediate stop by the agent's guard");
    }

    @Override
    public Optional<StopProof> kill() {
        // One process after the other, until none is left.
        server.ending().within(world.between(1, 250), "killed by the agent's guard");
        return stopProof();
    }

    @Override
    public ControlResult promote(List<Timeline> skipped) {
        world.onStep.accept(server.name(), Step.PROMOTES);
        if (!server.isUp() || server.isPrimary()) {
            return server.isPrimary() ? new ControlResult.Done() : failed("not up");
        }
        if (guard.refusesStart()) {
            return failed("the guard's deadline has passed");
        }
        role = Role.PROMOTED;
        world.onPromote.accept(server);
        server.promote(skipped);
        world.onStep.accept(server.name(), Step.HAS_PROMOTED);
        return new ControlResult.Done();
    }

    @Override
    public ControlResult follow(Upstream from, Role as) {
        world.scheduler.sleep(world.between(1, 30));
        SimServer.Disk disk = server.disk();
        disk.upstream = from;
        upstreamConfigured = true;
        if (server.isUp() && server.isStandby()) {
            role = as;
        }
        long incarnation = server.incarnation();
        // The reload takes effect when the startup process and the receiver get round to it.
        world.scheduler.after(world.between(1, 250), () -> {
            if (server.incarnation() == incarnation && server.isUp() && server.isStandby()) {
                server.receiver().load(disk.upstream);
            }
        });
        return new ControlResult.Done();
    }

    @Override
    public ControlResult checkpoint() {
        world.scheduler.sleep(world.chance(0.05) ? world.between(1000, 8000) : world.between(20, 500));
        writeCheckpoint();
        return new ControlResult.Done();
    }

    @Override
    public ArchiveResult archiveEnd(ShutdownPosition position, StopProof stopped) {
        return new ArchiveResult.NotConfigured();
    }

    @Override
    public ControlResult copyFrom(Upstream source, String why) {
        server.crash("its directory is copied anew");
        world.onWipe.accept(server, why);
        server.wipe();
        server.disk().present = true;
        state = ServerState.CREATING_REPLICA;
        SimServer from = world.source(source).orElse(null);
        int steps = 2 + world.random.nextInt(20);
        for (int i = 0; i < steps; i++) {
            work(Duration.ofSeconds(1));
            if (from == null
                    || !from.isUp()
                    || server.isFull()
                    || !world.network.streams(server.name(), from.name())
                    || isInterrupted()) {
                server.wipe();
                role = Role.UNINITIALIZED;
                state = ServerState.STOPPED;
                return failed("the copy has failed");
            }
        }
        server.adopt(from);
        SimServer.Disk disk = server.disk();
        disk.backupLabel = true;
        disk.control = ControlData.State.IN_PRODUCTION;
        disk.complete = true;
        disk.standbySignal = true;
        role = Role.REPLICA;
        state = ServerState.STOPPED;
        world.say(server.name().value(), "copied from " + from.name());
        return new ControlResult.Done();
    }

    @Override
    public ControlResult rewind(Upstream.Source source, StopProof stopped) {
        work(world.chance(0.1) ? world.between(2000, 60000) : world.between(100, 2000));
        SimServer from = world.source(source).orElse(null);
        boolean possible = from != null
                && from.isWritable()
                && world.network.streams(server.name(), from.name())
                && from.checkpointTimeline().equals(from.timeline());
        if (!possible
                || server.disk().control.isUncleanPrimary()
                || server.isFull()
                || server.failsRewind()
                || isInterrupted()
                || world.chance(0.03)) {
            return failed("pg_rewind has failed");
        }
        server.adopt(from);
        server.disk().control = ControlData.State.IN_ARCHIVE_RECOVERY;
        world.say(server.name().value(), "rewound from " + from.name());
        return new ControlResult.Done();
    }

    @Override
    public ControlResult recoverCrash(StopProof stopped) {
        work(world.chance(0.05) ? world.between(5000, 40000) : world.between(100, 2000));
        SimServer.Disk disk = server.disk();
        if (!disk.present || !disk.complete || !server.isDown() || server.isFull() || isInterrupted()) {
            return failed("single-user recovery has failed");
        }
        server.writeCheckpoint();
        disk.control = ControlData.State.SHUT_DOWN;
        return new ControlResult.Done();
    }

    @Override
    public LeaderTimeline timelineOf(Upstream.Source leader, Duration patience) {
        world.scheduler.sleep(world.between(1, 20));
        SimServer from = world.source(leader).orElse(null);
        if (from == null || !from.serves() || !world.network.streams(server.name(), from.name())) {
            world.scheduler.sleep(patience);
            return new LeaderTimeline.NoAnswer("not reachable");
        }
        return from.isPrimary()
                ? new LeaderTimeline.Primary(
                        from.timeline(),
                        from.tip().history(),
                        from.checkpointTimeline().equals(from.timeline()))
                : new LeaderTimeline.InRecovery();
    }

    @Override
    public Optional<Lsn> endOfRecord(Timeline timeline, Lsn start) {
        WalNode node = server.tip();
        while (node.depth > 1 && node.start > start.value()) {
            node = node.parent;
        }
        return node.start == start.value() ? Optional.of(node.endLsn()) : Optional.empty();
    }

    @Override
    public ControlResult removeDataDirectory(String why, StopProof stopped) {
        world.scheduler.sleep(world.between(10, 200));
        world.onWipe.accept(server, why);
        server.wipe();
        role = Role.UNINITIALIZED;
        return new ControlResult.Done();
    }

    @Override
    public ControlResult setDataDirectoryAside(StopProof stopped) {
        server.wipe();
        role = Role.UNINITIALIZED;
        return new ControlResult.Done();
    }

    @Override
    public void bootstrapped() {
        // There is no mark to write.
    }

    @Override
    public void markDemoted() {
        role = Role.DEMOTED;
    }

    @Override
    public ControlResult prePromote() {
        work(world.chance(0.05) ? world.between(500, 20_000) : world.between(1, 20));
        return isInterrupted() || world.chance(0.15) ? failed("pre_promote has failed") : new ControlResult.Done();
    }

    @Override
    public ControlResult copyLogicalSlots(List<PermanentSlot.Logical> slots, Upstream.Of leader, Duration timeout) {
        return new ControlResult.Done();
    }

    @Override
    public ControlResult forceFeedback(boolean on) {
        return new ControlResult.Done();
    }

    @Override
    public Optional<Instant> historyWritten(Timeline timeline) {
        return Optional.empty();
    }

    @Override
    public ControlResult changeSlots(List<SlotChange> changes) {
        return new ControlResult.Done();
    }

    @Override
    public Optional<List<HistoryLine>> localHistory(Timeline timeline) {
        return Optional.of(server.tip().history());
    }

    @Override
    public ControlResult synchronousStandbyNames(Optional<String> names) {
        server.commits().configure(names.orElse(""));
        long end = world.now() + Duration.ofSeconds(3).toNanos();
        while (server.isUp() && !server.commits().shown().equals(names.orElse("")) && world.now() < end) {
            server.awaitChange(Duration.ofNanos(end - world.now()));
        }
        return new ControlResult.Done();
    }

    @Override
    public ControlResult probeWrite(Duration patience) {
        if (server.isHung()) {
            work(patience);
        }
        world.scheduler.sleep(world.between(1, 5));
        return server.isWritable() && !server.isHung() ? new ControlResult.Done() : failed("not writable");
    }

    @Override
    public ControlResult resumeReplay() {
        server.resumeReplay();
        return new ControlResult.Done();
    }
}

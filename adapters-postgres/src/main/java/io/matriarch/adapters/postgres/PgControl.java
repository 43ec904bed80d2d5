package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
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
import io.matriarch.ports.watchdog.Guard;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes the local server: the parts that do it are classes of their own. */
final class PgControl implements PostgresControl {

    private static final Logger log = LoggerFactory.getLogger(PgControl.class);

    /** Its commit record has to reach the disk, and nobody else's confirmation is waited for. */
    private static final String WRITE_PROBE = "BEGIN; SET LOCAL synchronous_commit TO local;"
            + " SELECT pg_catalog.pg_logical_emit_message(true, 'matriarch', ''); COMMIT";

    private final Server server;
    private final Guard guard;
    private final Reloader reloader;
    private final Starter starter;
    private final Stopper stopper;
    private final Bootstrap bootstrap;
    private final Cloner cloner;
    private final WalArchive archive;
    private final Rewind rewind;
    private final Follower follower;
    private final Slots slots;
    private final LogicalSlots logicalSlots;
    private final LeaderQuery leaderQuery;
    private final WalReader wal;
    private final TimelineFiles timelines;

    PgControl(Server server, Guard guard, Reloader reloader) {
        this.server = server;
        this.guard = guard;
        this.reloader = reloader;
        this.wal = new WalReader(server.dataDirectory());
        this.timelines = new TimelineFiles(server.dataDirectory());
        this.starter = new Starter(server, guard);
        this.stopper = new Stopper(server, wal);
        this.bootstrap = new Bootstrap(server, starter);
        this.cloner = new Cloner(server);
        this.archive = new WalArchive(server);
        this.rewind = new Rewind(server, archive);
        this.follower = new Follower(server, reloader, this::restartAs);
        this.logicalSlots = new LogicalSlots(server, stopper);
        this.slots = new Slots(server, logicalSlots);
        this.leaderQuery = new LeaderQuery(server);
    }

    @Override
    public ControlResult initialize() {
        server.bootstrapping(true);
        return bootstrap.initialize();
    }

    @Override
    public ControlResult postBootstrap() {
        return bootstrap.postBootstrap();
    }

    @Override
    public void bootstrapped() {
        server.bootstrapping(false);
        server.callback("on_start");
    }

    @Override
    public ControlResult startPrimary(Duration timeout) {
        return starter.startPrimary(timeout, "on_start");
    }

    @Override
    public ControlResult startStandby(Upstream upstream, Role role, Duration timeout) {
        timelines.forgetReserved();
        String callback = server.callbackOfFollowing(server.status().role(), role, "on_start");
        return starter.startStandby(upstream, role, timeout, callback);
    }

    @Override
    public ControlResult restart(Duration timeout) {
        Role role = server.status().role();
        return stopAndStart(() -> starter.startAsBefore(role, timeout, "on_restart"));
    }

    private ControlResult restartAs(Upstream upstream, Role role, Duration timeout, String callback) {
        return stopAndStart(() -> starter.startStandby(upstream, role, timeout, callback));
    }

    private ControlResult stopAndStart(Supplier<ControlResult> start) {
        ServerStatus status = server.status();
        status.state(ServerState.RESTARTING);
        StopResult stopped = stopper.stop(new StopOrder(StopMode.FAST, true, Optional.empty(), "restart"), false);
        if (stopped instanceof StopResult.NotStopped(String why)) {
            status.state(ServerState.RESTART_FAILED);
            return new ControlResult.Failed("restart failed (stop): " + why);
        }
        ControlResult started = start.get();
        if (started instanceof ControlResult.Failed) {
            status.state(ServerState.RESTART_FAILED);
        }
        return started;
    }

    @Override
    public StopResult stop(StopOrder order) {
        return stopper.stop(order, true);
    }

    @Override
    public Optional<StopProof> stopProof() {
        return server.processes().proof();
    }

    @Override
    public void signalFast() {
        stopper.signal(Pidfd.Signal.FAST);
    }

    @Override
    public void signalImmediate() {
        stopper.signal(Pidfd.Signal.IMMEDIATE);
    }

    @Override
    public Optional<StopProof> kill() {
        Optional<StopProof> proof = stopper.kill();
        // What is left of a server that crashed does not make it one that was stopped: nobody has demoted it.
        if (proof.isPresent() && server.status().state() != ServerState.CRASHED) {
            server.status().state(ServerState.STOPPED);
            if (server.status().role().isPrimary()) {
                server.status().role(Role.DEMOTED);
            }
        }
        return proof;
    }

    @Override
    public ControlResult promote(List<Timeline> skipped) {
        Optional<Postmaster> running = server.processes().postmaster();
        if (running.isEmpty()) {
            return new ControlResult.Failed("cannot promote: PostgreSQL does not run");
        }
        if (!server.files().hasSignal()) {
            return new ControlResult.Done();
        }
        logicalSlots.stopMoving();
        server.slotWatch().promoting();
        try {
            timelines.reserve(skipped);
            guard.promote(running.get().pid(), server.dataDirectory());
        } catch (IOException | Guard.GuardException e) {
            return new ControlResult.Failed("cannot promote: " + e.getMessage());
        }
        log.info("server promoting: pid={}", running.get().pid());
        server.status().role(Role.PROMOTED);
        server.status().upstream(Optional.empty());
        server.callback("on_role_change");
        return new ControlResult.Done();
    }

    @Override
    public ControlResult prePromote() {
        Optional<String> script = server.settings().prePromote();
        if (script.isEmpty()) {
            return new ControlResult.Done();
        }
        Subprocess.Result result = Subprocess.run(ShellWords.split(script.get()), Subprocess.inherited());
        log.info("pre_promote script `{}` exited with {}", script.get(), result.code());
        return result.isOk()
                ? new ControlResult.Done()
                : new ControlResult.Failed("pre_promote script exited with " + result.code());
    }

    @Override
    public void markDemoted() {
        if (server.status().role() != Role.DEMOTED) {
            server.status().role(Role.DEMOTED);
        }
        server.callback("on_role_change");
    }

    @Override
    public ControlResult follow(Upstream upstream, Role role) {
        return follower.follow(upstream, role);
    }

    @Override
    public ControlResult checkpoint() {
        ControlResult result = sql("checkpoint", Jdbc.Bounds.none(), "CHECKPOINT");
        if (result instanceof ControlResult.Done && server.files().hasSignal()) {
            // A standby is asked for it when it is about to take over: then its receiver ends, and every answer counts.
            server.replayedTimeline().expectQuestions(server.context().retryTimeout());
        }
        return result;
    }

    @Override
    public ControlResult copyFrom(Upstream source, String why) {
        return cloner.copyFrom(source, why);
    }

    @Override
    public ControlResult rewind(Upstream.Source source, StopProof proof) {
        return rewind.rewind(source, proof);
    }

    @Override
    public ControlResult recoverCrash(StopProof proof) {
        return rewind.recoverCrash(proof);
    }

    @Override
    public LeaderTimeline timelineOf(Upstream.Source leader, Duration patience) {
        return leaderQuery.ask(leader, patience);
    }

    @Override
    public Optional<Lsn> endOfRecord(Timeline timeline, Lsn checkpoint) {
        return wal.endOfRecord(timeline, checkpoint);
    }

    @Override
    public ArchiveResult archiveEnd(ShutdownPosition position, StopProof proof) {
        server.requireStopped(proof);
        return ControlFile.read(server.settings().binaries(), server.dataDirectory())
                .flatMap(ControlFile::data)
                .map(data -> archive.archiveEnd(wal, position.timeline(), data.checkpoint(), position.end()))
                .orElseGet(() -> new ArchiveResult.Failed("the control file cannot be read"));
    }

    @Override
    public ControlResult removeDataDirectory(String why, StopProof proof) {
        server.requireStopped(proof);
        try {
            DataDirectories.remove(server.dataDirectory(), why);
            server.status().role(Role.UNINITIALIZED);
            return new ControlResult.Done();
        } catch (IOException e) {
            return new ControlResult.Failed("cannot remove " + server.dataDirectory() + ": " + e.getMessage());
        }
    }

    @Override
    public ControlResult setDataDirectoryAside(StopProof proof) {
        server.requireStopped(proof);
        if (!Files.exists(server.dataDirectory())) {
            return new ControlResult.Done();
        }
        try {
            DataDirectories.setAside(server.dataDirectory());
            server.status().role(Role.UNINITIALIZED);
            return new ControlResult.Done();
        } catch (IOException e) {
            return new ControlResult.Failed("cannot rename " + server.dataDirectory() + ": " + e.getMessage());
        }
    }

    @Override
    public ControlResult changeSlots(List<SlotChange> changes) {
        return slots.change(changes, server.context().retryTimeout());
    }

    @Override
    public ControlResult copyLogicalSlots(List<PermanentSlot.Logical> wanted, Upstream.Of leader, Duration timeout) {
        return logicalSlots.copy(
                wanted, leader, () -> starter.startAsBefore(server.status().role(), timeout, "on_restart"));
    }

    @Override
    public ControlResult forceFeedback(boolean on) {
        return server.forceFeedback(on) ? reloader.written() : new ControlResult.Done();
    }

    @Override
    public Optional<List<HistoryLine>> localHistory(Timeline timeline) {
        return timelines.history(timeline);
    }

    @Override
    public Optional<Instant> historyWritten(Timeline timeline) {
        return timelines.written(timeline);
    }

    @Override
    public ControlResult synchronousStandbyNames(Optional<String> names) {
        server.synchronousNames(names);
        return reloader.loaded(Server.SYNCHRONOUS_NAMES);
    }

    @Override
    public ControlResult probeWrite(Duration patience) {
        ControlResult result = Bounded.call(
                "write probe",
                patience,
                () -> sql("write probe", Jdbc.Bounds.within(patience), WRITE_PROBE),
                ControlResult.Failed::new);
        if (result instanceof ControlResult.Done) {
            server.status().canWrite();
        }
        return result;
    }

    @Override
    public ControlResult resumeReplay() {
        return sql(
                "resume",
                Jdbc.Bounds.within(server.context().retryTimeout()),
                "SELECT pg_catalog.pg_wal_replay_resume() WHERE pg_catalog.pg_is_in_recovery()");
    }

    private ControlResult sql(String purpose, Jdbc.Bounds bounds, String text) {
        try (Connection connection = server.connect(purpose, bounds);
                Statement statement = connection.createStatement()) {
            statement.execute(text);
            return new ControlResult.Done();
        } catch (SQLException e) {
            return new ControlResult.Failed(purpose + " failed: " + e.getMessage());
        }
    }
}

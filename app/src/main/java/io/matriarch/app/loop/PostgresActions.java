package io.matriarch.app.loop;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.ha.TaskKind;
import io.matriarch.domain.ha.TaskResult;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.ArchiveResult;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Carries out what is decided on the local server: the long actions as the background task, the others at once. */
final class PostgresActions {

    private final PostgresControl postgres;
    private final PeerClient peers;
    private final BackgroundTask task;
    private final GuardActions guard;
    private final Supplier<Duration> patience;

    PostgresActions(
            PostgresControl postgres,
            PeerClient peers,
            BackgroundTask task,
            GuardActions guard,
            Supplier<Duration> patience) {
        this.postgres = postgres;
        this.peers = peers;
        this.task = task;
        this.guard = guard;
        this.patience = patience;
    }

    Outcome carryOut(Decision.OnPostgres decision, PostgresView server) {
        return switch (decision) {
            case Decision.InitializeDatabase _ -> start(TaskKind.INITIALIZE, "bootstrap", postgres::initialize);
            case Decision.RunPostBootstrap _ ->
                start(TaskKind.POST_BOOTSTRAP, "post_bootstrap", postgres::postBootstrap);
            case Decision.StartPrimary(Duration timeout, String label) ->
                start(TaskKind.START_PRIMARY, label, () -> postgres.startPrimary(timeout));
            case Decision.StartStandby(Upstream upstream, var role, Duration timeout, String label) ->
                start(TaskKind.START_STANDBY, label, () -> postgres.startStandby(upstream, role, timeout));
            case Decision.RestartServer(Duration timeout) ->
                start(TaskKind.RESTART, "restart", () -> postgres.restart(timeout));
            case Decision.StopServer stop -> task.start(TaskKind.STOP, stop.label(), () -> stop(stop));
            case Decision.KillRemains _ ->
                postgres.kill()
                        .<Outcome>map(proof -> new Outcome.Done())
                        .orElseGet(() -> new Outcome.Failed("something of the server is still there after a kill"));
            case Decision.Promote(var skipped) -> outcome(postgres.promote(skipped));
            case Decision.Follow(Upstream upstream, var role) ->
                start(TaskKind.FOLLOW, "changing primary_conninfo", () -> postgres.follow(upstream, role));
            case Decision.Checkpoint(Optional<Member> candidate) ->
                start(TaskKind.CHECKPOINT, "checkpoint", () -> checkpoint(candidate));
            case Decision.CopyFrom(Upstream source, String label, String why) ->
                start(TaskKind.COPY, label, () -> copy(source, why));
            case Decision.Rewind(Upstream.Source source, StopProof proof) ->
                start(
                        TaskKind.REWIND,
                        "running pg_rewind from " + source.title(),
                        () -> postgres.rewind(source, proof));
            case Decision.RecoverCrash(StopProof proof) ->
                start(
                        TaskKind.RECOVER_CRASH,
                        "doing crash recovery in a single user mode",
                        () -> postgres.recoverCrash(proof));
            case Decision.CompareTimelines(Upstream.Source leader) ->
                task.start(
                        TaskKind.COMPARE_TIMELINES,
                        "comparing timelines with " + leader.title(),
                        () -> compare(leader, server));
            case Decision.ArchiveWal(ShutdownPosition position, StopProof proof) ->
                task.start(
                        TaskKind.ARCHIVE_WAL,
                        "archiving the last WAL file",
                        () -> archived(postgres.archiveEnd(position, proof)));
            case Decision.RemoveDataDirectory(StopProof proof, String why) ->
                start(
                        TaskKind.REMOVE_DATA,
                        "removing the data directory",
                        () -> postgres.removeDataDirectory(why, proof));
            case Decision.SetDataDirectoryAside(StopProof proof) -> outcome(postgres.setDataDirectoryAside(proof));
            case Decision.ChangeSlots(var changes) -> {
                // What cannot be done to a slot holds up nothing else; it has been said, and is decided on again.
                postgres.changeSlots(changes);
                yield new Outcome.Done();
            }
            case Decision.CopyLogicalSlots(var slots, Upstream.Of leader, Duration timeout) ->
                start(
                        TaskKind.COPY_SLOTS,
                        "copy_logical_slots",
                        () -> postgres.copyLogicalSlots(slots, leader, timeout));
            case Decision.ForceFeedback(boolean on) -> outcome(postgres.forceFeedback(on));
            case Decision.RunPrePromote _ -> start(TaskKind.PRE_PROMOTE, "promote", postgres::prePromote);
            case Decision.MarkDemoted _ -> {
                postgres.markDemoted();
                yield new Outcome.Done();
            }
            case Decision.EndBootstrap _ -> {
                postgres.bootstrapped();
                yield new Outcome.Done();
            }
            case Decision.SetStandbyNames(Optional<String> names) -> outcome(postgres.synchronousStandbyNames(names));
            case Decision.ResumeReplay _ -> outcome(postgres.resumeReplay());
            case Decision.ProbeWrite(Duration bound) ->
                start(TaskKind.PROBE_WRITE, "write probe", () -> postgres.probeWrite(bound));
        };
    }

    private Outcome start(TaskKind kind, String label, Supplier<ControlResult> action) {
        return task.start(kind, label, () -> result(action.get()));
    }

    private static TaskResult result(ControlResult result) {
        return switch (result) {
            case ControlResult.Done _ -> new TaskResult.Done();
            case ControlResult.StillRunning _ -> new TaskResult.StillStarting();
            case ControlResult.Failed(String why) -> new TaskResult.Failed(why);
        };
    }

    private static TaskResult archived(ArchiveResult result) {
        return switch (result) {
            case ArchiveResult.Archived _ -> new TaskResult.Done();
            case ArchiveResult.NotConfigured _ -> new TaskResult.NotArchiving();
            case ArchiveResult.Failed(String why) -> new TaskResult.Failed(why);
        };
    }

    private static Outcome outcome(ControlResult result) {
        return switch (result) {
            case ControlResult.Done _, ControlResult.StillRunning _ -> new Outcome.Done();
            case ControlResult.Failed(String why) -> new Outcome.Failed(why);
        };
    }

    private TaskResult stop(Decision.StopServer stop) {
        var order = new StopOrder(stop.mode(), stop.checkpointFirst(), stop.escalateAfter(), stop.label());
        return switch (postgres.stop(order)) {
            case StopResult.Stopped(StopProof proof, boolean escalated, var shutdown) -> {
                guard.serverStopped(proof);
                yield new TaskResult.Stopped(proof, escalated, shutdown);
            }
            case StopResult.NotStopped(String why) -> new TaskResult.Failed(why);
        };
    }

    private ControlResult checkpoint(Optional<Member> candidate) {
        candidate.ifPresent(member -> peers.requestCheckpoint(member, patience.get()));
        return postgres.checkpoint();
    }

    /** What was in the directory is a running server's until that has stopped for certain. */
    private ControlResult copy(Upstream source, String why) {
        if (postgres.stopProof().isEmpty()) {
            var order = new StopOrder(StopMode.IMMEDIATE, false, Optional.of(Duration.ZERO), "copy");
            if (postgres.stop(order) instanceof StopResult.NotStopped(String notStopped)) {
                return new ControlResult.Failed("could not stop the server before the copy: " + notStopped);
            }
        }
        return postgres.copyFrom(source, why);
    }

    private TaskResult compare(Upstream.Source leader, PostgresView server) {
        var answer = postgres.timelineOf(leader, patience.get());
        Optional<Lsn> end = server.controlData()
                .filter(control -> !server.isAlive() && control.state() == ControlData.State.SHUT_DOWN)
                .flatMap(control -> postgres.endOfRecord(control.checkpointTimeline(), control.checkpoint()));
        return new TaskResult.Compared(answer, end);
    }

    Outcome awaitCandidate(Decision.AwaitCandidate wait, MemberName self) {
        return task.start(
                TaskKind.AWAIT_CANDIDATE,
                "waiting for " + wait.candidate().name(),
                () -> new TaskResult.Candidate(peers.awaitPosition(
                        wait.candidate(),
                        self,
                        wait.position().timeline(),
                        wait.position().end(),
                        wait.patience())));
    }
}

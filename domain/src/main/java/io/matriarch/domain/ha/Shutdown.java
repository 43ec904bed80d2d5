package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The agent is asked to end: stop the server, give the lock back at once, go (ha-decisions §18.1). */
final class Shutdown {

    private Shutdown() {}

    static Turn decide(HaState state, Observation seen) {
        if (seen.settings().paused() && seen.task() instanceof TaskView.Running running) {
            return Turn.of(
                    state,
                    Reason.SHUTDOWN_WAITING,
                    List.of(running.label()),
                    new Decision.AbortTask("the agent is asked to end"));
        }
        if (seen.settings().paused()) {
            return Turn.of(
                    state,
                    Reason.SHUTDOWN_PAUSED,
                    new Decision.DisarmWatchdog(),
                    new Decision.Exit(0, "the agent ends, automation is paused"));
        }
        boolean holds = holdsLock(state, seen);
        if (seen.task() instanceof TaskView.Running running) {
            return busy(state, running, holds);
        }
        return switch (seen.postgres().process()) {
            case ServerProcess.Remains(String what) ->
                Turn.of(state, Reason.SERVER_REMAINS, List.of(what), new Decision.KillRemains());
            case ServerProcess.Alive _ -> release(state, seen).orElseGet(() -> stop(state, seen, holds));
            case ServerProcess.Stopped(StopProof proof) -> leave(state, seen, proof, holds);
        };
    }

    private static boolean holdsLock(HaState state, Observation seen) {
        return switch (seen.dcs()) {
            case DcsView.Read(ClusterView cluster) -> new Situation(state, seen, cluster).holdsLock();
            case DcsView.Unreachable _ -> seen.lease() instanceof LeaseView.Mine;
        };
    }

    private static Turn busy(HaState state, TaskView.Running running, boolean holds) {
        List<String> facts = List.of(running.label());
        if (running.kind() != TaskKind.STOP) {
            return Turn.of(state, Reason.SHUTDOWN_WAITING, facts, new Decision.AbortTask("the agent is asked to end"));
        }
        return holds
                ? Turn.of(
                        state, Reason.SHUTDOWN_WAITING, facts, new Decision.RenewLeaderLock(), new Decision.ArmGuard())
                : Turn.of(state, Reason.SHUTDOWN_WAITING, facts);
    }

    private static Optional<Turn> release(HaState state, Observation seen) {
        return switch (seen.dcs()) {
            case DcsView.Read(ClusterView cluster) -> SyncRelease.before(new Situation(state, seen, cluster));
            case DcsView.Unreachable _ -> Optional.empty();
        };
    }

    private static Turn stop(HaState state, Observation seen, boolean holds) {
        Duration patience =
                holds ? seen.settings().stopTimeout() : seen.settings().pgCtlTimeout();
        Decision stop = new Decision.StopServer(StopMode.FAST, false, Optional.of(patience), "shutdown");
        var next = state.withHandover(new HandoverPhase.None());
        return holds
                ? Turn.of(next, Reason.SHUTDOWN_STOPPING, new Decision.RenewLeaderLock(), new Decision.ArmGuard(), stop)
                : Turn.of(next, Reason.SHUTDOWN_STOPPING, stop);
    }

    private static Turn leave(HaState state, Observation seen, StopProof proof, boolean holds) {
        var exit = new Decision.Exit(0, "the agent was asked to end");
        if (!holds) {
            List<Decision> decisions = new ArrayList<>();
            decisions.add(new Decision.DisarmGuard(proof));
            decisions.add(new Decision.DisarmWatchdog());
            if (state.bootstrapStep() != BootstrapStep.NONE
                    && seen.dcs() instanceof DcsView.Read(ClusterView cluster)
                    && !(cluster.initialize() instanceof InitializeKey.Done)) {
                // A bootstrap that nobody finishes must not keep the others from beginning theirs (HA-034).
                decisions.addAll(Bootstrap.takenBack(new Situation(state, seen, cluster), proof));
            }
            decisions.add(exit);
            return new Turn(state, Reason.SHUTDOWN_DONE, List.of(), List.of(), decisions);
        }
        var position =
                seen.task() instanceof TaskView.Ended ended && ended.result() instanceof TaskResult.Stopped stopped
                        ? stopped.shutdown().map(ShutdownPosition::end)
                        : Optional.<Lsn>empty();
        return Turn.of(
                state,
                Reason.SHUTDOWN_RELEASING,
                new Decision.DisarmGuard(proof),
                new Decision.DisarmWatchdog(),
                new Decision.ReleaseLeaderLock(Optional.of(proof), position),
                exit);
    }
}

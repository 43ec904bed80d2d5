package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.postgres.Upstream;
import java.util.List;
import java.util.Optional;

/** What operators ask this one member for: restart and reinitialize (ha-decisions §16). */
final class Requests {

    private Requests() {}

    /** Answers the request whose task has just ended. */
    static Optional<Turn> answerFinished(Situation now) {
        if (now.state().pendingReply().isEmpty() || !(now.seen().task() instanceof TaskView.Ended ended)) {
            return Optional.empty();
        }
        long number = now.state().pendingReply().get();
        var next = now.state().withPendingReply(Optional.empty());
        Decision reply = switch (ended.result()) {
            case TaskResult.Failed _ -> new Decision.Reply(number, false, "restart failed");
            case TaskResult.StillStarting _ -> new Decision.Reply(number, false, "postgres is still starting");
            case TaskResult.Done _,
                    TaskResult.Stopped _,
                    TaskResult.Compared _,
                    TaskResult.Candidate _,
                    TaskResult.NotArchiving _ -> new Decision.Reply(number, true, "restarted successfully");
        };
        return Optional.of(Turn.of(next, Reason.RESTARTING, reply));
    }

    /** A restart in the role the server has, under the lock if it is the primary's. */
    static Optional<Turn> restart(Situation now) {
        return now.seen().requests().stream()
                .filter(OperatorRequest.Restart.class::isInstance)
                .map(OperatorRequest.Restart.class::cast)
                .findFirst()
                .map(request -> restart(now, request));
    }

    private static Turn restart(Situation now, OperatorRequest.Restart request) {
        Optional<String> refusal = refusal(now, request.filters());
        if (refusal.isPresent()) {
            return now.turn(
                            Reason.REQUEST_REFUSED,
                            List.of(refusal.get()),
                            new Decision.Reply(request.number(), false, "restart conditions are not satisfied"))
                    .with(List.of(Note.info("not proceeding with the restart: " + refusal.get())));
        }
        Optional<Turn> waiting = SyncRelease.before(now);
        if (waiting.isPresent()) {
            return waiting.get();
        }
        var next = now.state().withPendingReply(Optional.of(request.number()));
        var timeout = request.timeout().orElse(now.settings().primaryStartTimeout());
        var restart =
                new Decision.RestartServer(timeout.isZero() ? now.settings().pgCtlTimeout() : timeout);
        return now.holdsLock()
                ? now.with(next).turnAsLeader(Reason.RESTARTING, List.of(), restart)
                : Turn.of(next, Reason.RESTARTING, restart);
    }

    private static Optional<String> refusal(Situation now, RestartFilters filters) {
        if (filters.role().filter(role -> role != now.postgres().role()).isPresent()) {
            return Optional.of("host role mismatch");
        }
        if (filters.olderThan()
                .filter(version -> now.seen().serverVersion() >= version)
                .isPresent()) {
            return Optional.of("postgres version mismatch");
        }
        if (filters.pendingOnly() && now.postgres().pendingRestart().isEmpty()) {
            return Optional.of("pending restart flag is not set");
        }
        return Optional.empty();
    }

    /** What has to be refused whatever the server is doing: there is nobody to copy from (HA-138). */
    static Optional<Turn> refused(Situation now) {
        boolean copies = !now.holdsLock() && Upstreams.copyOfLeader(now).isPresent();
        return copies ? Optional.empty() : reinitialize(now);
    }

    /** Makes the data directory anew from the leader; never on the leader, never without one. */
    static Optional<Turn> reinitialize(Situation now) {
        return now.seen().requests().stream()
                .filter(OperatorRequest.Reinitialize.class::isInstance)
                .map(OperatorRequest.Reinitialize.class::cast)
                .findFirst()
                .map(request -> reinitialize(now, request));
    }

    private static Turn reinitialize(Situation now, OperatorRequest.Reinitialize request) {
        if (now.holdsLock()) {
            return refuse(now, request, "I am the leader, can not reinitialize");
        }
        Optional<Upstream.Source> leader = Upstreams.copyOfLeader(now);
        if (leader.isEmpty()) {
            return refuse(now, request, "Cluster has no leader, can not reinitialize");
        }
        Optional<Turn> waiting = SyncRelease.before(now);
        if (waiting.isPresent()) {
            return waiting.get();
        }
        return Turn.of(
                now.state().withStartFailed(false),
                Reason.REINITIALIZING,
                new Decision.Reply(request.number(), true, "reinitialize started"),
                new Decision.CopyFrom(leader.get(), "reinitialize", "an operator has asked for reinitialize"));
    }

    private static Turn refuse(Situation now, OperatorRequest.Reinitialize request, String text) {
        return now.turn(Reason.REQUEST_REFUSED, List.of(text), new Decision.Reply(request.number(), false, text));
    }

    /** A task is running: only a forced reinitialize gets through, after it has ended the task. */
    static Optional<Turn> whileBusy(Situation now, TaskView.Running running) {
        Optional<OperatorRequest> first = now.seen().requests().stream().findFirst();
        return refused(now)
                .or(() -> first.map(request -> switch (request) {
                    case OperatorRequest.Reinitialize asked
                    when asked.force() && !now.holdsLock() ->
                        now.turn(
                                Reason.REINITIALIZING,
                                new Decision.AbortTask("an operator has asked for reinitialize by force"));
                    case OperatorRequest.Reinitialize _, OperatorRequest.Restart _ ->
                        now.turn(
                                Reason.TASK_RUNNING,
                                List.of(running.label()),
                                new Decision.Reply(request.number(), false, running.label() + " already in progress"));
                }));
    }
}

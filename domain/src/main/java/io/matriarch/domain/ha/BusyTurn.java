package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A background task runs, or the server is still starting up. */
final class BusyTurn {

    private BusyTurn() {}

    static Turn decide(Situation now, TaskView.Running running) {
        if (now.holdsLock()) {
            return withLock(now, running);
        }
        if (running.kind() == TaskKind.PRE_PROMOTE && !now.settings().paused()) {
            return now.turn(
                    Reason.LOST_BEFORE_PROMOTE,
                    new Decision.DropLease(),
                    new Decision.AbortTask("the leader lock is lost"));
        }
        if (now.state().bootstrapStep() == BootstrapStep.NONE
                && endsWritable(now, running.kind())
                && !now.settings().paused()) {
            // Whatever is starting up, or goes on running, would be a primary that nobody has elected.
            return now.with(now.divergenceSuspected().withHandover(new HandoverPhase.None()))
                    .turn(
                            Reason.TASK_LOST_LOCK,
                            List.of(running.label()),
                            new Decision.DropLease(),
                            new Decision.AbortTask("the leader lock is lost"));
        }
        return Requests.whileBusy(now, running)
                .orElseGet(() -> now.turn(Reason.TASK_RUNNING, List.of(running.label())));
    }

    private static Turn withLock(Situation now, TaskView.Running running) {
        Optional<Turn> asked = Requests.whileBusy(now, running);
        List<Decision> decisions = new ArrayList<>();
        decisions.add(new Decision.RenewLeaderLock());
        // What runs before a promotion leaves a standby: a guard would end it with a lock that is given back.
        if (!now.settings().paused() && now.isGuarded() && running.kind() != TaskKind.PRE_PROMOTE) {
            decisions.add(new Decision.ArmGuard());
            if (now.seen().watchdog().running()) {
                decisions.add(new Decision.KeepWatchdogAlive());
            }
        }
        asked.ifPresent(turn -> decisions.addAll(turn.decisions()));
        // A checkpoint may take minutes, in which commits must not wait for a standby that is gone.
        Synchronous.Step sync = running.kind() == TaskKind.CHECKPOINT
                ? Synchronous.lead(now)
                : new Synchronous.Step(now.state(), List.of(), List.of());
        decisions.addAll(sync.decisions());
        return new Turn(sync.next(), Reason.TASK_WITH_LOCK, List.of(running.label()), sync.notes(), decisions);
    }

    /** Whether a task leaves a primary running if it is let be. */
    private static boolean endsWritable(Situation now, TaskKind kind) {
        return switch (kind) {
            case START_PRIMARY -> true;
            case RESTART, CHECKPOINT, FOLLOW, COMPARE_TIMELINES, PROBE_WRITE ->
                now.isPrimary() || now.postgres().role().isPrimary();
            case INITIALIZE,
                    POST_BOOTSTRAP,
                    COPY,
                    REWIND,
                    RECOVER_CRASH,
                    START_STANDBY,
                    STOP,
                    AWAIT_CANDIDATE,
                    ARCHIVE_WAL,
                    REMOVE_DATA,
                    PRE_PROMOTE,
                    COPY_SLOTS -> false;
        };
    }

    /** No task any more, but the server does not accept connections yet. */
    static Turn starting(Situation now) {
        if (!now.holdsLock()) {
            return asStandby(now);
        }
        Duration elapsed = now.state()
                .startingSince()
                .map(since -> now.seen().now().since(since))
                .orElse(Duration.ZERO);
        Duration left = now.settings().primaryStartTimeout().minus(elapsed);
        if (left.isNegative() || left.isZero()) {
            return timedOut(now);
        }
        return keepLock(now, Reason.STARTING_UP, List.of(Long.toString(left.toSeconds())));
    }

    private static Turn asStandby(Situation now) {
        boolean writable = now.postgres().role().isPrimary();
        if (writable) {
            return now.demote(Reason.START_LOST_LOCK);
        }
        return switch (now.cluster().leaderLock()) {
            case LeaderLock.Free _ -> follow(now, Reason.NOT_HEALTHIEST, List.of(), LeaderRace.withoutLeader(now));
            case LeaderLock.Held held ->
                follow(
                        now,
                        Following.reason(now),
                        List.of(now.self().value(), held.holder().value()),
                        now.upstream());
        };
    }

    /**
     * A standby that is not consistent yet may lack WAL that only the leader has: started while nobody led, it would wait
     * for it for ever.
     */
    private static Turn follow(Situation now, Reason reason, List<String> facts, Upstream wanted) {
        boolean lost =
                wanted instanceof Upstream.Source && !now.postgres().upstream().equals(Optional.of(wanted));
        return lost ? now.turn(reason, facts, new Decision.Follow(wanted, Role.REPLICA)) : now.turn(reason, facts);
    }

    private static Turn timedOut(Situation now) {
        Candidates candidates = Candidates.of(now, Optional.empty());
        if (!candidates.members().isEmpty() && now.seen().peers().isEmpty()) {
            return now.isGuarded()
                    ? now.turn(
                            Reason.POLLING_MEMBERS,
                            new Decision.RenewLeaderLock(),
                            new Decision.ArmGuard(),
                            new Decision.PollMembers(candidates.members(), Optional.empty()))
                    : now.turnAsLeader(
                            Reason.POLLING_MEMBERS,
                            List.of(),
                            new Decision.PollMembers(candidates.members(), Optional.empty()));
        }
        Candidates.Fit fit = candidates.fit("startup timeout", now);
        return fit.members().isEmpty()
                ? keepLock(now, Reason.START_TIMED_OUT_ALONE, List.of())
                : Turn.of(
                                now.state().withStartFailed(true),
                                Reason.START_TIMED_OUT,
                                new Decision.RenewLeaderLock(),
                                Situation.stopAtOnce("demote"))
                        .with(fit.notes());
    }

    private static Turn keepLock(Situation now, Reason reason, List<String> facts) {
        return now.turnAsLeader(reason, facts);
    }
}

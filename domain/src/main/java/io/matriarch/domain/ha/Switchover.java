package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A leader that is to hand over (SAF-060).
 *
 * <p>The lock goes only to a candidate that has said it has flushed everything up to the end of our shutdown checkpoint,
 * and goes straight to the candidate's own lease, so that nobody else can win it in between. In every other case we
 * start again as primary, on the same timeline and under the same lease.
 */
final class Switchover {

    private Switchover() {}

    /** What the leader makes of a request in the failover key; nothing when there is none or its time has not come. */
    static Optional<Turn> requested(Situation now) {
        return now.cluster().request().flatMap(request -> onRequest(now, request));
    }

    private static Optional<Turn> onRequest(Situation now, SwitchoverRequest request) {
        if (request.scheduleText().isPresent()) {
            return Optional.of(refuse(
                    now,
                    request,
                    List.of(Note.warning("Incorrect value of scheduled_at: "
                            + request.scheduleText().get()))));
        }
        if (request.scheduledAt().isPresent()) {
            Instant at = request.scheduledAt().get();
            Duration wait = Duration.between(now.seen().wallClock(), at);
            if (wait.isPositive()) {
                return Optional.empty();
            }
            if (isStale(wait.negated(), now.settings())) {
                return Optional.of(refuse(
                        now,
                        request,
                        List.of(Note.warning("Found a stale " + request.bareAction() + " value, cleaning up: " + at))));
            }
        }
        return Optional.of(onDueRequest(now, request));
    }

    /** Somebody who was away when the time came does not do it late: people count on the time they gave (HA-091). */
    static boolean isStale(Duration late, HaSettings settings) {
        return late.compareTo(settings.loopWait().multipliedBy(3).dividedBy(2)) > 0;
    }

    private static Turn onDueRequest(Situation now, SwitchoverRequest request) {
        Optional<MemberName> from = request.leader();
        if (from.isPresent() && !from.get().equals(now.self())) {
            return refuse(
                    now,
                    request,
                    List.of(Note.warning(
                            request.action() + ": leader name does not match: " + from.get() + " != " + now.self())));
        }
        if (request.candidate().filter(now.self()::equals).isPresent()) {
            return refuse(
                    now,
                    request,
                    List.of(Note.warning(
                            request.action() + ": I am already the leader, no need to " + request.bareAction())));
        }
        Candidates candidates = Candidates.of(now, Optional.of(request));
        if (!candidates.members().isEmpty() && now.seen().peers().isEmpty()) {
            return now.turnAsLeader(
                    Reason.SWITCHOVER_POLLING,
                    List.of(request.action()),
                    new Decision.PollMembers(candidates.members(), Optional.empty()));
        }
        Candidates.Fit fit = candidates.fit(request.action(), now);
        if (fit.members().isEmpty()) {
            var notes = new ArrayList<>(fit.notes());
            notes.add(Note.warning(
                    request.action() + ": no healthy members found, " + request.bareAction() + " is not possible"));
            return refuse(now, request, notes);
        }
        Member chosen = fit.members().getFirst();
        if (now.settings().isStandbyCluster()) {
            // Nothing has to stop for it: the lock goes, and the race for it heeds the request.
            return now.turn(
                            Reason.SWITCHOVER_RELEASING,
                            List.of(request.action(), chosen.name().value()),
                            new Decision.ReleaseLeaderLock(Optional.empty(), Optional.empty()))
                    .with(fit.notes());
        }
        return Turn.of(
                        now.state().withHandover(new HandoverPhase.Preparing(request.action(), chosen)),
                        Reason.SWITCHOVER_PREPARING,
                        List.of(request.action(), chosen.name().value()),
                        new Decision.RenewLeaderLock(),
                        new Decision.ArmGuard(),
                        new Decision.KeepWatchdogAlive(),
                        new Decision.Checkpoint(Optional.of(chosen)))
                .with(fit.notes());
    }

    private static Turn refuse(Situation now, SwitchoverRequest request, List<Note> notes) {
        var all = new ArrayList<>(notes);
        all.add(Note.info("Cleaning up failover key"));
        return now.turnAsLeader(
                        now.settings().isStandbyCluster() ? Reason.STANDBY_LEADER_WITH_LOCK : Reason.LEADER_WITH_LOCK,
                        List.of(now.self().value()),
                        new Decision.ClearRequest(request.revision()))
                .with(all);
    }

    /** The next step of a hand-over under way, no task running. */
    static Optional<Turn> goOn(Situation now) {
        if (!now.holdsLock()) {
            return Optional.of(ended(now));
        }
        return switch (now.state().handover()) {
            case HandoverPhase.None _ -> Optional.empty();
            case HandoverPhase.Preparing preparing -> Optional.of(stop(now, preparing.action(), preparing.candidate()));
            case HandoverPhase.Stopping stopping -> Optional.of(stop(now, stopping.action(), stopping.candidate()));
            case HandoverPhase.Awaiting waiting ->
                Optional.of(now.turn(
                        Reason.SWITCHOVER_AWAITING,
                        List.of(waiting.action(), waiting.candidate().name().value()),
                        new Decision.RenewLeaderLock(),
                        new Decision.AwaitCandidate(waiting.candidate(), waiting.position(), patience(now))));
            case HandoverPhase.HandingOver ready -> Optional.of(handOver(now, ready));
            case HandoverPhase.Abandoned abandoned -> Optional.of(abandon(now, abandoned));
        };
    }

    /** The candidate streamed until we stopped: what it has not flushed within a moment it will not get. */
    private static Duration patience(Situation now) {
        return now.settings().retryTimeout();
    }

    private static Turn stop(Situation now, String action, Member candidate) {
        return Turn.of(
                now.state().withHandover(new HandoverPhase.Stopping(action, candidate)),
                Reason.SWITCHOVER_STOPPING,
                List.of(action),
                new Decision.RenewLeaderLock(),
                new Decision.ArmGuard(),
                new Decision.KeepWatchdogAlive(),
                new Decision.StopServer(
                        StopMode.HAND_OVER, false, Optional.of(now.settings().stopTimeout()), action + ": demote"));
    }

    /**
     * One attempt. If the lock is still ours afterwards, the store has refused it, or its answer was lost and our lease
     * has been replaced by a fresh one, under which the lost request cannot apply any more: back to work either way.
     */
    private static Turn handOver(Situation now, HandoverPhase.HandingOver ready) {
        return Turn.of(
                now.state()
                        .withHandover(
                                new HandoverPhase.Abandoned(ready.action(), "the store did not hand the lock over")),
                Reason.SWITCHOVER_HANDING_OVER,
                List.of(ready.action(), ready.candidate().name().value()),
                new Decision.DisarmWatchdog(),
                new Decision.HandOverLeaderLock(
                        ready.proof(),
                        ready.candidate().name(),
                        ready.offered(),
                        ready.position().end(),
                        now.cluster().failoverRevision(),
                        now.epochOfPromotion(ready.candidate().name())));
    }

    /** The lock is no longer ours: handed over, or lost on the way. The server is brought back by what follows. */
    private static Turn ended(Situation now) {
        var next = now.divergenceSuspected().withHandover(new HandoverPhase.None());
        String to = now.cluster().leaderName().map(MemberName::value).orElse("nobody");
        if (now.isPrimary()) {
            return now.with(next).demote(Reason.PRIMARY_WITHOUT_LOCK);
        }
        List<String> facts = List.of(action(now.state().handover()), to);
        boolean comesBack = now.stopped().isPresent()
                && now.settings().paused()
                && now.cluster().isLocked();
        return comesBack
                // Nobody else would start it: what the hand-over has stopped is not what somebody has stopped by hand.
                ? now.with(next)
                        .startStandby(
                                Reason.SWITCHOVER_DONE, facts, now.stopped().get(), now.upstream())
                : Turn.of(next, Reason.SWITCHOVER_DONE, facts);
    }

    private static String action(HandoverPhase phase) {
        return switch (phase) {
            case HandoverPhase.None _ -> "switchover";
            case HandoverPhase.Preparing one -> one.action();
            case HandoverPhase.Stopping one -> one.action();
            case HandoverPhase.Awaiting one -> one.action();
            case HandoverPhase.HandingOver one -> one.action();
            case HandoverPhase.Abandoned one -> one.action();
        };
    }

    /** Back to work as primary; the request goes first, or it would begin anew at once. */
    private static Turn abandon(Situation now, HandoverPhase.Abandoned abandoned) {
        var next = now.state().withHandover(new HandoverPhase.None());
        var notes = List.of(Note.warning(abandoned.action() + ": given up because " + abandoned.why()));
        Decision clear = new Decision.ClearRequest(now.cluster().failoverRevision());
        if (now.stopped().isEmpty()) {
            return now.isPrimary() && !now.postgres().state().equals(ServerState.STOPPING)
                    ? Turn.of(
                                    next,
                                    Reason.SWITCHOVER_ABANDONED,
                                    List.of(abandoned.action(), abandoned.why()),
                                    new Decision.RenewLeaderLock(),
                                    clear)
                            .with(notes)
                    : now.turn(
                            Reason.SWITCHOVER_ABANDONED,
                            List.of(abandoned.action(), abandoned.why()),
                            new Decision.RenewLeaderLock(),
                            Situation.stopAtOnce("demote"));
        }
        List<Decision> decisions =
                now.writable(new Decision.StartPrimary(now.settings().pgCtlTimeout(), "starting after demotion"));
        decisions.add(decisions.size() - 1, clear);
        return new Turn(
                        next,
                        Reason.SWITCHOVER_ABANDONED,
                        List.of(abandoned.action(), abandoned.why()),
                        List.of(),
                        decisions)
                .with(notes);
    }
}

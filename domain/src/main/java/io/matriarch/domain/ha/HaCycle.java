package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.time.LeaseLadder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The decision of a turn.
 *
 * <p>Two things never leave this tree: no decision makes a server writable unless the same turn has renewed the lock and
 * armed the guard before it, and no decision gives the lock away unless it carries the proof that the server has stopped
 * or the server was never more than a standby.
 */
public final class HaCycle {

    private HaCycle() {}

    /** One turn. Equal arguments give equal turns. */
    public static Turn decide(HaState before, Observation seen) {
        HaState state = remember(before, seen);
        if (seen.shutdown()) {
            return Shutdown.decide(state, seen);
        }
        if (seen.postgres().process() instanceof ServerProcess.Remains(String what)
                && !(seen.task() instanceof TaskView.Running)) {
            return Turn.of(state, Reason.SERVER_REMAINS, List.of(what), new Decision.KillRemains());
        }
        return switch (seen.dcs()) {
            case DcsView.Unreachable _ -> withoutDcs(state, seen);
            case DcsView.Read(ClusterView cluster) -> withDcs(new Situation(state, seen, cluster));
        };
    }

    private static HaState remember(HaState before, Observation seen) {
        HaState state =
                seen.task() instanceof TaskView.Ended ended ? TaskEnd.remember(before, ended, seen.postgres()) : before;
        if (seen.dcs() instanceof DcsView.Read(ClusterView cluster) && cluster.isLocked()) {
            state = state.withLastLocked(cluster.leaderName().orElseThrow(), cluster.members());
        }
        if (seen.postgres().isAlive() && !seen.postgres().state().isStarting()) {
            // Up again: what was tried for the last failure may be tried for the next one.
            state = state.withCrashRecoveryTried(false).withStartingSince(Optional.empty());
        } else if (seen.postgres().state().isStarting() && state.startingSince().isEmpty()) {
            state = state.withStartingSince(Optional.of(seen.now()));
        }
        return state;
    }

    private static Turn withDcs(Situation now) {
        if (now.seen().task() instanceof TaskView.Running running) {
            return BusyTurn.decide(now, running);
        }
        Optional<Turn> answer = Requests.answerFinished(now);
        if (answer.isPresent()) {
            return answer.get();
        }
        if (now.state().bootstrapStep() != BootstrapStep.NONE) {
            return Bootstrap.goOn(now);
        }
        return switch (now.postgres().directory()) {
            case DataDirectory.Empty _ -> Bootstrap.emptyDirectory(now);
            case DataDirectory.Inaccessible(String why) -> Bootstrap.inaccessible(now, why);
            case DataDirectory.Present _ -> Membership.check(now).orElseGet(() -> withData(now));
        };
    }

    private static Turn withData(Situation now) {
        if (now.settings().paused()) {
            return Pause.decide(now.with(now.state().withPaused(true)));
        }
        if (now.state().wasPaused()) {
            return withData(now.with(
                    now.state().withPaused(false).withRewind(io.matriarch.domain.rewind.RewindProgress.UNCHECKED)));
        }
        return lockTrouble(now).or(() -> handover(now)).orElseGet(() -> byServerAndLock(now));
    }

    private static Turn byServerAndLock(Situation now) {
        if (now.stopped().isPresent()) {
            return Recovery.decide(now, now.stopped().get());
        }
        if (now.postgres().state().isStarting()) {
            return BusyTurn.starting(now);
        }
        Situation joined = now.with(now.state().withJoined());
        return switch (now.cluster().leaderLock()) {
            case LeaderLock.Free _ -> LeaderRace.decide(joined);
            case LeaderLock.Held _ when now.holdsLock() -> Leading.decide(joined);
            case LeaderLock.Held _ -> Following.decide(joined);
        };
    }

    private static Optional<Turn> handover(Situation now) {
        return now.state().handover() instanceof HandoverPhase.None ? Optional.empty() : Switchover.goOn(now);
    }

    /** The cases in which the store and we do not agree on our own lease. */
    private static Optional<Turn> lockTrouble(Situation now) {
        if (!(now.cluster().leaderLock() instanceof LeaderLock.Held held)
                || !held.holder().equals(now.self())) {
            return now.seen().lease() instanceof LeaseView.Mine ? Optional.of(leaseGone(now)) : Optional.empty();
        }
        return switch (now.seen().lease()) {
            case LeaseView.Mine(Lease lease) when lease.id().equals(held.lease()) -> Optional.empty();
            case LeaseView.Offered(var offered)
            when offered.equals(held.lease()) ->
                Optional.of(Turn.of(
                        now.state().withWonRace(true), Reason.TAKING_OVER_LOCK, new Decision.RenewLeaderLock()));
            case LeaseView.Mine _, LeaseView.Offered _, LeaseView.None _ ->
                Optional.of(now.turn(Reason.ADOPTING_LOCK, new Decision.AdoptLeaderLock(held.lease())));
        };
    }

    private static Turn leaseGone(Situation now) {
        if (!now.isPrimary()) {
            return Turn.of(now.state().withWonRace(false), Reason.LEASE_DISAGREES, new Decision.DropLease());
        }
        var next = now.divergenceSuspected().withWonRace(false).withHandover(new HandoverPhase.None());
        return Turn.of(next, Reason.LOCK_LOST, new Decision.DropLease(), Situation.stopAtOnce("demote"));
    }

    /**
     * Nobody can tell a dead store from a partition that has already elected someone else. Until the first rung of the
     * ladder our lease says that nobody else can have been elected; from there on assume the partition (SAF-040).
     */
    private static Turn withoutDcs(HaState state, Observation seen) {
        if (seen.task() instanceof TaskView.Running running) {
            return Turn.of(state, Reason.TASK_RUNNING, List.of(running.label()));
        }
        if (seen.settings().paused()) {
            return Turn.of(state, Reason.DCS_UNREACHABLE);
        }
        if (seen.postgres().process() instanceof ServerProcess.Stopped(StopProof proof)) {
            return state.demotedOffline() && !state.startFailed()
                    ? new Situation(state, seen, ClusterView.EMPTY)
                            .startStandby(Reason.DCS_UNREACHABLE_STARTING_READONLY, proof, new Upstream.Nobody())
                    : Turn.of(state, Reason.DCS_UNREACHABLE);
        }
        if (!seen.postgres().isPrimary()) {
            return Turn.of(state, Reason.DCS_UNREACHABLE);
        }
        Optional<Duration> left = timeToFirstRung(seen);
        if (left.isPresent()) {
            return Turn.of(
                    state,
                    Reason.DCS_UNREACHABLE_LEASE_HOLDS,
                    List.of(left.get().toMillis() + " ms"));
        }
        LeaseLadder ladder = LeaseLadder.of(seen.settings().ttl());
        return Turn.of(
                state.withDemotedOffline(true),
                Reason.DCS_UNREACHABLE_AS_PRIMARY,
                new Decision.StopServer(StopMode.FAST, false, Optional.of(ladder.stopBudget()), "demote (offline)"));
    }

    private static Optional<Duration> timeToFirstRung(Observation seen) {
        if (!(seen.lease() instanceof LeaseView.Mine(Lease lease))) {
            return Optional.empty();
        }
        Duration left = seen.now().until(LeaseLadder.of(seen.settings().ttl()).cleanStopAt(lease.deadline()));
        return left.isNegative() || left.isZero() ? Optional.empty() : Optional.of(left);
    }
}

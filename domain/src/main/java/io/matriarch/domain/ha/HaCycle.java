package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.time.LeaseLadder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The decision of a turn.
 *
 * <p>Two things never leave this tree: no decision makes a server writable unless the same turn has renewed the lock and
 * armed the guard before it, and no decision gives the lock away unless it carries the proof that the server has stopped
 * or the server was never more than a standby.
 */
public final class HaCycle {

    private static final Duration STOP_AGAIN = Duration.ofSeconds(1);

    private HaCycle() {}

    /** One turn. Equal arguments give equal turns. */
    public static Turn decide(HaState before, Observation seen) {
        return notTooSoon(decideNow(before, seen), seen);
    }

    /**
     * What has just failed would fail again: it is tried once a loop, not once a turn. A stop is never put off for
     * longer than a second.
     */
    private static Turn notTooSoon(Turn turn, Observation seen) {
        if (turn.next().failedTask().isEmpty()) {
            return turn;
        }
        HaState.FailedTask failed = turn.next().failedTask().get();
        Duration pause = seen.settings().loopWait();
        if (failed.kind() == TaskKind.STOP && pause.compareTo(STOP_AGAIN) > 0) {
            pause = STOP_AGAIN;
        }
        if (seen.now().since(failed.at()).compareTo(pause) >= 0) {
            return turn;
        }
        List<Decision> kept = turn.decisions().stream()
                .takeWhile(decision -> !decision.begins(failed.kind()))
                .toList();
        return kept.size() == turn.decisions().size()
                ? turn
                : new Turn(
                        turn.next(),
                        Reason.TASK_RETRIED_LATER,
                        List.of(failed.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ')),
                        turn.notes(),
                        kept);
    }

    private static Turn decideNow(HaState before, Observation seen) {
        if (seen.nameTaken()) {
            // Nothing here is ours to change: not the store's keys, and not a server that the other one may look after.
            String why = "Can't start; there is already a node named '" + seen.self() + "' running";
            return Turn.of(before, Reason.NAME_TAKEN, List.of(seen.self().value()), new Decision.Exit(1, why));
        }
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
            case DcsView.Read(ClusterView cluster) ->
                met(new Situation(state, seen, Failsafe.withPromisedLeader(cluster, seen)));
        };
    }

    private static HaState remember(HaState before, Observation seen) {
        HaState state = Failsafe.remember(before, seen);
        state = seen.task() instanceof TaskView.Ended ended ? TaskEnd.remember(state, ended, seen) : state;
        if (seen.task() instanceof TaskView.Idle && state.pendingReply().isPresent()) {
            // Its task never began: the request is as it was.
            state = state.withPendingReply(Optional.empty());
        }
        boolean leads = seen.lease() instanceof LeaseView.Mine;
        boolean demotes = !(state.demotion() instanceof ClusterDemotion.None);
        if (demotes && (!leads || !seen.settings().isStandbyCluster())) {
            state = state.withDemotion(new ClusterDemotion.None());
        }
        if (!leads && state.retention().isPresent()) {
            state = state.withRetention(Optional.empty());
        }
        if (!leads) {
            // What the script has said holds for the lock it was run for.
            state = state.withPromotion(state.promotion().with(PromotionMemory.Script.NOT_RUN));
        }
        if (seen.dcs() instanceof DcsView.Read(ClusterView cluster) && cluster.isLocked()) {
            state = state.withLastLocked(
                    cluster.leaderName().orElseThrow(), cluster.epoch().number(), cluster.members());
        }
        state = state.withRace(race(state.race(), seen)).withSync(sync(state, seen));
        if (seen.postgres().isAlive() && !seen.postgres().state().isStarting()) {
            // Up again: what was tried for the last failure may be tried for the next one.
            state = state.withCrashRecoveryTried(false).withStartingSince(Optional.empty());
        } else if (seen.postgres().state().isStarting() && state.startingSince().isEmpty()) {
            state = state.withStartingSince(Optional.of(seen.now()));
        }
        return state;
    }

    private static SyncProgress sync(HaState before, Observation seen) {
        SyncProgress sync = before.sync();
        boolean asked = seen.shutdown()
                || !seen.requests().isEmpty()
                || before.pendingReply().isPresent()
                || seen.task() instanceof TaskView.Running;
        if (!asked && sync.leavingSince().isPresent()) {
            // Nothing is to stop any more: this member may be synchronous again.
            sync = sync.leaving(Optional.empty());
        }
        boolean maybeLeads = seen.lease() instanceof LeaseView.Mine
                && seen.postgres().isAlive()
                && !(seen.postgres().sql() instanceof SqlView.Standby);
        if (!maybeLeads && !sync.memory().equals(Optional.empty())) {
            sync = sync.leading(Optional.empty(), Optional.empty(), false);
        }
        if (seen.dcs() instanceof DcsView.Read(ClusterView cluster) && cluster.isLocked()) {
            boolean over =
                    sync.promise().filter(given -> Votes.isOver(given, cluster)).isPresent();
            sync = sync.voting(false).promising(over ? Optional.empty() : sync.promise());
        }
        return sync;
    }

    private static RaceMemory race(RaceMemory before, Observation seen) {
        RaceMemory race = before;
        if (seen.dcs() instanceof DcsView.Read(ClusterView cluster)) {
            race = cluster.isLocked() ? race.held() : race.free(seen.now());
        }
        return seen.postgres().sql() instanceof SqlView.Standby standby
                ? race.at(standby.position(), seen.now(), seen.settings().loopWait())
                : race;
    }

    private static Turn met(Situation now) {
        return SlotTurn.nameTaken(now)
                .orElseGet(() -> withDcs(
                        now.with(now.state().withSlots(now.state().slots().named()))));
    }

    private static Turn withDcs(Situation now) {
        if (now.seen().task() instanceof TaskView.Running running) {
            return BusyTurn.decide(now, running);
        }
        Optional<Turn> answer = Requests.answerFinished(now).or(() -> Requests.refused(now));
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
        boolean handsOver = !(now.state().handover() instanceof HandoverPhase.None);
        if (handsOver && now.holdsLock() && now.settings().isStandbyCluster()) {
            // Whatever its end would be, it would be a primary: the standby leader goes on from where it stands.
            return withData(now.with(now.state().withHandover(new HandoverPhase.None())));
        }
        if (now.settings().paused()) {
            return Pause.decide(now.with(now.state().withPaused(true)));
        }
        if (now.state().wasPaused()) {
            return withData(now.with(now.state().withPaused(false).withRewind(RewindProgress.UNCHECKED)));
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
        if (now.holdsLock()) {
            return Optional.empty();
        }
        if (heldInOurName(now)) {
            return lockOfSameName(now);
        }
        return now.seen().lease() instanceof LeaseView.Mine ? Optional.of(leaseGone(now)) : Optional.empty();
    }

    private static boolean heldInOurName(Situation now) {
        return now.cluster().leaderName().filter(now.self()::equals).isPresent();
    }

    /**
     * The key carries our name and a lease that we do not count. The name proves nothing: two agents may have it
     * (SAF-014). A lease that we offered was handed over to us; one that this data directory's agent had before is
     * adopted, for that agent is gone; any other one is somebody else's and is waited out.
     */
    static Optional<Turn> lockOfSameName(Situation now) {
        if (now.holdsLock() || !(now.cluster().leaderLock() instanceof LeaderLock.Held held) || !heldInOurName(now)) {
            return Optional.empty();
        }
        return Optional.of(
                switch (now.seen().lease()) {
                    case LeaseView.Offered(var offered) when offered.equals(held.lease()) -> takeOver(now);
                    case LeaseView.Former(var former)
                    when former.equals(held.lease()) ->
                        now.turn(Reason.ADOPTING_LOCK, new Decision.AdoptLeaderLock(former));
                    case LeaseView.Mine _ -> leaseGone(now);
                    case LeaseView.Offered _, LeaseView.Former _, LeaseView.None _ -> othersLease(now);
                });
    }

    /** The cluster has no primary meanwhile: the promotion follows in the same turn where nothing stands against it. */
    private static Turn takeOver(Situation now) {
        WatchdogView dog = now.seen().watchdog();
        boolean mayPromote = now.postgres().sql() instanceof SqlView.Standby
                && !now.postgres().role().isPrimary()
                && !now.postgres().state().isStarting()
                && !now.settings().paused()
                && (!dog.required() || dog.usable());
        var next = now.state().withWonRace(true);
        return mayPromote
                ? now.promote(next, Reason.PROMOTING_AFTER_HANDOVER)
                : Turn.of(next, Reason.TAKING_OVER_LOCK, new Decision.RenewLeaderLock());
    }

    private static Turn othersLease(Situation now) {
        return (now.isPrimary()
                                || now.postgres().role().isPrimary()
                                        && now.postgres().isAlive())
                        && !now.settings().paused()
                ? now.demote(Reason.PRIMARY_WITHOUT_LOCK)
                : now.turn(Reason.WAITING_FOR_FORMER_LEASE);
    }

    private static Turn leaseGone(Situation now) {
        if (!now.isPrimary() || now.settings().paused()) {
            return Turn.of(now.state().withWonRace(false), Reason.LEASE_DISAGREES, new Decision.DropLease());
        }
        if (now.cluster().leaderLock() instanceof LeaderLock.Free) {
            // Nobody has taken it: it may be ours again at once, if nobody has had it since (SAF-016).
            Turn race = LeaderRace.asPrimary(now);
            if (now.seen().failsafe().heldByConsent()) {
                // What the members have promised holds, whatever the store shows: the old hold lasts until a new one.
                return race;
            }
            List<Decision> decisions = new ArrayList<>();
            decisions.add(new Decision.DropLease());
            decisions.addAll(race.decisions());
            return new Turn(race.next(), race.reason(), race.facts(), race.notes(), decisions);
        }
        var next = now.divergenceSuspected().withWonRace(false).withHandover(new HandoverPhase.None());
        return Turn.of(next, Reason.LOCK_LOST, new Decision.DropLease(), Situation.stopAtOnce("demote"));
    }

    /**
     * Nobody can tell a dead store from a partition that has already elected someone else. Until the first rung of the
     * ladder our lease says that nobody else can have been elected; from there on assume the partition (SAF-040).
     */
    private static Turn withoutDcs(HaState state, Observation seen) {
        Optional<Turn> consent = Failsafe.withoutDcs(state, seen, timeToFirstRung(seen));
        if (consent.isPresent()) {
            return consent.get();
        }
        if (seen.task() instanceof TaskView.Running running) {
            return Turn.of(state, Reason.TASK_RUNNING, List.of(running.label()));
        }
        if (seen.settings().paused() || state.bootstrapStep() != BootstrapStep.NONE) {
            // Nobody else can lead a cluster whose only member is still being made.
            return Turn.of(state, Reason.DCS_UNREACHABLE);
        }
        if (seen.postgres().process() instanceof ServerProcess.Stopped(StopProof proof)) {
            if (wasSoundReplica(state, seen)) {
                return new Situation(state, seen, ClusterView.EMPTY)
                        .startStandby(
                                Reason.DCS_UNREACHABLE_STARTING_READONLY,
                                proof,
                                seen.postgres().upstream().orElseGet(Upstream.Nobody::new));
            }
            // The agent's own guard may have been faster than the turn that would have stopped it.
            return (state.demotedOffline() || leaseIsOver(seen)) && !state.startFailed()
                    // The proof of a hand-over under way ends with the start, and the hand-over with it.
                    ? new Situation(
                                    state.withDemotedOffline(true).withHandover(new HandoverPhase.None()),
                                    seen,
                                    ClusterView.EMPTY)
                            .startStandby(Reason.DCS_UNREACHABLE_STARTING_READONLY, proof, withoutStore(state, seen))
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

    /** Another cluster can be followed without the store of this one. */
    private static Upstream withoutStore(HaState state, Observation seen) {
        return LeaderRace.withoutLeader(new Situation(state, seen, ClusterView.EMPTY));
    }

    /**
     * A replica that has died needs nobody's leave to serve reads again and to stream from whom it did (W-20), unless
     * something was being done to its data directory.
     */
    private static boolean wasSoundReplica(HaState state, Observation seen) {
        boolean untouched = state.failedTask().isEmpty()
                && !state.rewind().isOpen()
                && state.rewind() != RewindProgress.FAILED
                && state.handover() instanceof HandoverPhase.None;
        return untouched
                && !state.startFailed()
                && seen.postgres().role() == Role.REPLICA
                && seen.postgres().recoverySignal()
                && seen.postgres().controlData().isPresent()
                && seen.postgres().directory() instanceof DataDirectory.Present;
    }

    private static boolean leaseIsOver(Observation seen) {
        return seen.lease() instanceof LeaseView.Mine(Lease lease)
                && seen.now().hasReached(LeaseLadder.of(seen.settings().ttl()).cleanStopAt(lease.deadline()));
    }

    private static Optional<Duration> timeToFirstRung(Observation seen) {
        if (!(seen.lease() instanceof LeaseView.Mine(Lease lease))) {
            return Optional.empty();
        }
        Duration left = seen.now().until(LeaseLadder.of(seen.settings().ttl()).cleanStopAt(lease.deadline()));
        return left.isNegative() || left.isZero() ? Optional.empty() : Optional.of(left);
    }
}

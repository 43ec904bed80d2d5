package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A turn with a readable store: what is remembered, what is seen, and the questions every branch asks of the two. */
record Situation(HaState state, Observation seen, ClusterView cluster) {

    /** More than any row of failed promotions reserves: a register that says more is damaged. */
    private static final int MOST_SKIPPED = 1000;

    MemberName self() {
        return seen.self();
    }

    HaSettings settings() {
        return seen.settings();
    }

    PostgresView postgres() {
        return seen.postgres();
    }

    Situation with(HaState other) {
        return new Situation(other, seen, cluster);
    }

    /** Whether the store shows the very lease that we count: ownership is the lease, never the name (SAF-014). */
    boolean holdsLock() {
        return cluster.leaderLock() instanceof LeaderLock.Held held
                && seen.lease() instanceof LeaseView.Mine(Lease lease)
                && held.lease().equals(lease.id());
    }

    /** Whether somebody else holds the lock: another member, or another process with our name. */
    boolean lockedByOther() {
        return cluster.isLocked() && !holdsLock();
    }

    boolean isPrimary() {
        return postgres().isPrimary();
    }

    /** A standby cluster has the timelines of another one: its own history says nothing about them. */
    boolean checksTimeline() {
        return settings().checkTimeline() && !settings().isStandbyCluster();
    }

    /** The proof that the server has stopped, if it has. */
    Optional<StopProof> stopped() {
        return postgres().process() instanceof ServerProcess.Stopped(StopProof proof)
                ? Optional.of(proof)
                : Optional.empty();
    }

    /** The leader, if it is another member. */
    Optional<Member> otherLeader() {
        return cluster.leader().filter(leader -> !leader.name().equals(self()));
    }

    /** Whom this member should stream from. */
    Upstream upstream() {
        return Votes.binds(this) ? new Upstream.Nobody() : Upstreams.wanted(this);
    }

    /** Whether a diverged data directory could be mended here at all. */
    boolean mayMendDivergence() {
        return rewindPossible()
                || settings().removeOnDivergedTimelines() && !settings().isStandbyCluster();
    }

    boolean rewindPossible() {
        return postgres().rewindConfigured()
                && postgres().controlData().map(data -> data.canBeRewound()).orElse(false);
    }

    /** Remembers that the data directory has to be compared with the leader's, where something could come of it. */
    HaState divergenceSuspected() {
        return mayMendDivergence() && state.rewind() != RewindProgress.NEEDED
                ? state.withRewind(RewindProgress.CHECK)
                : state;
    }

    /**
     * The epoch of an acquisition by a member that will be promoted: its timeline is one that nobody can have written
     * yet, for two branches with one number cannot be told apart afterwards.
     */
    Epoch epochOfPromotion(MemberName next) {
        Timeline highest = cluster.epoch()
                .reserved()
                .max(cluster.history().clusterTimeline())
                .max(postgres().timeline());
        return cluster.epoch().followedBy(next, highest.next());
    }

    /** The epoch of an acquisition by a member that goes on writing the timeline it has. */
    Epoch epochOfPrimary() {
        return cluster.epoch().followedBy(self(), postgres().timeline());
    }

    /**
     * The last step of a promotion, or the one before it: who has used up what was reserved for him reserves anew, for
     * one lease may see more than one promotion.
     */
    Decision promotion() {
        Timeline ours = postgres().timeline();
        Timeline reserved = cluster.epoch().reserved();
        if (!hasReserved()) {
            return new Decision.ReserveTimeline(epochOfPromotion(self()));
        }
        List<Timeline> skipped = new ArrayList<>();
        for (Timeline one = ours.next();
                ours.isKnown() && one.isBefore(reserved) && skipped.size() < MOST_SKIPPED;
                one = one.next()) {
            skipped.add(one);
        }
        return new Decision.Promote(skipped);
    }

    /** Whether a timeline is reserved that this member has not come to yet. */
    boolean hasReserved() {
        return cluster.epoch().wasHeldBy(self())
                && postgres().timeline().isBefore(cluster.epoch().reserved());
    }

    /**
     * The promotion with what stands before it: no server becomes writable without (SAF-041). A standby cluster has no
     * primary, whoever asks for one (S-21).
     */
    Turn promote(HaState next, Reason reason) {
        if (settings().isStandbyCluster()) {
            return Turn.of(next, Reason.STANDBY_CLUSTER_PROMOTES_NOBODY, new Decision.RenewLeaderLock());
        }
        Optional<Turn> script = prePromote(next);
        if (script.isPresent()) {
            return script.get();
        }
        return Turn.of(next, reason, writable(promotion()).toArray(Decision[]::new));
    }

    /** What makes our server writable, with what stands before it (SAF-041, HA-104). */
    List<Decision> writable(Decision last) {
        List<Decision> decisions = new ArrayList<>();
        decisions.add(new Decision.RenewLeaderLock());
        decisions.add(new Decision.ArmGuard());
        decisions.add(new Decision.ArmWatchdog());
        if (!(last instanceof Decision.ReserveTimeline)) {
            decisions.addAll(Synchronous.beforeWritable(this));
        }
        decisions.add(last);
        return decisions;
    }

    /**
     * What the operator's script makes of the promotion; nothing when there is none, or none against it. A lock that is
     * given back must not be taken again at once: nobody else would get it (HA-077).
     */
    Optional<Turn> prePromote(HaState next) {
        if (!settings().prePromote()) {
            return Optional.empty();
        }
        return switch (state.promotion().script()) {
            case PASSED -> Optional.empty();
            case NOT_RUN ->
                Optional.of(Turn.of(
                        next,
                        Reason.RUNNING_PRE_PROMOTE,
                        new Decision.RenewLeaderLock(),
                        new Decision.RunPrePromote()));
            case FAILED ->
                Optional.of(Turn.of(
                                next.withWonRace(false)
                                        .withPromotion(new PromotionMemory(
                                                PromotionMemory.Script.NOT_RUN, Optional.of(seen.now()))),
                                Reason.PRE_PROMOTE_FAILED,
                                new Decision.ReleaseLeaderLock(Optional.empty(), Optional.empty()))
                        .with(List.of(Note.warning(
                                "Releasing the leader key voluntarily because the pre-promote script failed"))));
        };
    }

    /** Whether this member has given the lock back because of its script, less than a lease's length ago. */
    boolean standsBack() {
        return state.promotion()
                .releasedAt()
                .filter(at -> seen.now().since(at).compareTo(settings().ttl()) < 0)
                .isPresent();
    }

    /** How far our WAL reaches. */
    Lsn position() {
        return postgres().position().orElse(Lsn.ZERO);
    }

    Turn turn(Reason reason, List<String> facts, Decision... decisions) {
        return Turn.of(state, reason, facts, decisions);
    }

    /** The turn of a member that keeps the lock; what guards it is for a server that may write. */
    Turn turnAsLeader(Reason reason, List<String> facts, Decision... more) {
        List<Decision> decisions = new ArrayList<>();
        decisions.add(new Decision.RenewLeaderLock());
        if (isGuarded()) {
            decisions.add(new Decision.ArmGuard());
            decisions.add(new Decision.KeepWatchdogAlive());
        }
        decisions.addAll(List.of(more));
        return new Turn(state, reason, facts, List.of(), decisions);
    }

    /** Whether the server of the lock's holder may write, or is to be one that may. */
    boolean isGuarded() {
        return !settings().isStandbyCluster()
                || isPrimary()
                || postgres().role().isPrimary();
    }

    Turn turn(Reason reason, Decision... decisions) {
        return Turn.of(state, reason, decisions);
    }

    /** Stops a server that must not be primary, at once. */
    Turn demote(Reason reason, String... facts) {
        var next = divergenceSuspected().withWonRace(false).withHandover(new HandoverPhase.None());
        return Turn.of(next, reason, List.of(facts), stopAtOnce("demote"));
    }

    static Decision stopAtOnce(String label) {
        return new Decision.StopServer(StopMode.IMMEDIATE, false, Optional.of(Duration.ZERO), label);
    }

    /** A standby is nobody's primary: what guards the lease must let it live. */
    Turn startStandby(Reason reason, StopProof proof, Upstream upstream, Decision... before) {
        return startStandby(reason, List.of(), proof, upstream, before);
    }

    private Role standbyRole() {
        return settings().isStandbyCluster() && holdsLock() ? Role.STANDBY_LEADER : Role.REPLICA;
    }

    Turn startStandby(Reason reason, List<String> facts, StopProof proof, Upstream upstream, Decision... before) {
        List<Decision> decisions = new ArrayList<>(List.of(before));
        decisions.add(new Decision.DisarmGuard(proof));
        decisions.add(new Decision.DisarmWatchdog());
        decisions.addAll(Synchronous.asStandby(this));
        decisions.add(new Decision.StartStandby(
                upstream, standbyRole(), settings().pgCtlTimeout(), "restarting after failure"));
        return new Turn(state, reason, facts, List.of(), decisions);
    }
}

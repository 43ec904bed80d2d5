package io.matriarch.domain.ha;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.failsafe.FailsafeRound;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.time.MonotonicTime;
import java.util.List;

/** What no turn may break, whatever was seen. */
final class Rules {

    private Rules() {}

    static void check(Observation seen, Turn turn) {
        List<Decision> decisions = turn.decisions();
        for (int at = 0; at < decisions.size(); at++) {
            List<Decision> earlier = decisions.subList(0, at);
            one(seen, turn, decisions.get(at), earlier);
        }
    }

    private static void one(Observation seen, Turn turn, Decision decision, List<Decision> earlier) {
        boolean holds = holdsLock(seen);
        boolean recovery = seen.postgres().sql() instanceof SqlView.Standby
                || seen.postgres().sql() instanceof SqlView.NoAnswer
                        && !seen.postgres().role().isPrimary();
        switch (decision) {
            case Decision.Promote _, Decision.StartPrimary _ -> {
                assertThat(seen.settings().isStandbyCluster())
                        .describedAs("S-21: nobody becomes writable in a standby cluster: %s", turn)
                        .isFalse();
                assertThat(kinds(earlier))
                        .describedAs(
                                "SAF-041: lock renewed and guard armed before a server may become writable: %s", turn)
                        .contains(Decision.RenewLeaderLock.class, Decision.ArmGuard.class);
                assertThat(!seen.settings().sync().isOn() || kinds(earlier).contains(Decision.SetStandbyNames.class))
                        .describedAs("S-9: names before the first commit: %s", turn)
                        .isTrue();
                assertThat(holds || isOffered(seen) && decision instanceof Decision.Promote)
                        .describedAs("S-2: only the holder promotes: %s", turn)
                        .isTrue();
            }
            case Decision.RestartServer _ ->
                assertThat(!(seen.postgres().sql() instanceof SqlView.Primary)
                                || kinds(earlier)
                                        .containsAll(List.of(Decision.RenewLeaderLock.class, Decision.ArmGuard.class)))
                        .describedAs("SAF-041: lock renewed and guard armed before a primary is restarted: %s", turn)
                        .isTrue();
            case Decision.ReleaseLeaderLock release ->
                assertThat(release.proof().isPresent()
                                || recovery
                                || seen.settings().paused())
                        .describedAs("SAF-030: the lock goes only after the server: %s", turn)
                        .isTrue();
            case Decision.HandOverLeaderLock handOver ->
                assertThat(handOver.proof()).isNotNull();
            case Decision.CopyFrom _, Decision.RemoveDataDirectory _ ->
                assertThat(holds)
                        .describedAs("S-15: the holder's data directory stays: %s", turn)
                        .isFalse();
            case Decision.AcquireLeaderLock _ -> {
                boolean replica = seen.postgres().sql() instanceof SqlView.Standby;
                assertThat(replica && seen.tags().nofailover())
                        .describedAs("S-12: nofailover never wins: %s", turn)
                        .isFalse();
                assertThat(holds).isFalse();
                assertThat(replica && seen.failsafe().binding(seen.now()).isPresent())
                        .describedAs("SAF-047: who has promised not to does not race: %s", turn)
                        .isFalse();
            }
            case Decision.RecoverCrash _ ->
                assertThat(holds)
                        .describedAs(
                                "HA-027: under the lock nothing is recovered outside the time limit of a start: %s",
                                turn)
                        .isFalse();
            case Decision.WriteStatus _ ->
                assertThat(kinds(earlier))
                        .describedAs("HA-018: the status only after a renewal: %s", turn)
                        .contains(Decision.RenewLeaderLock.class);
            case Decision.WriteSync _, Decision.DeleteSync _ ->
                assertThat(holds || isOffered(seen) && kinds(earlier).contains(Decision.RenewLeaderLock.class))
                        .describedAs("S-19: only the holder writes the register: %s", turn)
                        .isTrue();
            case Decision.Follow follow ->
                assertThat(isMember(follow.upstream())
                                && turn.next().sync().promise().isPresent())
                        .describedAs("SAF-050: who has promised streams from no member: %s", turn)
                        .isFalse();
            case Decision.StartStandby start ->
                assertThat(isMember(start.upstream())
                                && turn.next().sync().promise().isPresent())
                        .describedAs("SAF-050: who has promised streams from no member: %s", turn)
                        .isFalse();
            case Decision.KeepWatchdogAlive _ ->
                assertThat(kinds(earlier))
                        .describedAs("HA-017: keepalive only after a renewal or a failsafe check: %s", turn)
                        .containsAnyOf(Decision.RenewLeaderLock.class, Decision.ProlongLease.class);
            case Decision.ProlongLease(var lease, var until) -> checkProlonged(seen, turn, lease, until);
            case Decision.AdoptLeaderLock adopt ->
                assertThat(seen.lease())
                        .describedAs("SAF-014: only a lease of our own is adopted: %s", turn)
                        .isEqualTo(new LeaseView.Former(adopt.former()));
            default -> {}
        }
    }

    /** Without the store only, for the lease that was asked for, and no longer than the members have promised. */
    private static void checkProlonged(Observation seen, Turn turn, LeaseId lease, MonotonicTime until) {
        assertThat(seen.dcs()).describedAs("%s", turn).isInstanceOf(DcsView.Unreachable.class);
        assertThat(seen.lease() instanceof LeaseView.Mine(var mine) && mine.id().equals(lease))
                .describedAs("SAF-047: only the lease that is held: %s", turn)
                .isTrue();
        boolean alone = turn.next().failsafe().anyOf().size() == 1;
        MonotonicTime from = alone
                ? seen.now()
                : seen.failsafe().round().map(FailsafeRound::began).orElseThrow();
        assertThat(from.until(until))
                .describedAs("SAF-047: counted from before the first question: %s", turn)
                .isLessThanOrEqualTo(seen.settings().ttl());
    }

    /** Another cluster's server waits for nobody here. */
    private static boolean isMember(Upstream upstream) {
        return upstream instanceof Upstream.Of || upstream instanceof Upstream.Cascade;
    }

    static List<Class<?>> kinds(List<Decision> decisions) {
        return decisions.stream().<Class<?>>map(Object::getClass).toList();
    }

    /** The store shows the lease we offered: ours with the renewal that stands before the promotion. */
    private static boolean isOffered(Observation seen) {
        return seen.dcs() instanceof DcsView.Read(ClusterView cluster)
                && cluster.leaderLock() instanceof LeaderLock.Held held
                && held.holder().equals(seen.self())
                && seen.lease() instanceof LeaseView.Offered(var offered)
                && offered.equals(held.lease());
    }

    static boolean holdsLock(Observation seen) {
        return seen.dcs() instanceof DcsView.Read(ClusterView cluster)
                && cluster.leaderLock() instanceof LeaderLock.Held held
                && seen.lease() instanceof LeaseView.Mine(var lease)
                && lease.id().equals(held.lease());
    }
}

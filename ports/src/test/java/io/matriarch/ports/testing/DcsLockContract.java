package io.matriarch.ports.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoredValue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The leader lock: who gets it, how long it lasts, and that nobody else acts on it. */
abstract class DcsLockContract extends DcsFixture {

    private static final List<StoreKey> HOLDER_ONLY = List.of(
            StoreKey.SYNC,
            StoreKey.STATUS,
            StoreKey.HISTORY,
            StoreKey.FAILSAFE,
            StoreKey.CONFIG,
            StoreKey.EPOCH,
            StoreKey.LEGACY_OPTIME,
            StoreKey.FAILOVER,
            StoreKey.INITIALIZE);

    @Test
    @DisplayName("DCS-005 the leader key holds the name alone and names the lease it lives by")
    void leaderKeyIsTheName() {
        var lease = acquired(first, NODE0);

        var leader = load(second).get(StoreKey.LEADER).orElseThrow();
        assertThat(leader.text()).isEqualTo("node0");
        assertThat(leader.lease()).contains(lease.id());
        assertThat(leader.revision().exists()).isTrue();
    }

    @Test
    @DisplayName("DCS-040 DCS-059 DCS-067 of two who acquire at once exactly one wins")
    void oneWinner() throws Exception {
        for (int round = 0; round < 5; round++) {
            List<Callable<LockResult>> racers = List.of(
                    () -> first.acquireLeaderLock(NODE0, Change.NONE),
                    () -> second.acquireLeaderLock(NODE1, Change.NONE));
            try (var threads = Executors.newFixedThreadPool(2)) {
                var left = threads.submit(racers.get(0));
                var right = threads.submit(racers.get(1));
                var winner = left.get() instanceof LockResult.Held ? first : second;
                var won = winner == first ? left.get() : right.get();
                assertRefused(winner == first ? right.get() : left.get());
                assertThat(holder(first)).contains(held(won).id());
                assertDone(winner.releaseLeaderLock(held(won), Change.NONE));
            }
        }
    }

    @Test
    @DisplayName("DCS-039 while the key is held nobody acquires it, not even its holder a second time")
    void secondAcquireRefused() {
        var lease = acquired(first, NODE0);

        assertRefused(second.acquireLeaderLock(NODE1, Change.NONE));
        assertRefused(first.acquireLeaderLock(NODE0, Change.NONE));
        assertThat(holder(second)).contains(lease.id());
    }

    @Test
    @DisplayName("SAF-017 acquire fails when a key changed since the decision, and then changes nothing")
    void acquireConditions() {
        put(first, StoreKey.SYNC, "old");
        var sync = load(first).revision(StoreKey.SYNC);
        put(second, StoreKey.SYNC, "new");

        var change = Change.NONE.when(StoreKey.SYNC, sync).put(StoreKey.EPOCH, "1");
        assertRefused(first.acquireLeaderLock(NODE0, change));

        assertThat(load(first).get(StoreKey.LEADER)).isEmpty();
        assertThat(load(first).get(StoreKey.EPOCH)).isEmpty();
    }

    @Test
    @DisplayName("SAF-016 SAF-017 acquire applies its change in the same transaction, \"still absent\" included")
    void acquireAppliesChange() {
        var change = Change.NONE
                .when(StoreKey.EPOCH, Revision.ABSENT)
                .when(StoreKey.FAILOVER, Revision.ABSENT)
                .put(StoreKey.EPOCH, "1 node0");
        var lease = held(first.acquireLeaderLock(NODE0, change));
        assertThat(text(second, StoreKey.EPOCH)).isEqualTo("1 node0");

        assertDone(first.releaseLeaderLock(lease, Change.NONE));
        assertRefused(second.acquireLeaderLock(NODE1, change));
        assertThat(load(second).get(StoreKey.LEADER)).isEmpty();
    }

    @Test
    @DisplayName("SAF-018 bootstrap: initialize unchanged since our create, config and leader in one transaction")
    void bootstrap() {
        var create = Change.NONE.when(StoreKey.INITIALIZE, Revision.ABSENT).put(StoreKey.INITIALIZE, "");
        assertDone(first.write(Optional.empty(), create));
        var ours = load(first).revision(StoreKey.INITIALIZE);
        assertDone(second.write(Optional.empty(), Change.NONE.put(StoreKey.INITIALIZE, "")));
        var theirs = load(second).revision(StoreKey.INITIALIZE);

        assertRefused(first.acquireLeaderLock(NODE0, finishBootstrap(ours, "7000000000000000001")));
        assertThat(load(first).get(StoreKey.CONFIG)).isEmpty();

        held(second.acquireLeaderLock(NODE1, finishBootstrap(theirs, "7000000000000000002")));
        assertThat(text(first, StoreKey.INITIALIZE)).isEqualTo("7000000000000000002");
        assertThat(text(first, StoreKey.CONFIG)).isEqualTo("{\"ttl\":30}");
        assertThat(text(first, StoreKey.LEADER)).isEqualTo("node1");
    }

    private static Change finishBootstrap(Revision initialize, String identifier) {
        return Change.NONE
                .when(StoreKey.INITIALIZE, initialize)
                .put(StoreKey.INITIALIZE, identifier)
                .put(StoreKey.CONFIG, "{\"ttl\":30}");
    }

    @Test
    @DisplayName("SAF-012 the deadline of an acquisition and of a renewal counts from before the request left")
    void deadlines() {
        var before = clock().now();
        var lease = acquired(first, NODE0);
        assertCountedBetween(before, clock().now(), ttl(), lease.deadline());

        passTime(ttl().dividedBy(4));
        before = clock().now();
        var renewed = held(first.renewLeaderLock(NODE0, lease));
        assertCountedBetween(before, clock().now(), ttl(), renewed.deadline());
        assertThat(renewed.id()).isEqualTo(lease.id());
    }

    @Test
    @DisplayName("SAF-012 DCS-041 renewals keep the key beyond its ttl and leave its revision alone")
    void renewalsProlong() {
        var lease = acquired(first, NODE0);
        var revision = load(second).revision(StoreKey.LEADER);
        var end = clock().now().plus(ttl().multipliedBy(2));

        while (!clock().now().hasReached(end)) {
            passTime(ttl().dividedBy(6));
            assertThat(held(first.renewLeaderLock(NODE0, lease)).id()).isEqualTo(lease.id());
            assertThat(holder(second)).contains(lease.id());
        }
        assertThat(load(second).revision(StoreKey.LEADER)).isEqualTo(revision);
    }

    @Test
    @DisplayName("SAF-002 SAF-021 nobody gets the lock before its holder's deadline, somebody does soon after")
    void leaseEnds() {
        var lease = acquired(first, NODE0);
        var taken = new Lease[1];

        eventually("the lock can be taken once its lease ended", ttl().plus(slack()), () -> {
            var result = second.acquireLeaderLock(NODE1, Change.NONE);
            if (result instanceof LockResult.Held(var other)) {
                taken[0] = other;
            }
            return result instanceof LockResult.Held;
        });

        assertThat(clock().now().hasReached(lease.deadline()))
                .as("the old holder's deadline is over")
                .isTrue();
        assertThat(taken[0].id()).isNotEqualTo(lease.id());
    }

    @Test
    @DisplayName("SAF-013 SAF-014 a dead lease is not renewed, also when the same member holds the lock again")
    void deadLeaseStaysDead() {
        var old = acquired(first, NODE0);
        letLeaseEnd(second);
        assertRefused(first.renewLeaderLock(NODE0, old));

        var fresh = acquired(first, NODE0);
        assertThat(fresh.id()).isNotEqualTo(old.id());
        assertRefused(first.renewLeaderLock(NODE0, old));
        assertRefused(first.releaseLeaderLock(old, Change.NONE));
        assertRefused(first.write(Optional.of(old), Change.NONE.put(StoreKey.STATUS, "{}")));
        assertThat(holder(second)).contains(fresh.id());
        assertThat(held(first.renewLeaderLock(NODE0, fresh)).id()).isEqualTo(fresh.id());
    }

    @Test
    @DisplayName("SAF-017 SAF-022 after a take-over each holder-only write of the old holder is refused")
    void fencedWrites() {
        var old = acquired(first, NODE0);
        for (var key : HOLDER_ONLY) {
            assertDone(first.write(Optional.of(old), Change.NONE.put(key, "first")));
        }
        letLeaseEnd(second);
        var fresh = acquired(second, NODE1);

        for (var key : HOLDER_ONLY) {
            assertRefused(first.write(Optional.of(old), Change.NONE.put(key, "late")));
            assertRefused(first.write(Optional.of(old), Change.NONE.delete(key)));
            assertThat(text(second, key)).as(key.path()).isEqualTo("first");
            assertDone(second.write(Optional.of(fresh), Change.NONE.delete(key)));
        }
        for (var key : HOLDER_ONLY) {
            assertRefused(first.write(Optional.of(old), Change.NONE.put(key, "created late")));
            assertThat(load(second).get(key)).as(key.path()).isEmpty();
        }
    }

    @Test
    @DisplayName("SAF-017 with nobody holding the lock a fenced write is refused")
    void fencedWriteWithoutHolder() {
        var lease = acquired(first, NODE0);
        assertDone(first.releaseLeaderLock(lease, Change.NONE));

        assertRefused(first.write(Optional.of(lease), Change.NONE.put(StoreKey.STATUS, "{}")));
        assertThat(load(second).get(StoreKey.STATUS)).isEmpty();
    }

    @Test
    @DisplayName("SAF-022 a fenced write of the holder is refused when its own condition fails")
    void fencedWriteConditions() {
        var lease = acquired(first, NODE0);
        put(second, StoreKey.SYNC, "foreign");
        var stale = Change.NONE.when(StoreKey.SYNC, Revision.ABSENT).put(StoreKey.SYNC, "ours");

        assertRefused(first.write(Optional.of(lease), stale));
        assertThat(text(second, StoreKey.SYNC)).isEqualTo("foreign");
    }

    @Test
    @DisplayName("SAF-013 DCS-076 release writes the last position and ends the key in one transaction")
    void release() {
        var lease = acquired(first, NODE0);

        assertDone(first.releaseLeaderLock(lease, Change.NONE.put(StoreKey.STATUS, "{\"optime\":1}")));

        assertThat(load(second).get(StoreKey.LEADER)).isEmpty();
        assertThat(text(second, StoreKey.STATUS)).isEqualTo("{\"optime\":1}");
        assertRefused(first.renewLeaderLock(NODE0, lease));
        acquired(second, NODE1);
    }

    @Test
    @DisplayName("SAF-017 DCS-046 release by somebody else, or with a failed condition, changes nothing")
    void releaseRefused() {
        var old = acquired(first, NODE0);
        assertDone(first.releaseLeaderLock(old, Change.NONE));
        var lease = acquired(second, NODE1);

        assertRefused(first.releaseLeaderLock(old, Change.NONE.put(StoreKey.STATUS, "late")));
        put(first, StoreKey.SYNC, "present");
        var stale = Change.NONE.when(StoreKey.SYNC, Revision.ABSENT);
        assertRefused(second.releaseLeaderLock(lease, stale.put(StoreKey.STATUS, "late")));

        assertThat(holder(first)).contains(lease.id());
        assertThat(load(first).get(StoreKey.STATUS)).isEmpty();
    }

    @Test
    @DisplayName("SAF-014 a restarted member takes over its own key by compare-and-set to a fresh lease, once")
    void adoptLeaderLock() {
        var former = acquired(first, NODE0);
        var restarted = client(NODE0);

        assertRefused(second.adoptLeaderLock(NODE1, former.id()));
        var before = clock().now();
        var lease = held(restarted.adoptLeaderLock(NODE0, former.id()));
        assertCountedBetween(before, clock().now(), ttl(), lease.deadline());

        assertThat(lease.id()).isNotEqualTo(former.id());
        assertThat(holder(second)).contains(lease.id());
        assertThat(text(second, StoreKey.LEADER)).isEqualTo("node0");
        assertRefused(first.renewLeaderLock(NODE0, former));
        assertRefused(first.write(Optional.of(former), Change.NONE.put(StoreKey.STATUS, "{}")));
        assertRefused(restarted.adoptLeaderLock(NODE0, former.id()));
        assertThat(held(restarted.renewLeaderLock(NODE0, lease)).id()).isEqualTo(lease.id());
    }

    @Test
    @DisplayName("SAF-014 a lock that has gone cannot be adopted")
    void adoptFreeLock() {
        var former = acquired(first, NODE0);
        assertDone(first.releaseLeaderLock(former, Change.NONE));

        assertRefused(client(NODE0).adoptLeaderLock(NODE0, former.id()));
        assertThat(load(second).get(StoreKey.LEADER)).isEmpty();
    }

    @Test
    @DisplayName(
            "SAF-015 DCS-047 a new ttl holds for the next acquisition, and for a hold that is moved to a new lease")
    void adoptTiming() {
        var wanted = new DcsTiming(ttl().multipliedBy(2), Duration.ofSeconds(1), Duration.ofSeconds(5));
        var lease = acquired(first, NODE0);
        var ttl = first.adopt(wanted).ttl();
        assertThat(ttl).isGreaterThanOrEqualTo(wanted.ttl());

        var before = clock().now();
        var moved = held(first.adoptLeaderLock(NODE0, lease.id()));
        assertCountedBetween(before, clock().now(), ttl, moved.deadline());
        assertDone(first.releaseLeaderLock(moved, Change.NONE));

        before = clock().now();
        var longer = acquired(first, NODE0);
        assertCountedBetween(before, clock().now(), ttl, longer.deadline());
    }

    @Test
    @DisplayName("DCS-079 a reader of the key alone sees the name at once and its end at once")
    void namedAtOnce() {
        var lease = acquired(first, NODE0);
        assertThat(load(second).get(StoreKey.LEADER).map(StoredValue::text)).contains("node0");
        assertDone(first.releaseLeaderLock(lease, Change.NONE));
        assertThat(load(second).get(StoreKey.LEADER)).isEmpty();
    }
}

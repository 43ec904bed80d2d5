package io.matriarch.ports.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Handing the lock to a candidate's own lease (SAF-060). */
abstract class DcsHandOverContract extends DcsLockContract {

    /** The receiver knows its offered lease's name only: a renewal gives it the first deadline. */
    private Lease unproven(LeaseId offered) {
        return new Lease(offered, clock().now());
    }

    @Test
    @DisplayName("SAF-060 the lock goes to the offered lease and nobody else, together with the last position")
    void handOver() {
        var lease = acquired(first, NODE0);
        var offered = second.offerLease(NODE1).orElseThrow();
        var third = client(NODE2);

        assertDone(first.handOverLeaderLock(lease, NODE1, offered, Change.NONE.put(StoreKey.STATUS, "{\"optime\":9}")));

        assertThat(text(third, StoreKey.LEADER)).isEqualTo("node1");
        assertThat(holder(third)).contains(offered);
        assertThat(text(third, StoreKey.STATUS)).isEqualTo("{\"optime\":9}");
        assertRefused(third.acquireLeaderLock(NODE2, Change.NONE));
        assertRefused(first.renewLeaderLock(NODE0, lease));
        assertRefused(first.write(Optional.of(lease), Change.NONE.put(StoreKey.STATUS, "late")));
        assertRefused(first.releaseLeaderLock(lease, Change.NONE));
        assertRefused(first.acquireLeaderLock(NODE0, Change.NONE));

        var before = clock().now();
        var received = held(second.renewLeaderLock(NODE1, unproven(offered)));
        assertCountedBetween(before, clock().now(), ttl(), received.deadline());
        assertThat(received.id()).isEqualTo(offered);
        assertDone(second.write(Optional.of(received), Change.NONE.put(StoreKey.EPOCH, "2 node1")));
        assertThat(text(third, StoreKey.STATUS)).isEqualTo("{\"optime\":9}");
    }

    @Test
    @DisplayName("SAF-060 an offer grants nothing before the hand-over")
    void offerGrantsNothing() {
        var lease = acquired(first, NODE0);
        var offered = second.offerLease(NODE1).orElseThrow();

        assertThat(offered).isNotEqualTo(lease.id());
        assertRefused(second.renewLeaderLock(NODE1, unproven(offered)));
        assertRefused(second.write(Optional.of(unproven(offered)), Change.NONE.put(StoreKey.STATUS, "early")));
        assertThat(holder(first)).contains(lease.id());
    }

    @Test
    @DisplayName("SAF-060 only the holder hands over, only while the conditions hold, only to a living lease")
    void handOverRefused() {
        var dead = acquired(second, NODE1);
        assertDone(second.releaseLeaderLock(dead, Change.NONE));
        var lease = acquired(first, NODE0);
        var offered = second.offerLease(NODE1).orElseThrow();
        var change = Change.NONE.put(StoreKey.STATUS, "late");

        assertRefused(second.handOverLeaderLock(dead, NODE1, offered, change));
        assertRefused(first.handOverLeaderLock(lease, NODE1, dead.id(), change));
        put(second, StoreKey.FAILOVER, "{}");
        assertRefused(first.handOverLeaderLock(lease, NODE1, offered, change.when(StoreKey.FAILOVER, Revision.ABSENT)));

        assertThat(load(second).get(StoreKey.STATUS)).isEmpty();
        assertThat(holder(second)).contains(lease.id());
        assertThat(held(first.renewLeaderLock(NODE0, lease)).id()).isEqualTo(lease.id());
    }

    @Test
    @DisplayName("SAF-060 a receiver that never renews loses the lock by itself")
    void silentReceiver() {
        var lease = acquired(first, NODE0);
        var offered = second.offerLease(NODE1).orElseThrow();
        assertDone(first.handOverLeaderLock(lease, NODE1, offered, Change.NONE));

        letLeaseEnd(first);
        assertRefused(second.renewLeaderLock(NODE1, unproven(offered)));
        acquired(first, NODE0);
    }

    @Test
    @DisplayName("SAF-060 the receiver has time to renew: half a ttl after the hand-over the lock is still its own")
    void slowReceiver() {
        var lease = acquired(first, NODE0);
        var offered = second.offerLease(NODE1).orElseThrow();
        assertDone(first.handOverLeaderLock(lease, NODE1, offered, Change.NONE));

        passTime(promised(ttl()).dividedBy(2));
        var received = held(second.renewLeaderLock(NODE1, unproven(offered)));
        var end = clock().now().plus(ttl());
        while (!clock().now().hasReached(end)) {
            passTime(ttl().dividedBy(6));
            assertThat(held(second.renewLeaderLock(NODE1, received)).id()).isEqualTo(offered);
        }
        assertThat(holder(first)).contains(offered);
    }

    @Test
    @DisplayName("SAF-060 each offer is a lease of its own once the last one was used")
    void offersAreFresh() {
        var lease = acquired(first, NODE0);
        var offered = second.offerLease(NODE1).orElseThrow();
        assertDone(first.handOverLeaderLock(lease, NODE1, offered, Change.NONE));
        var received = held(second.renewLeaderLock(NODE1, unproven(offered)));
        var back = first.offerLease(NODE0).orElseThrow();
        assertDone(second.handOverLeaderLock(received, NODE0, back, Change.NONE));
        held(first.renewLeaderLock(NODE0, unproven(back)));

        assertThat(second.offerLease(NODE1).orElseThrow()).isNotEqualTo(offered).isNotEqualTo(back);
        assertRefused(second.renewLeaderLock(NODE1, received));
    }
}

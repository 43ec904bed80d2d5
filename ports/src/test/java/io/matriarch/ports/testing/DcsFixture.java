package io.matriarch.ports.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What a store's test says about its store, and what the parts of {@link DcsContract} share. */
public abstract class DcsFixture {

    protected static final MemberName NODE0 = new MemberName("node0");
    protected static final MemberName NODE1 = new MemberName("node1");
    protected static final MemberName NODE2 = new MemberName("node2");

    private static final Duration STEP = Duration.ofMillis(50);

    private final Deque<Dcs> opened = new ArrayDeque<>();
    private String scope = "";
    protected Dcs first;
    protected Dcs second;

    /**
     * A new client of the same store: ttl {@link #ttl}, retry timeout long enough for a noisy machine (5 s), counting on
     * {@link #clock}. The contract closes it.
     */
    protected abstract Dcs open(MemberName member, String scope);

    /** The ttl that {@link #open}'s clients begin with: the smallest the store can do, at least 2 s. */
    protected abstract Duration ttl();

    /** The clock that the clients count on. */
    protected Clock clock() {
        return new NanoClock();
    }

    /** Time passes: on the store's clock, and for hints on their way. */
    protected void passTime(Duration time) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < time.toNanos()) {
            LockSupport.parkNanos(time.toNanos() - (System.nanoTime() - start));
        }
    }

    /** How long a lease of this ttl is promised to its holder: Consul promises half of it. */
    protected Duration promised(Duration ttl) {
        return ttl;
    }

    /** How long after its ttl a lease that nobody renews may live on. */
    protected Duration slack() {
        return ttl().plusSeconds(20);
    }

    @BeforeEach
    void openClients() {
        scope = "contract-" + UUID.randomUUID();
        first = client(NODE0);
        second = client(NODE1);
    }

    @AfterEach
    void closeClients() {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    /** One more client of this test's scope. */
    protected final Dcs client(MemberName member) {
        return client(member, scope);
    }

    protected final Dcs client(MemberName member, String otherScope) {
        var dcs = open(member, otherScope);
        opened.push(dcs);
        return dcs;
    }

    protected final String scope() {
        return scope;
    }

    protected static StoreSnapshot load(Dcs dcs) {
        try {
            return dcs.load();
        } catch (DcsUnavailableException e) {
            throw new AssertionError("the store of this test is reachable", e);
        }
    }

    protected static String text(Dcs dcs, StoreKey key) {
        return load(dcs).get(key).map(StoredValue::text).orElse("(absent)");
    }

    protected static Optional<LeaseId> holder(Dcs dcs) {
        return load(dcs).get(StoreKey.LEADER).flatMap(StoredValue::lease);
    }

    protected static Lease acquired(Dcs dcs, MemberName self) {
        return held(dcs.acquireLeaderLock(self, Change.NONE));
    }

    protected static Lease held(LockResult result) {
        return switch (result) {
            case LockResult.Held(var lease) -> lease;
            case LockResult.Refused(var why) -> fail("refused: %s", why);
            case LockResult.Unknown(var why) -> fail("unknown: %s", why);
        };
    }

    protected static void assertRefused(LockResult result) {
        assertThat(result).isInstanceOf(LockResult.Refused.class);
    }

    protected static void assertRefused(WriteResult result) {
        assertThat(result).isInstanceOf(WriteResult.Refused.class);
    }

    protected static void assertDone(WriteResult result) {
        assertThat(result).isInstanceOf(WriteResult.Done.class);
    }

    protected static Revision done(WriteResult result) {
        return switch (result) {
            case WriteResult.Done(var revision) -> revision;
            case WriteResult.Refused(var why) -> fail("refused: %s", why);
            case WriteResult.Unknown(var why) -> fail("unknown: %s", why);
        };
    }

    protected static void put(Dcs dcs, StoreKey key, String value) {
        assertDone(dcs.write(Optional.empty(), Change.NONE.put(key, value)));
    }

    /** Lets time pass until it holds, at most this long on the clients' clock. */
    protected final void eventually(String what, Duration limit, BooleanSupplier condition) {
        var end = clock().now().plus(limit);
        while (!condition.getAsBoolean()) {
            if (clock().now().hasReached(end)) {
                fail("not within %s: %s", limit, what);
            }
            passTime(STEP);
        }
    }

    /** Nobody renews any more: until the leader key is gone. */
    protected final void letLeaseEnd(Dcs observer) {
        eventually(
                "the leader key ends without renewals",
                ttl().plus(slack()),
                () -> load(observer).get(StoreKey.LEADER).isEmpty());
    }

    /** A deadline that was counted from between these two readings. */
    protected final void assertCountedBetween(
            MonotonicTime before, MonotonicTime after, Duration ttl, MonotonicTime deadline) {
        var start = deadline.minus(promised(ttl));
        assertThat(before.rawNanos()).as("counted from after the call began").isLessThanOrEqualTo(start.rawNanos());
        assertThat(start.rawNanos()).as("counted from before the call ended").isLessThanOrEqualTo(after.rawNanos());
    }
}

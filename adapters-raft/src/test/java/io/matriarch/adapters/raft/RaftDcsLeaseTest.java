package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("what an answer, a late one and none mean to the holder of a lease")
class RaftDcsLeaseTest {

    private static final Duration TTL = Duration.ofSeconds(6);
    private static final MemberName SELF = new MemberName("node0");
    private static final Lease LEASE = new Lease(new LeaseId("L"), MonotonicTime.ofNanos(0));

    private long now = 1_000_000_000;

    private final Scripted gateway = new Scripted();
    private final RaftDcs dcs = new RaftDcs(
            gateway,
            new DcsContext(
                    new Scope("service", "batman"),
                    Optional.of(SELF),
                    new DcsTiming(TTL, Duration.ofSeconds(2), Duration.ofSeconds(3)),
                    new Handmade()));

    private final class Handmade implements Clock {
        @Override
        public MonotonicTime now() {
            return MonotonicTime.ofNanos(now);
        }

        @Override
        public Instant wallClock() {
            return Instant.EPOCH;
        }
    }

    /** Answers as told; each answer may let time pass before it arrives. */
    private final class Scripted implements Gateway {
        private final List<StoreRequest> asked = new ArrayList<>();
        private Function<StoreRequest, StoreReply> script = _ -> new StoreReply.Failed("nothing scripted");
        private Duration longest = Duration.ZERO;

        @Override
        public Timed ask(StoreRequest request, Duration within) {
            asked.add(request);
            longest = within;
            var sentAt = MonotonicTime.ofNanos(now);
            return new Timed(script.apply(request), sentAt);
        }

        @Override
        public void wantLeadership() {
            // Nobody to ask.
        }

        @Override
        public void adoptTtl(Duration ttl) {
            // No elections.
        }

        @Override
        public AutoCloseable watch(Scope scope, Runnable listener) {
            return () -> {};
        }

        @Override
        public void close() {
            // Nothing open.
        }
    }

    private static StoreReply applied(StoreRequest request) {
        long nonce = request instanceof StoreRequest.Propose propose && propose.command() instanceof RaftCommand.Renew r
                ? r.nonce()
                : 0;
        return new StoreReply.Decided(new Outcome.Applied(9, nonce));
    }

    @Test
    @DisplayName("SAF-012 the deadline counts from before the attempt left, however late its answer arrives")
    void lateAnswer() {
        gateway.script = request -> {
            now += Duration.ofSeconds(2).toNanos();
            return applied(request);
        };
        long before = now;
        var held = (LockResult.Held) dcs.renewLeaderLock(SELF, LEASE);
        assertThat(held.lease().deadline())
                .isEqualTo(MonotonicTime.ofNanos(before).plus(TTL));
    }

    @Test
    @DisplayName("SAF-012 an attempt without an answer gives no deadline and is not repeated, nor is a write")
    void noAnswer() {
        for (var reply : List.of(new StoreReply.Failed("lost"), new StoreReply.NotLeader(Optional.empty()))) {
            gateway.asked.clear();
            gateway.script = _ -> reply;
            assertThat(dcs.renewLeaderLock(SELF, LEASE)).isInstanceOf(LockResult.Unknown.class);
            assertThat(dcs.acquireLeaderLock(SELF, Change.NONE)).isInstanceOf(LockResult.Unknown.class);
            assertThat(dcs.write(Optional.of(LEASE), Change.NONE.put(StoreKey.STATUS, "{}")))
                    .isInstanceOf(WriteResult.Unknown.class);
            assertThat(gateway.asked).hasSize(3);
        }
    }

    @Test
    @DisplayName("SAF-012 an attempt lasts at most a third of the ttl, and the answer must carry its own nonce")
    void boundAndNonce() {
        gateway.script = _ -> new StoreReply.Decided(new Outcome.Applied(9, 4711));
        assertThat(dcs.renewLeaderLock(SELF, LEASE)).isInstanceOf(LockResult.Unknown.class);
        assertThat(gateway.longest).isEqualTo(TTL.dividedBy(3));
    }

    @Test
    @DisplayName("SAF-013 a renewal answered after the lease was given up gives nothing")
    void releasedMeanwhile() {
        gateway.script = request -> {
            if (request instanceof StoreRequest.Propose propose && propose.command() instanceof RaftCommand.Renew) {
                var release = dcs.releaseLeaderLock(LEASE, Change.NONE);
                assertThat(release).isInstanceOf(WriteResult.Unknown.class);
                return applied(request);
            }
            return new StoreReply.Failed("the release is not answered");
        };
        assertThat(dcs.renewLeaderLock(SELF, LEASE)).isInstanceOf(LockResult.Refused.class);
    }

    @Test
    @DisplayName("SAF-013 once refused, a lease is refused for good, without asking again")
    void refusedForGood() {
        gateway.script = _ -> new StoreReply.Decided(new Outcome.Refused("not yours"));
        assertThat(dcs.renewLeaderLock(SELF, LEASE)).isInstanceOf(LockResult.Refused.class);
        gateway.script = RaftDcsLeaseTest::applied;
        gateway.asked.clear();
        assertThat(dcs.renewLeaderLock(SELF, LEASE)).isInstanceOf(LockResult.Refused.class);
        assertThat(gateway.asked).isEmpty();
    }

    @Test
    @DisplayName("SAF-015 a changed ttl travels with the next renewal and counts in its deadline")
    void changedTtl() {
        gateway.script = RaftDcsLeaseTest::applied;
        var shorter = Duration.ofSeconds(4);
        dcs.adopt(new DcsTiming(shorter, Duration.ofSeconds(1), Duration.ofSeconds(1)));
        var held = (LockResult.Held) dcs.renewLeaderLock(SELF, LEASE);
        assertThat(held.lease().deadline()).isEqualTo(MonotonicTime.ofNanos(now).plus(shorter));
        assertThat(gateway.asked.getFirst())
                .isInstanceOfSatisfying(
                        StoreRequest.Propose.class,
                        propose -> assertThat(((RaftCommand.Renew) propose.command()).ttlMillis())
                                .isEqualTo(4000));
    }
}

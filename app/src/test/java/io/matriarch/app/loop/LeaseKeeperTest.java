package io.matriarch.app.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.LeaseView;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.testing.FaultyDcs;
import io.matriarch.ports.testing.FaultyDcs.Fault;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.testing.SimulatedClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseKeeperTest {

    private static final MemberName SELF = new MemberName("srv1");
    private static final MemberName OTHER = new MemberName("srv2");
    private static final Duration TTL = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final SimulatedClock clock = new SimulatedClock();
    private final InMemoryStore store = new InMemoryStore(clock, new DcsTiming(TTL, RETRY, RETRY));
    private final FaultyDcs dcs = new FaultyDcs(store.open(SELF));
    private final Dcs others = store.open(OTHER);
    private final Record record = new Record();
    private final AtomicInteger rung = new AtomicInteger();
    private final LeaseKeeper keeper = keeper();

    private static final class Record implements LeaseRecord {
        private Optional<LeaseId> last = Optional.empty();

        @Override
        public Optional<LeaseId> last() {
            return last;
        }

        @Override
        public void write(LeaseId held) {
            last = Optional.of(held);
        }
    }

    private LeaseKeeper keeper() {
        var made = new LeaseKeeper(dcs, clock, SELF, rung::incrementAndGet, record);
        made.adopt(TTL);
        return made;
    }

    private Lease acquired() {
        assertThat(keeper.acquire(Change.NONE)).isInstanceOf(Outcome.Done.class);
        keeper.signOfLife();
        return keeper.lease().orElseThrow();
    }

    @Test
    @DisplayName("SAF-013 whoever guards is told of each lease that is dead to us: released, refused, handed over")
    void tellsOfTheEnd() {
        List<LeaseId> ended = new ArrayList<>();
        keeper.onEnded(ended::add);
        LeaseId first = acquired().id();
        keeper.release(Change.NONE);
        assertThat(ended).containsExactly(first);

        LeaseId second = acquired().id();
        clock.advance(TTL.plusSeconds(40));
        assertThat(keeper.renew()).isInstanceOf(Outcome.Failed.class);
        assertThat(ended).containsExactly(first, second);

        LeaseId third = acquired().id();
        LeaseId offered = others.offerLease(OTHER).orElseThrow();
        assertThat(keeper.handOver(OTHER, offered, Change.NONE)).isInstanceOf(Outcome.Done.class);
        assertThat(ended).containsExactly(first, second, third);
    }

    @Test
    @DisplayName("SAF-012 the deadline counts from before the request, and only answers move it")
    void deadline() {
        MonotonicTime began = clock.now();
        assertThat(acquired().deadline()).isEqualTo(began.plus(TTL));
        clock.advance(Duration.ofSeconds(5));
        dcs.script(_ -> Fault.ANSWER_LOST);
        assertThat(keeper.renew()).isInstanceOf(Outcome.NoAnswer.class);
        assertThat(keeper.lease().orElseThrow().deadline()).isEqualTo(began.plus(TTL));
        dcs.healed();
        MonotonicTime later = clock.now();
        assertThat(keeper.renew()).isInstanceOf(Outcome.Done.class);
        assertThat(keeper.lease().orElseThrow().deadline()).isEqualTo(later.plus(TTL));
    }

    @Test
    @DisplayName(
            "SAF-015 a move to a shorter lease that had no answer ends the present one as early as the other may end")
    void shortenedWithoutAnswer() {
        acquired();
        List<MonotonicTime> told = new ArrayList<>();
        keeper.onRenewed(lease -> told.add(lease.deadline()));
        clock.advance(Duration.ofSeconds(5));
        Duration shorter = TTL.dividedBy(5);
        keeper.adopt(shorter);
        MonotonicTime began = clock.now();
        dcs.script(_ -> Fault.ANSWER_LOST);
        assertThat(keeper.renew()).isInstanceOf(Outcome.NoAnswer.class);
        assertThat(keeper.lease().orElseThrow().deadline()).isEqualTo(began.plus(shorter.dividedBy(2)));
        assertThat(told).containsExactly(began.plus(shorter.dividedBy(2)));
        dcs.healed();
        assertThat(keeper.renew())
                .as("the store shows the other lease, and so the present one is lost")
                .isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.lease()).isEmpty();
    }

    @Test
    @DisplayName("SAF-013 a refused lease is lost for good, and a turn comes at once")
    void refused() {
        Lease lease = acquired();
        clock.advance(TTL.plusSeconds(1));
        store.tick();
        assertThat(keeper.renew()).isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.view()).isEqualTo(new LeaseView.None());
        assertThat(rung).hasValue(1);
        assertThat(keeper.renew()).isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.acquire(Change.NONE)).isInstanceOf(Outcome.Done.class);
        assertThat(keeper.lease().orElseThrow().id()).isNotEqualTo(lease.id());
    }

    @Test
    @DisplayName("SAF-013 after a release without an answer the lease is dead, and may only be replaced")
    void releasedUnknown() {
        Lease lease = acquired();
        dcs.script(_ -> Fault.REQUEST_LATE);
        keeper.release(Change.NONE);
        assertThat(keeper.lease()).isEmpty();
        assertThat(keeper.isLeader()).isFalse();
        assertThat(keeper.view()).isEqualTo(new LeaseView.Former(lease.id()));
        dcs.healed();
        assertThat(keeper.renew()).isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.adoptFrom(lease.id())).isInstanceOf(Outcome.Done.class);
        LeaseId fresh = keeper.lease().orElseThrow().id();
        dcs.deliverLate();
        assertThat(store.holder(InMemoryStore.DEFAULT_SCOPE))
                .describedAs("the late release must not end the fresh hold")
                .contains(fresh);
    }

    @Test
    @DisplayName("SAF-013, SAF-060 a hand-over that arrives late does not take the lock from a fresh lease")
    void handedOverLate() {
        Lease lease = acquired();
        LeaseId offered = others.offerLease(OTHER).orElseThrow();
        dcs.script(_ -> Fault.REQUEST_LATE);
        assertThat(keeper.handOver(OTHER, offered, Change.NONE)).isInstanceOf(Outcome.NoAnswer.class);
        assertThat(keeper.view()).isEqualTo(new LeaseView.Former(lease.id()));
        dcs.healed();
        keeper.adoptFrom(lease.id());
        dcs.deliverLate();
        assertThat(store.holder(InMemoryStore.DEFAULT_SCOPE))
                .contains(keeper.lease().orElseThrow().id());
    }

    @Test
    @DisplayName("SAF-060 the receiver has the lock once it has renewed, the giver from the request on no more")
    void handedOver() {
        acquired();
        var receiver = new LeaseKeeper(others, clock, OTHER, () -> {}, LeaseRecord.NONE);
        LeaseId offered = receiver.offer().orElseThrow();
        assertThat(receiver.view()).isEqualTo(new LeaseView.Offered(offered));
        assertThat(keeper.handOver(OTHER, offered, Change.NONE)).isInstanceOf(Outcome.Done.class);
        assertThat(keeper.view()).isEqualTo(new LeaseView.None());
        assertThat(receiver.isLeader()).isFalse();
        assertThat(receiver.renew()).isInstanceOf(Outcome.Done.class);
        assertThat(receiver.isLeader()).isTrue();
    }

    @Test
    @DisplayName("SAF-014 the next agent of the data directory knows the lease again; another one does not")
    void former() {
        Lease lease = acquired();
        var next = keeper();
        assertThat(next.view()).isEqualTo(new LeaseView.Former(lease.id()));
        assertThat(next.adoptFrom(lease.id())).isInstanceOf(Outcome.Done.class);
        assertThat(keeper.renew())
                .describedAs("a former self that thaws has nothing any more")
                .isInstanceOf(Outcome.Failed.class);
        assertThat(new LeaseKeeper(dcs, clock, SELF, () -> {}, LeaseRecord.NONE).view())
                .isEqualTo(new LeaseView.None());
    }

    @Test
    @DisplayName("SAF-062 nobody is told of a primary from the third rung on")
    void leader() {
        acquired();
        clock.advance(TTL.minusMillis(1501));
        assertThat(keeper.isLeader()).isTrue();
        clock.advance(Duration.ofMillis(1));
        assertThat(keeper.isLeader()).isFalse();
    }

    @Test
    @DisplayName("SAF-070 renewals come every third of the ttl, for as long as the loop shows signs of life")
    void mandate() {
        acquired();
        assertThat(keeper.keep()).isEqualTo(TTL.dividedBy(3));
        clock.advance(TTL.dividedBy(3));
        keeper.signOfLife();
        MonotonicTime now = clock.now();
        keeper.keep();
        assertThat(keeper.lease().orElseThrow().deadline()).isEqualTo(now.plus(TTL));
        clock.advance(TTL.dividedBy(3).multipliedBy(2));
        keeper.keep();
        assertThat(keeper.lease().orElseThrow().deadline())
                .describedAs("half a ttl without a turn: somebody else may lead")
                .isEqualTo(now.plus(TTL));
    }

    @Test
    @DisplayName("SAF-040 a store that does not answer is asked again before the next interval is over")
    void outage() {
        acquired();
        clock.advance(TTL.dividedBy(3));
        keeper.signOfLife();
        dcs.unreachable();
        Duration again = keeper.keep();
        assertThat(again).isLessThan(TTL.dividedBy(3));
        clock.advance(again);
        keeper.signOfLife();
        dcs.healed();
        MonotonicTime now = clock.now();
        keeper.keep();
        assertThat(keeper.lease().orElseThrow().deadline()).isEqualTo(now.plus(TTL));
    }

    @Test
    @DisplayName("SAF-012 every renewal is told to the guard")
    void told() {
        List<Lease> told = new ArrayList<>();
        keeper.onRenewed(told::add);
        acquired();
        clock.advance(Duration.ofSeconds(1));
        keeper.renew();
        assertThat(told).containsExactly(keeper.lease().orElseThrow());
    }
}

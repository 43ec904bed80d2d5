package io.matriarch.app.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.loop.FailsafePromises.Answer;
import io.matriarch.app.loop.FailsafePromises.Standing;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.failsafe.FailsafePromise;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.testing.FaultyDcs;
import io.matriarch.ports.testing.FaultyDcs.Fault;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.testing.SimulatedClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FailsafePromisesTest {

    private static final MemberName SELF = new MemberName("srv1");
    private static final MemberName LEADER = new MemberName("srv2");
    private static final Duration TTL = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final SimulatedClock clock = new SimulatedClock();
    private final InMemoryStore store = new InMemoryStore(clock, new DcsTiming(TTL, RETRY, RETRY));
    private final FaultyDcs dcs = new FaultyDcs(store.open(SELF));
    private final Dcs others = store.open(LEADER);
    private final LeaseKeeper keeper = new LeaseKeeper(dcs, clock, SELF, () -> {}, LeaseRecord.NONE);
    private final FailsafePromises promises =
            new FailsafePromises(clock, () -> keeper.lease().isPresent());
    private final LockActions locks = new LockActions(keeper, null, promises);
    private final List<Answer> whileRacing = new ArrayList<>();

    private static FailsafeClaim claim(Optional<Long> epoch, Optional<Duration> ttl) {
        return new FailsafeClaim(
                LEADER,
                "postgres://srv2:5432/postgres",
                "http://srv2:8008/patroni",
                new TreeMap<>(),
                Optional.of(new LeaseId("theirs")),
                epoch,
                ttl);
    }

    private static Standing standing(long epoch) {
        return new Standing(true, false, TTL, epoch, Optional.empty());
    }

    private Answer ask() {
        return promises.answer(claim(Optional.of(4L), Optional.of(TTL)), standing(4));
    }

    private Outcome race() {
        var epoch = new Epoch(1, Optional.of(SELF), Timeline.FIRST, Revision.ABSENT);
        return locks.carryOut(
                new Decision.AcquireLeaderLock(epoch, Revision.ABSENT, Revision.ABSENT), ClusterView.EMPTY);
    }

    @Test
    @DisplayName(
            "SAF-047: a promise given after the turn has looked still keeps the lock from being taken, for its time")
    void promiseKeepsFromRacing() {
        assertThat(ask()).isEqualTo(new Answer.Accepted());
        assertThat(race()).isInstanceOf(Outcome.Failed.class);
        clock.advance(FailsafePromise.bound(TTL));
        assertThat(race()).isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.lease()).isEmpty();
        clock.advance(Duration.ofNanos(1));
        assertThat(promises.active()).isFalse();
        assertThat(race()).isInstanceOf(Outcome.Done.class);
    }

    @Test
    @DisplayName("SAF-047: while an attempt to lead is under way, and after it has succeeded, nothing is promised")
    void racingRefuses() {
        dcs.script(_ -> {
            whileRacing.add(ask());
            return Fault.NONE;
        });
        assertThat(race()).isInstanceOf(Outcome.Done.class);
        assertThat(whileRacing).isNotEmpty().containsOnly(new Answer.RunningAsLeader());
        assertThat(ask()).isEqualTo(new Answer.RunningAsLeader());
        keeper.drop();
        assertThat(ask()).isEqualTo(new Answer.Accepted());
    }

    @Test
    @DisplayName("an attempt without success leaves promises as they were")
    void lostRace() {
        others.acquireLeaderLock(LEADER, Change.NONE);
        assertThat(race()).isInstanceOf(Outcome.Failed.class);
        assertThat(ask()).isEqualTo(new Answer.Accepted());
    }

    @Test
    @DisplayName("§13.5: whoever leads has promised nobody anything")
    void leadingForgets() {
        ask();
        LeaseId offered = keeper.offer().orElseThrow();
        var lease = ((LockResult.Held) others.acquireLeaderLock(LEADER, Change.NONE)).lease();
        others.handOverLeaderLock(lease, SELF, offered, Change.NONE);
        assertThat(promises.active()).isTrue();
        assertThat(locks.carryOut(new Decision.RenewLeaderLock(), ClusterView.EMPTY))
                .isInstanceOf(Outcome.Done.class);
        assertThat(promises.active()).isFalse();
    }

    @Test
    @DisplayName("W-9, SAF-047: an epoch below one that was read or promised to is refused; a later one is not")
    void epochs() {
        assertThat(promises.answer(claim(Optional.of(3L), Optional.empty()), standing(4)))
                .isInstanceOf(Answer.Overtaken.class);
        assertThat(promises.answer(claim(Optional.of(6L), Optional.empty()), standing(4)))
                .isEqualTo(new Answer.Accepted());
        assertThat(promises.answer(claim(Optional.of(5L), Optional.empty()), standing(4)))
                .isInstanceOf(Answer.Overtaken.class);
        assertThat(promises.answer(claim(Optional.empty(), Optional.empty()), standing(4)))
                .describedAs("a member of the reference has no epoch to tell")
                .isEqualTo(new Answer.Accepted());
    }

    @Test
    @DisplayName("who the store shows as leader, the mode and the own role decide")
    void standings() {
        FailsafeClaim claim = claim(Optional.of(4L), Optional.of(TTL));
        assertThat(promises.answer(claim, new Standing(false, true, TTL, 4, Optional.empty())))
                .isEqualTo(new Answer.Disabled());
        assertThat(promises.answer(claim, new Standing(true, true, TTL, 4, Optional.empty())))
                .isEqualTo(new Answer.RunningAsLeader());
        assertThat(promises.answer(claim, new Standing(true, false, TTL, 4, Optional.of(new MemberName("srv3")))))
                .isInstanceOf(Answer.Overtaken.class);
        assertThat(promises.answer(claim, new Standing(true, false, TTL, 4, Optional.of(LEADER))))
                .isEqualTo(new Answer.Accepted());
    }

    @Test
    @DisplayName("SAF-047: the longer of the two ttl counts")
    void longerTtl() {
        Duration longer = TTL.multipliedBy(2);
        promises.answer(claim(Optional.of(4L), Optional.of(longer)), standing(4));
        clock.advance(FailsafePromise.bound(longer));
        assertThat(promises.active()).isTrue();
        clock.advance(Duration.ofNanos(1));
        assertThat(promises.active()).isFalse();
    }

    @Test
    @DisplayName("SAF-047: a hold is prolonged by consent only while it lasts, and a refusal ends it as ever")
    void prolonged() {
        var told = new ArrayList<Lease>();
        keeper.onRenewed(told::add);
        keeper.adopt(TTL);
        var asked = clock.now();
        assertThat(race()).isInstanceOf(Outcome.Done.class);
        LeaseId id = keeper.lease().orElseThrow().id();
        clock.advance(Duration.ofSeconds(20));
        assertThat(keeper.isHeldByConsent()).isFalse();
        assertThat(keeper.prolong(new LeaseId("another"), clock.now().plus(TTL)))
                .isInstanceOf(Outcome.Failed.class);
        var until = clock.now().plus(TTL);
        assertThat(keeper.prolong(id, until)).isInstanceOf(Outcome.Done.class);
        assertThat(told).containsExactly(new Lease(id, until));
        clock.advance(Duration.ofSeconds(20));
        assertThat(clock.now().hasReached(asked.plus(TTL))).isTrue();
        assertThat(keeper.isLeader()).isTrue();
        assertThat(keeper.isHeldByConsent()).isTrue();
        store.tick();
        assertThat(keeper.renew()).describedAs("the store has let it expire").isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.isLeader()).isFalse();
        assertThat(keeper.isHeldByConsent()).isFalse();
        assertThat(keeper.prolong(id, clock.now().plus(TTL))).isInstanceOf(Outcome.Failed.class);
    }

    @Test
    @DisplayName("SAF-047: consent that comes after the end brings nothing back")
    void tooLate() {
        keeper.adopt(TTL);
        race();
        LeaseId id = keeper.lease().orElseThrow().id();
        var began = clock.now();
        clock.advance(TTL);
        assertThat(keeper.prolong(id, began.plus(TTL.multipliedBy(2)))).isInstanceOf(Outcome.Failed.class);
        assertThat(keeper.isLeader()).isFalse();
    }

    @Test
    @DisplayName("the first renewal without an answer brings a turn at once, the next ones do not")
    void silenceRings() {
        var rung = new AtomicInteger();
        var ringing = new LeaseKeeper(dcs, clock, SELF, rung::incrementAndGet, LeaseRecord.NONE);
        ringing.adopt(TTL);
        ringing.acquire(Change.NONE);
        dcs.script(_ -> Fault.ANSWER_LOST);
        ringing.renew();
        ringing.renew();
        assertThat(rung).hasValue(1);
        dcs.healed();
        ringing.renew();
        dcs.script(_ -> Fault.ANSWER_LOST);
        ringing.renew();
        assertThat(rung).hasValue(2);
    }
}

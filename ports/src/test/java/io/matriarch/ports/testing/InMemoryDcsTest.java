package io.matriarch.ports.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.FaultyDcs.Fault;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InMemoryDcsTest extends DcsContract {

    private final SimulatedClock clock = new SimulatedClock();
    private final InMemoryStore store = new InMemoryStore(
            clock, new DcsTiming(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(1)));

    @Override
    protected Dcs open(MemberName member, String scope) {
        return store.open(member, new Scope("service", scope), clock);
    }

    @Override
    protected Duration ttl() {
        return Duration.ofSeconds(5);
    }

    @Override
    protected Clock clock() {
        return clock;
    }

    @Override
    protected void passTime(Duration time) {
        clock.advance(time);
        store.tick();
    }

    @Override
    protected Duration slack() {
        return Duration.ofMillis(100);
    }

    @Test
    @DisplayName("SAF-002 a suspended grantor does not end a lease, however long it slept")
    void suspendedStore() {
        acquired(first, NODE0);
        clock.suspend(Duration.ofHours(1));
        store.tick();
        assertThat(text(second, StoreKey.LEADER)).isEqualTo("node0");
    }

    @Test
    @DisplayName("SAF-002 a holder on another machine ends before the grantor, whichever way its clocks are slewed")
    void slewedHolder() {
        for (double slew : new double[] {0.9, 1, 1.1}) {
            var holder = new SimulatedClock();
            holder.slew(slew);
            var dcs = store.open(NODE2, new Scope("service", "slew-" + slew), holder);
            var lease = acquired(dcs, NODE2);
            for (int millis = 0; load(dcs).get(StoreKey.LEADER).isPresent(); millis++) {
                assertThat(millis).as("milliseconds without an end").isLessThan(60_000);
                clock.advance(Duration.ofMillis(1));
                holder.advance(Duration.ofMillis(1));
            }
            assertThat(holder.now().hasReached(lease.deadline()))
                    .as("slew %s", slew)
                    .isTrue();
        }
    }

    @Test
    @DisplayName("a lost request has no effect, a lost answer has one, a late request has it later")
    void faults() {
        var faulty = new FaultyDcs(first);

        faulty.script(_ -> Fault.REQUEST_LOST);
        assertThat(faulty.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Unknown.class);
        assertThat(holder(second)).isEmpty();

        faulty.script(_ -> Fault.ANSWER_LOST);
        assertThat(faulty.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Unknown.class);
        assertThat(text(second, StoreKey.LEADER)).isEqualTo("node0");

        faulty.script(call -> call == FaultyDcs.Call.WRITE ? Fault.REQUEST_LATE : Fault.NONE);
        var late = faulty.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "late"));
        assertThat(late).isInstanceOf(WriteResult.Unknown.class);
        assertThat(text(second, StoreKey.CONFIG)).isEqualTo("(absent)");
        assertThat(faulty.deliverLate()).isEqualTo(1);
        assertThat(text(second, StoreKey.CONFIG)).isEqualTo("late");
    }

    @Test
    @DisplayName("hints can be held back, and lost")
    void heldHints() throws Exception {
        var faulty = new FaultyDcs(second);
        var hints = new AtomicInteger();
        try (var _ = faulty.watch(hints::incrementAndGet)) {
            faulty.holdHints();
            put(first, StoreKey.CONFIG, "1");
            assertThat(hints).hasValue(0);
            faulty.deliverHints(false);
            assertThat(hints).hasValue(1);

            faulty.holdHints();
            put(first, StoreKey.CONFIG, "2");
            faulty.deliverHints(true);
            assertThat(hints).hasValue(1);
        }
    }
}

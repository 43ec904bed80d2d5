package io.matriarch.app.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.testing.SimulatedClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseGuardTest {

    private static final Duration TTL = Duration.ofSeconds(30);
    private static final LeaseId ID = new LeaseId("one");

    private final SimulatedClock clock = new SimulatedClock();
    private final List<String> signals = new ArrayList<>();
    private boolean stopped;
    private Optional<Lease> held = Optional.empty();
    private final LeaseGuard guard = new LeaseGuard(clock, server(), () -> held);

    /** A server of which only the guard's three calls and the proof are of interest. */
    private PostgresControl server() {
        return (PostgresControl) Proxy.newProxyInstance(
                PostgresControl.class.getClassLoader(), new Class<?>[] {PostgresControl.class}, (_, method, _) -> {
                    if (method.getName().equals("stopProof")) {
                        return stopped ? Optional.of(new StopProof("test")) : Optional.empty();
                    }
                    signals.add(method.getName());
                    return method.getName().equals("kill") ? Optional.empty() : null;
                });
    }

    private Lease lease(Duration left) {
        return new Lease(ID, clock.now().plus(left));
    }

    @Test
    @DisplayName("SAF-040 a fast stop, an immediate one, the kill, each at its rung and once")
    void ladder() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        advance(Duration.ofMillis(26_749));
        assertThat(signals).isEmpty();
        advance(Duration.ofMillis(1));
        advance(Duration.ofMillis(1));
        assertThat(signals).containsExactly("signalFast");
        advance(Duration.ofMillis(1500));
        assertThat(signals).containsExactly("signalFast", "signalImmediate");
        advance(Duration.ofMillis(250));
        assertThat(signals).containsExactly("signalFast", "signalImmediate", "kill");
    }

    @Test
    @DisplayName("SAF-040 it wakes in time for every rung by itself, and everything is dead before D - M")
    void wakes() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        Duration passed = Duration.ZERO;
        Duration killedAt = Duration.ZERO;
        while (killedAt.isZero()) {
            Duration next = guard.check();
            if (signals.contains("kill")) {
                killedAt = passed;
            }
            clock.advance(next);
            passed = passed.plus(next);
        }
        assertThat(killedAt).isLessThanOrEqualTo(TTL.minusMillis(1500));
        assertThat(signals).containsSubsequence("signalFast", "signalImmediate", "kill");
    }

    @Test
    @DisplayName("SAF-012 a renewal moves the rungs, told or not")
    void renewed() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        clock.advance(Duration.ofSeconds(20));
        held = Optional.of(lease(TTL));
        advance(Duration.ofSeconds(10));
        assertThat(signals).isEmpty();
    }

    @Test
    @DisplayName("SAF-013 a lease that was lost keeps its last deadline, nothing less and nothing more")
    void lost() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        held = Optional.empty();
        advance(Duration.ofMillis(26_751));
        assertThat(signals).containsExactly("signalFast");
    }

    @Test
    @DisplayName("SAF-015 a longer ttl does not stop a primary whose lease was granted with the shorter one")
    void longerTtl() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        clock.advance(Duration.ofSeconds(5));
        guard.adopt(Duration.ofSeconds(300));
        guard.check();
        assertThat(signals).isEmpty();
        guard.extend(lease(Duration.ofSeconds(300)));
        advance(Duration.ofSeconds(200));
        assertThat(signals).isEmpty();
        advance(Duration.ofMillis(300_000 - 200_000 - 15_000 - 250 - 15_000 + 1));
        assertThat(signals).containsExactly("signalFast");
    }

    @Test
    @DisplayName("SAF-015 a shorter lease that has taken the place of a longer one ends the server at its own rungs")
    void shorterLease() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        guard.adopt(Duration.ofSeconds(10));
        guard.extend(new Lease(new LeaseId("two"), clock.now().plus(Duration.ofSeconds(10))));
        advance(Duration.ofMillis(9_376));
        assertThat(signals).contains("kill");
    }

    @Test
    @DisplayName("SAF-041 it stays armed after a kill: a start that was under way does not come up unguarded")
    void staysArmed() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        stopped = true;
        advance(TTL);
        assertThat(signals).isEmpty();
        assertThat(guard.isArmed()).isTrue();
        stopped = false;
        advance(Duration.ofMillis(50));
        assertThat(signals).containsExactly("kill");
        assertThat(guard.isArmed()).isTrue();
    }

    @Test
    @DisplayName("SAF-044 it lets go with a proof or in pause")
    void disarmed() {
        guard.arm(lease(TTL));
        guard.disarm(new StopProof("test"));
        advance(TTL.multipliedBy(2));
        guard.extend(lease(TTL));
        assertThat(guard.isArmed()).isFalse();
        guard.arm(lease(TTL));
        guard.pause();
        advance(TTL.multipliedBy(2));
        assertThat(signals).isEmpty();
    }

    @Test
    @DisplayName("SAF-002 suspend: the boot clock alone ends the lease")
    void suspend() {
        guard.adopt(TTL);
        guard.arm(lease(TTL));
        clock.suspend(TTL);
        guard.check();
        assertThat(signals).containsExactly("kill");
    }

    private void advance(Duration by) {
        clock.advance(by);
        guard.check();
    }
}

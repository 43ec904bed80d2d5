package io.matriarch.simulation.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the embedded store in virtual time")
class StoreRunTest {

    private static final Duration CHAOS = Duration.ofMinutes(5);

    @Test
    @DisplayName("SAF-002, SAF-010, SAF-011, SAF-012, SAF-013: leases end after their holders' deadlines, at ttl 10")
    void usualTtl() {
        seeds(1, 40, Duration.ofSeconds(10));
    }

    @Test
    @DisplayName(
            "SAF-002, SAF-010, SAF-011, SAF-012, SAF-013, SAF-071: the same at ttl 3, with short election timeouts")
    void shortTtl() {
        seeds(1001, 40, Duration.ofSeconds(3));
    }

    @Test
    @DisplayName("one seed gives one run")
    void deterministic() {
        assertThat(StoreRun.run(7, Duration.ofSeconds(5), CHAOS, Optional.empty()))
                .isEqualTo(StoreRun.run(7, Duration.ofSeconds(5), CHAOS, Optional.empty()));
    }

    private static void seeds(long from, int count, Duration ttl) {
        int expiries = 0;
        int elections = 0;
        int reads = 0;
        for (long seed = from; seed < from + count; seed++) {
            try {
                var report = StoreRun.run(seed, ttl, CHAOS, Optional.empty());
                expiries += report.expiries();
                elections += report.elections();
                reads += report.reads();
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " breaks a rule of the store", e);
            }
        }
        assertThat(expiries).describedAs("leases have ended").isGreaterThan(3 * count);
        assertThat(elections).describedAs("leaders were elected").isGreaterThan(5 * count);
        assertThat(reads).isGreaterThan(50 * count);
    }
}

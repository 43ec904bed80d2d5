package io.matriarch.domain.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseLadderTest {

    @Test
    @DisplayName(
            "SAF-040, SAF-070 for every legal ttl: the rungs are in order and before the deadline, two renewals fit")
    void everyTtl() {
        var granted = MonotonicTime.ofNanos(0);
        for (int seconds = 2; seconds <= 3600; seconds++) {
            Duration ttl = Duration.ofSeconds(seconds);
            var ladder = LeaseLadder.of(ttl);
            var deadline = granted.plus(ttl);
            Duration clean = granted.until(ladder.cleanStopAt(deadline));
            Duration immediate = granted.until(ladder.immediateAt(deadline));
            Duration kill = granted.until(ladder.killAt(deadline));
            assertThat(clean).isPositive().isLessThan(immediate);
            assertThat(immediate).isLessThan(kill);
            assertThat(kill).isLessThan(ttl);
            assertThat(ladder.margin()).isGreaterThanOrEqualTo(Duration.ofMillis(250));
            assertThat(ladder.margin()).isGreaterThanOrEqualTo(ttl.dividedBy(20));
            assertThat(ladder.renewalInterval().multipliedBy(2))
                    .describedAs("two renewals before the first rung, ttl %s", ttl)
                    .isLessThan(clean);
            assertThat(LeaseLadder.mandate(ttl)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
            assertThat(LeaseLadder.mandate(ttl).multipliedBy(2)).isLessThanOrEqualTo(ttl);
        }
    }

    @Test
    @DisplayName("SAF-040 the figures at ttl 30 and 2")
    void figures() {
        var thirty = LeaseLadder.of(Duration.ofSeconds(30));
        assertThat(thirty.margin()).isEqualTo(Duration.ofMillis(1500));
        assertThat(thirty.renewalInterval()).isEqualTo(Duration.ofSeconds(10));
        var deadline = MonotonicTime.ofNanos(0).plus(Duration.ofSeconds(30));
        assertThat(thirty.cleanStopAt(deadline)).isEqualTo(deadline.minus(Duration.ofMillis(3250)));
        var two = LeaseLadder.of(Duration.ofSeconds(2));
        assertThat(two.margin()).isEqualTo(Duration.ofMillis(250));
        assertThat(two.renewalInterval()).isEqualTo(Duration.ofSeconds(2).dividedBy(6));
    }
}

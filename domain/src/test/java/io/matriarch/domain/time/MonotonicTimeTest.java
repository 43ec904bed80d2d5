package io.matriarch.domain.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MonotonicTimeTest {

    @Test
    @DisplayName("SAF-002 the holder counts on the earlier of two clocks, the grantor on the later of two")
    void twin() {
        var random = new Random(2);
        for (int i = 0; i < 10_000; i++) {
            long boot = random.nextInt(1000);
            long raw = random.nextInt(1000);
            long mono = random.nextInt(1000);
            var start = new MonotonicTime(5_000_000, 7_000_000, 9_000_000);
            var now = new MonotonicTime(5_000_000 + boot, 7_000_000 + raw, 9_000_000 + mono);
            long length = random.nextInt(1000);
            var deadline = start.plus(Duration.ofNanos(length));
            long slept = Math.max(0, boot - mono);
            assertThat(now.hasReached(deadline)).isEqualTo(boot >= length || raw + slept >= length);
            assertThat(now.until(deadline)).isEqualTo(Duration.ofNanos(length - Math.max(boot, raw + slept)));
            assertThat(now.since(start)).isEqualTo(Duration.ofNanos(Math.max(boot, raw + slept)));
            assertThat(now.grantorSince(start)).isEqualTo(Duration.ofNanos(Math.min(raw, mono)));
            assertThat(now.hasReached(deadline)).isEqualTo(!now.until(deadline).isPositive());
        }
    }

    @Test
    @DisplayName("SAF-002 suspend: the holder's hold ends, the grantor's bound does not")
    void suspend() {
        var start = MonotonicTime.ofNanos(0);
        var deadline = start.plus(Duration.ofSeconds(30));
        var woken = new MonotonicTime(Duration.ofHours(1).toNanos(), 5, 5);
        assertThat(woken.hasReached(deadline)).isTrue();
        assertThat(woken.grantorSince(start)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    @DisplayName("SAF-002 a machine that slept while a time daemon slowed its clocks down: the hold ends in true time")
    void suspendWhileSlewed() {
        var deadline = MonotonicTime.ofNanos(0).plus(Duration.ofSeconds(10));
        // Nine seconds awake at nine tenths of the rate, one second asleep.
        long monotonic = Duration.ofMillis(8100).toNanos();
        var now = new MonotonicTime(
                monotonic + Duration.ofSeconds(1).toNanos(),
                Duration.ofSeconds(9).toNanos(),
                monotonic);
        assertThat(now.hasReached(deadline)).isTrue();
        assertThat(now.until(deadline)).isZero();
    }

    @Test
    @DisplayName("SAF-012 the later of two deadlines, clock by clock")
    void max() {
        var one = new MonotonicTime(1, 20, 3);
        var two = new MonotonicTime(10, 2, 30);
        assertThat(one.max(two)).isEqualTo(new MonotonicTime(10, 20, 30)).isEqualTo(two.max(one));
    }
}

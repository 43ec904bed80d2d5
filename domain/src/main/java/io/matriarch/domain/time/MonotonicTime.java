package io.matriarch.domain.time;

import java.time.Duration;

/**
 * One reading of the three clocks a lease is counted on, in nanoseconds since each clock's own origin.
 *
 * <p>No single clock of Linux serves both ends of a lease (SAF-002). The boot time goes on while the machine is
 * suspended; the raw monotonic clock is never slewed by a time daemon; the monotonic clock is what everybody's timers
 * run on. The holder of a lease must never believe in it for too long, so for the holder a deadline has passed as soon
 * as the boot clock <em>or</em> the raw clock, with the time the machine slept added, says so. The grantor must never take a lease away too early, so for the
 * grantor a bound has passed only when the raw <em>and</em> the monotonic clock say so.
 *
 * @param bootNanos CLOCK_BOOTTIME
 * @param rawNanos CLOCK_MONOTONIC_RAW
 * @param monotonicNanos CLOCK_MONOTONIC
 */
public record MonotonicTime(long bootNanos, long rawNanos, long monotonicNanos) {

    /** The same instant on every clock: what tests and simulations start from. */
    public static MonotonicTime ofNanos(long nanos) {
        return new MonotonicTime(nanos, nanos, nanos);
    }

    public MonotonicTime plus(Duration duration) {
        return shifted(duration.toNanos());
    }

    public MonotonicTime minus(Duration duration) {
        return shifted(-duration.toNanos());
    }

    private MonotonicTime shifted(long nanos) {
        return new MonotonicTime(bootNanos + nanos, rawNanos + nanos, monotonicNanos + nanos);
    }

    /** The later of two deadlines, clock by clock: a promise once given on a clock is not taken back by another one. */
    public MonotonicTime max(MonotonicTime other) {
        return new MonotonicTime(
                Math.max(bootNanos, other.bootNanos),
                Math.max(rawNanos, other.rawNanos),
                Math.max(monotonicNanos, other.monotonicNanos));
    }

    /** The earlier of two deadlines, clock by clock: whichever holds, both do. */
    public MonotonicTime min(MonotonicTime other) {
        return new MonotonicTime(
                Math.min(bootNanos, other.bootNanos),
                Math.min(rawNanos, other.rawNanos),
                Math.min(monotonicNanos, other.monotonicNanos));
    }

    /** Whether the holder of something that ends at {@code deadline} must act as if it had ended: the earlier clock. */
    public boolean hasReached(MonotonicTime deadline) {
        return countedSince(deadline) >= 0;
    }

    /** Time left until {@code deadline} as its holder may count it; negative once it has passed. */
    public Duration until(MonotonicTime deadline) {
        return Duration.ofNanos(-countedSince(deadline));
    }

    /** Time since {@code start} as the holder of a lease counts it: the faster clock. */
    public Duration since(MonotonicTime start) {
        return Duration.ofNanos(countedSince(start));
    }

    /**
     * By the boot clock, which a time daemon may have slowed down, or by the raw clock and what the machine slept
     * meanwhile, of which the raw clock knows nothing: boot time is monotonic time and sleep. Neither would do for a
     * machine that slept while its clocks were slowed down.
     */
    private long countedSince(MonotonicTime other) {
        long boot = bootNanos - other.bootNanos;
        long slept = Math.max(0, boot - (monotonicNanos - other.monotonicNanos));
        return Math.max(boot, rawNanos - other.rawNanos + slept);
    }

    /** Time since {@code start} as the grantor of a lease counts it: the slower clock. */
    public Duration grantorSince(MonotonicTime start) {
        return Duration.ofNanos(Math.min(rawNanos - start.rawNanos, monotonicNanos - start.monotonicNanos));
    }
}

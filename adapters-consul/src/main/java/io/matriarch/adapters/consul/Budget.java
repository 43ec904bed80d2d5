package io.matriarch.adapters.consul;

import java.time.Duration;

/**
 * The time one call of the port may still take. It only bounds waiting and decides nothing, so the JVM's own clock is
 * good enough; deadlines of leases are counted on the port's clock.
 */
record Budget(long endNanos) {

    static Budget of(Duration limit) {
        return new Budget(System.nanoTime() + limit.toNanos());
    }

    Duration left() {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    boolean isSpent() {
        return left().isZero();
    }

    /** An equal part of what is left, for the first of this many steps. */
    Budget share(int steps) {
        return of(left().dividedBy(Math.max(1, steps)));
    }
}

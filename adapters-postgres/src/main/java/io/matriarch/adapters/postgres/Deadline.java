package io.matriarch.adapters.postgres;

import java.time.Duration;

/** The end of a wait. Only for bounding what this process does; leases are counted elsewhere, on other clocks. */
record Deadline(long nanos) {

    static Deadline in(Duration patience) {
        return new Deadline(System.nanoTime() + Math.max(0, patience.toNanos()));
    }

    boolean hasPassed() {
        return left().isZero();
    }

    /** Never negative. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }
}

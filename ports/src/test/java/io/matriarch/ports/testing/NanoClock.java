package io.matriarch.ports.testing;

import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.time.Instant;

/** Real time for tests against real stores: one clock of the JVM stands for all three. */
public final class NanoClock implements Clock {

    @Override
    public MonotonicTime now() {
        return MonotonicTime.ofNanos(System.nanoTime());
    }

    @Override
    public Instant wallClock() {
        return Instant.now();
    }
}

package io.matriarch.adapters.watchdog;

import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;

/**
 * The clocks of the Linux kernel. Java itself offers CLOCK_MONOTONIC only, which stands still while the machine is
 * suspended and is slewed by time daemons (SAF-002). Safe for use by any number of threads; never blocks.
 */
public final class LinuxClock implements Clock {

    static final int CLOCK_MONOTONIC = 1;
    static final int CLOCK_MONOTONIC_RAW = 4;
    static final int CLOCK_BOOTTIME = 7;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long CHECK_NANOS = 1_000_000L;
    private static final int CHECK_READINGS = 10_000_000;

    /**
     * Reads every clock and sees that it advances.
     *
     * @throws IllegalStateException when a clock can't be read or stands still: nothing safe can be built on it
     */
    public LinuxClock() {
        MonotonicTime start = now();
        MonotonicTime later = start;
        for (int i = 0; i < CHECK_READINGS && later.monotonicNanos() - start.monotonicNanos() < CHECK_NANOS; i++) {
            later = now();
        }
        requireAdvance("CLOCK_BOOTTIME", start.bootNanos(), later.bootNanos());
        requireAdvance("CLOCK_MONOTONIC_RAW", start.rawNanos(), later.rawNanos());
        requireAdvance("CLOCK_MONOTONIC", start.monotonicNanos(), later.monotonicNanos());
    }

    @Override
    public MonotonicTime now() {
        MemorySegment time = MemorySegment.ofArray(new long[2]);
        return new MonotonicTime(
                read(CLOCK_BOOTTIME, time), read(CLOCK_MONOTONIC_RAW, time), read(CLOCK_MONOTONIC, time));
    }

    @Override
    public Instant wallClock() {
        return Instant.now();
    }

    private static long read(int clock, MemorySegment time) {
        if (LinuxCalls.clockGettime(clock, time) != 0) {
            throw new IllegalStateException("clock " + clock + " of the kernel cannot be read");
        }
        return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * NANOS_PER_SECOND + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
    }

    private static void requireAdvance(String clock, long start, long later) {
        if (later <= start) {
            throw new IllegalStateException(clock + " does not advance: " + start + " ns, then " + later + " ns");
        }
    }
}

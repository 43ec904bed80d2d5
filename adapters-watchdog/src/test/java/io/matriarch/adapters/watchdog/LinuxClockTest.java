package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.time.MonotonicTime;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LinuxClockTest {

    private final LinuxClock clock = new LinuxClock();

    @Test
    @DisplayName("SAF-002: every clock advances with the others")
    void advancesTogether() {
        MonotonicTime start = clock.now();
        long nanos = System.nanoTime();
        while (System.nanoTime() - nanos < 200_000_000L) {
            Thread.onSpinWait();
        }
        MonotonicTime end = clock.now();

        assertThat(end.monotonicNanos() - start.monotonicNanos()).isGreaterThanOrEqualTo(200_000_000L);
        // A time daemon slews CLOCK_MONOTONIC by at most a tenth.
        assertThat(end.rawNanos() - start.rawNanos()).isGreaterThanOrEqualTo(180_000_000L);
        assertThat(end.bootNanos() - start.bootNanos()).isGreaterThanOrEqualTo(200_000_000L - 1_000_000L);
    }

    @Test
    @DisplayName("SAF-002: the clocks are the kernel's and in their places")
    void readsTheRightClocks() throws IOException {
        // The kernel's own idea of the time since boot, suspend included, in seconds with two digits.
        double before = uptime();
        MonotonicTime now = clock.now();
        double after = uptime();

        assertThat(now.bootNanos() / 1e9).isBetween(before - 0.05, after + 0.05);
        long java = System.nanoTime();
        MonotonicTime later = clock.now();
        assertThat(later.monotonicNanos() - java)
                .isBetween(0L, Duration.ofSeconds(10).toNanos());
        // The numbers are the kernel's, in linux/time.h. Java tells nothing about the clock that is never slewed.
        long rawBefore = kernels(4);
        long raw = clock.now().rawNanos();
        assertThat(raw).isBetween(rawBefore, kernels(4));
        assertThat(LinuxClock.CLOCK_MONOTONIC_RAW)
                .as("a machine that has never been slewed cannot tell the two apart")
                .isEqualTo(4);
    }

    private static long kernels(int number) {
        MemorySegment time = MemorySegment.ofArray(new long[2]);
        assertThat(LinuxCalls.clockGettime(number, time)).isZero();
        return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
    }

    @Test
    @DisplayName("SAF-001: the wall clock is a clock of its own")
    void wallClock() {
        assertThat(Duration.between(clock.wallClock(), Instant.now()).abs()).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName("SAF-002: threads that read at once each see time go forward")
    void manyThreads() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 8; i++) {
                tasks.add(this::neverGoesBack);
            }
            for (var task : threads.invokeAll(tasks)) {
                assertThat(task.get()).isTrue();
            }
        }
    }

    private boolean neverGoesBack() {
        MonotonicTime last = clock.now();
        for (int i = 0; i < 100_000; i++) {
            MonotonicTime next = clock.now();
            if (next.bootNanos() < last.bootNanos()
                    || next.rawNanos() < last.rawNanos()
                    || next.monotonicNanos() < last.monotonicNanos()) {
                return false;
            }
            last = next;
        }
        return true;
    }

    private static double uptime() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
    }
}

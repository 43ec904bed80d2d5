package io.matriarch.ports.testing;

import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * One machine's clocks, moved by the test alone.
 *
 * <p>Every clock of the machine can be made wrong in the ways real ones are: the machine is suspended, a time daemon
 * slews the monotonic clock, the quartz drifts, somebody sets the wall clock.
 */
public final class SimulatedClock implements Clock {

    private long boot;
    private long raw;
    private long monotonic;
    private Instant wall;
    private double drift = 1;
    private double slew = 1;

    public SimulatedClock() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    public SimulatedClock(Instant wallClock) {
        this.wall = wallClock;
        // The origins of the clocks differ on a real machine; a mix-up of two clocks must not go unnoticed here.
        this.boot = Duration.ofHours(7).toNanos();
        this.raw = Duration.ofHours(5).toNanos();
        this.monotonic = Duration.ofHours(6).toNanos();
    }

    @Override
    public synchronized MonotonicTime now() {
        return new MonotonicTime(boot, raw, monotonic);
    }

    @Override
    public synchronized Instant wallClock() {
        return wall;
    }

    /** True time goes on by this much; each clock follows as well as its quartz and its time daemon let it. */
    public synchronized void advance(Duration trueTime) {
        if (trueTime.isNegative()) {
            throw new IllegalArgumentException("time goes forward: " + trueTime);
        }
        long hardware = Math.round(trueTime.toNanos() * drift);
        long disciplined = Math.round(hardware * slew);
        raw += hardware;
        monotonic += disciplined;
        // Linux counts CLOCK_BOOTTIME as CLOCK_MONOTONIC plus the time spent in suspend: it is slewed as well.
        boot += disciplined;
        wall = wall.plusNanos(disciplined);
    }

    /** The machine sleeps: only the boot clock and the wall clock know of it afterwards. */
    public synchronized void suspend(Duration trueTime) {
        boot += trueTime.toNanos();
        wall = wall.plus(trueTime);
    }

    /** From now on the disciplined clocks run at this rate of the raw one: 0.9 to 1.1 is what a time daemon may do. */
    public synchronized void slew(double rate) {
        this.slew = positive(rate);
    }

    /** From now on every clock runs at this rate of true time: 1 ± 0.0005 is what a quartz does. */
    public synchronized void drift(double rate) {
        this.drift = positive(rate);
    }

    /** Somebody sets the wall clock, forward or back. */
    public synchronized void stepWallClock(Duration by) {
        wall = wall.plus(by);
    }

    private static double positive(double rate) {
        if (!(rate > 0)) {
            throw new IllegalArgumentException("a clock's rate is positive: " + rate);
        }
        return rate;
    }
}

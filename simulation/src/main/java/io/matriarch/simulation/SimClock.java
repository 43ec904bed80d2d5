package io.matriarch.simulation;

import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * One machine's clocks, computed from virtual time: a quartz that drifts, a time daemon that slews, a suspend that only
 * the boot clock and the wall clock know of, a wall clock that somebody sets.
 */
final class SimClock implements Clock {

    private static final Instant ORIGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final World world;
    private final List<Runnable> listeners = new ArrayList<>();
    private long since;

    // The origins of the clocks differ on a real machine; a mix-up of two clocks must not go unnoticed here.
    private long boot = Duration.ofHours(7).toNanos();
    private long raw = Duration.ofHours(5).toNanos();
    private long monotonic = Duration.ofHours(6).toNanos();
    private long wall;
    private double drift = 1;
    private double slew = 1;

    SimClock(World world) {
        this.world = world;
    }

    /** Is told when a timer that was computed before would come at another time now. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    private long hardware() {
        return Math.round((world.now() - since) * drift);
    }

    @Override
    public MonotonicTime now() {
        long hardware = hardware();
        long disciplined = slew == 1 ? hardware : Math.round(hardware * slew);
        // Linux counts CLOCK_BOOTTIME as CLOCK_MONOTONIC plus the time spent in suspend: it is slewed as well.
        return new MonotonicTime(boot + disciplined, raw + hardware, monotonic + disciplined);
    }

    @Override
    public Instant wallClock() {
        return ORIGIN.plusNanos(wall + Math.round(hardware() * slew));
    }

    /** How much virtual time passes while this machine's timers count so much. */
    Duration trueTime(Duration counted) {
        return Duration.ofNanos(Math.round(counted.toNanos() / (drift * slew)));
    }

    private void settle() {
        MonotonicTime now = now();
        wall += Math.round(hardware() * slew);
        boot = now.bootNanos();
        raw = now.rawNanos();
        monotonic = now.monotonicNanos();
        since = world.now();
    }

    /** The disciplined clocks run at this rate of the raw one: 0.9 to 1.1 is what a time daemon may do. */
    void slew(double rate) {
        settle();
        slew = rate;
        listeners.forEach(Runnable::run);
    }

    /** Every clock runs at this rate of true time: 1 ± 0.0005 is what a quartz does. */
    void drift(double rate) {
        settle();
        drift = rate;
        listeners.forEach(Runnable::run);
    }

    /** The machine has slept for so long until this moment: raw and monotonic clock have stood still. */
    void slept(Duration length) {
        settle();
        long hardware = Math.round(length.toNanos() * drift);
        raw -= hardware;
        monotonic -= Math.round(hardware * slew);
        listeners.forEach(Runnable::run);
    }

    /** Somebody sets the wall clock, forward or back. */
    void stepWallClock(Duration by) {
        wall += by.toNanos();
    }
}

package io.matriarch.simulation.raft;

import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.testing.SimulatedClock;
import io.matriarch.ports.time.Clock;
import io.matriarch.simulation.Scheduler;
import java.time.Duration;
import java.time.Instant;

/** A machine's clocks, read at any moment of virtual time. */
final class MachineClock implements Clock {
    private final Scheduler scheduler;
    private final SimulatedClock clocks = new SimulatedClock();
    private long at;

    MachineClock(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    private void catchUp() {
        long now = scheduler.now();
        if (now > at) {
            clocks.advance(Duration.ofNanos(now - at));
            at = now;
        }
    }

    /** The machine begins to sleep; for whoever reads the clocks afterwards that time is over. */
    void suspend(Duration length) {
        catchUp();
        clocks.suspend(length);
        at += length.toNanos();
    }

    void drift(double rate) {
        catchUp();
        clocks.drift(rate);
    }

    void stepWallClock(Duration by) {
        catchUp();
        clocks.stepWallClock(by);
    }

    void slew(double rate) {
        catchUp();
        clocks.slew(rate);
    }

    @Override
    public MonotonicTime now() {
        catchUp();
        return clocks.now();
    }

    @Override
    public Instant wallClock() {
        catchUp();
        return clocks.wallClock();
    }
}

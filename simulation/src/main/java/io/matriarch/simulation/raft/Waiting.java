package io.matriarch.simulation.raft;

import io.matriarch.simulation.Scheduler;
import java.time.Duration;
import java.util.Optional;

/** A fiber that waits for something to be told, or for the end of its patience. */
final class Waiting<T> {

    private final Scheduler scheduler;
    private final Scheduler.Fiber fiber;
    private Optional<T> told = Optional.empty();

    Waiting(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.fiber = scheduler.current();
    }

    void tell(T what) {
        if (told.isEmpty()) {
            told = Optional.of(what);
            fiber.wake();
        }
    }

    Optional<T> await(Duration within) {
        long end = scheduler.now() + within.toNanos();
        while (told.isEmpty() && scheduler.now() < end) {
            scheduler.await(Duration.ofNanos(end - scheduler.now()));
        }
        return told;
    }
}

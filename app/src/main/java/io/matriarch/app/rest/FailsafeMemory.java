package io.matriarch.app.rest;

import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The last leader that told us that it goes on without the store, for one ttl (rest-api §13). */
final class FailsafeMemory {

    private final Clock clock;
    private volatile Optional<Told> told = Optional.empty();

    private record Told(Map<String, Object> leader, MonotonicTime until) {}

    FailsafeMemory(Clock clock) {
        this.clock = clock;
    }

    void accept(Map<String, Object> leader, Duration ttl) {
        told = Optional.of(new Told(leader, clock.now().plus(ttl)));
    }

    boolean active() {
        Optional<Told> last = told;
        return last.isPresent() && !clock.now().hasReached(last.get().until());
    }

    /** What the leader said of itself, while it counts. */
    Optional<Map<String, Object>> leader() {
        return active() ? told.map(Told::leader) : Optional.empty();
    }
}

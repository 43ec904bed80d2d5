package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.Optional;

/**
 * What a member remembers for the race for the leader lock.
 *
 * @param freeSince since when nobody holds the lock; empty while somebody does
 * @param before how far our WAL reached between one and two loops ago
 * @param latest how far it reached less than a loop ago
 */
public record RaceMemory(Optional<MonotonicTime> freeSince, Optional<Mark> before, Optional<Mark> latest) {

    static final RaceMemory NONE = new RaceMemory(Optional.empty(), Optional.empty(), Optional.empty());

    /** Our position at one moment. */
    public record Mark(Lsn position, MonotonicTime at) {}

    RaceMemory free(MonotonicTime now) {
        return freeSince.isPresent() ? this : new RaceMemory(Optional.of(now), before, latest);
    }

    RaceMemory held() {
        return freeSince.isEmpty() ? this : new RaceMemory(Optional.empty(), before, latest);
    }

    /** Takes our position down, once a loop. */
    RaceMemory at(Lsn position, MonotonicTime now, Duration loop) {
        boolean fresh =
                latest.filter(mark -> now.since(mark.at()).compareTo(loop) < 0).isPresent();
        return fresh ? this : new RaceMemory(freeSince, latest, Optional.of(new Mark(position, now)));
    }

    /** Whether WAL has come in within the last loop or two. */
    boolean moves(Lsn position) {
        return before.or(() -> latest)
                .filter(mark -> position.isAfter(mark.position()))
                .isPresent();
    }
}

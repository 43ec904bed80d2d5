package io.matriarch.app.rest;

import io.matriarch.app.config.Trees;
import io.matriarch.app.store.IsoTime;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;

/** Reads the times operators schedule something for. */
final class Schedules {

    private Schedules() {}

    /**
     * A time in the future with its zone.
     *
     * @param action {@code switchover} or {@code restart}, for the texts
     * @throws RefusedException with the reference's texts
     */
    static Instant future(Object value, String action, Instant now) {
        String text = Trees.text(value);
        Optional<Instant> at = IsoTime.parse(text);
        if (at.isEmpty() && IsoTime.parse(text, ZoneOffset.UTC).isPresent()) {
            throw new RefusedException(400, "Timezone information is mandatory for the scheduled " + action);
        }
        if (at.isEmpty()) {
            throw new RefusedException(
                    422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601");
        }
        if (at.get().isBefore(now)) {
            throw new RefusedException(422, "Cannot schedule " + action + " in the past");
        }
        return at.get();
    }
}

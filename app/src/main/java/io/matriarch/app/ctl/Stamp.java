package io.matriarch.app.ctl;

import io.matriarch.app.store.IsoTime;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;

/** Times as the command line prints them, in the operator's zone. */
final class Stamp {

    private final Surroundings surroundings;

    Stamp(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** {@code 2026-11-22 21:00:52.59456}: five digits, as lines of actions begin. */
    String fine() {
        OffsetDateTime now = local(surroundings.now().get());
        StringBuilder out = new StringBuilder(seconds(now)).append('.');
        return IsoTime.padded(out, now.getNano() / 10_000, 5).toString();
    }

    /** {@code 2026-11-22 21:00:52}. */
    String seconds() {
        return seconds(local(surroundings.now().get()));
    }

    /** An hour from now as prompts suggest it: {@code 2026-11-22T22:00}. */
    String inAnHour() {
        OffsetDateTime then = local(surroundings.now().get().plus(Duration.ofHours(1)));
        return IsoTime.format(then).substring(0, 16);
    }

    /** {@code 2026-11-22 21:00:52+00:00}. */
    String withZone(Instant time) {
        OffsetDateTime local = local(time);
        return seconds(local) + IsoTime.offset(local.getOffset());
    }

    /** {@code 2026-11-22T21:00:52+00:00}. */
    String iso(Instant time) {
        return IsoTime.format(local(time));
    }

    private static String seconds(OffsetDateTime time) {
        return IsoTime.format(time).substring(0, 19).replace('T', ' ');
    }

    private OffsetDateTime local(Instant time) {
        return time.atZone(surroundings.zone()).toOffsetDateTime();
    }
}

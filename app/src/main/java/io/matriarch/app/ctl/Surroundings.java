package io.matriarch.app.ctl;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a process is born into.
 *
 * @param program the name it was called by, {@code matriarchctl} or {@code patronictl}
 * @param now the wall clock
 * @param localZone the operator's time zone, whose rules take longer to load than most commands take
 */
record Surroundings(
        Map<String, String> environment, String program, Supplier<Instant> now, Supplier<ZoneId> localZone) {

    ZoneId zone() {
        return localZone.get();
    }
}

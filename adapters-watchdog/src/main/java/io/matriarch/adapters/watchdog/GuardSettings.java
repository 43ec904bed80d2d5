package io.matriarch.adapters.watchdog;

import io.matriarch.ports.plugin.ConfigSection;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * The section {@code guard}.
 *
 * @param mode whether a guard is wanted
 * @param safetyMargin how long before the lease ends everything of the server is dead; never less than the ladder's
 *     own margin
 */
record GuardSettings(Mode mode, Duration safetyMargin) {

    /** Whether a guard is wanted. */
    enum Mode {
        OFF,
        /** Used when there is one, with a warning when there is none. */
        AUTOMATIC,
        /** The member does not lead without one. */
        REQUIRED
    }

    /**
     * Reads the section; an empty one means the default.
     *
     * @param system the operating system's name as Java gives it
     * @throws io.matriarch.ports.plugin.ConfigProblems when a value cannot be used
     */
    static GuardSettings read(ConfigSection section, String system) {
        Mode mode = mode(section);
        Duration margin = section.seconds("safety_margin").orElse(Duration.ZERO);
        if (margin.isNegative()) {
            section.problem("safety_margin", "must be 0 or more seconds");
        }
        if (!WatchdogSettings.supports(system)) {
            if (mode == Mode.REQUIRED) {
                section.problem("mode", "a guard is required, but it works on Linux only");
            }
            mode = Mode.OFF;
        }
        section.check();
        return new GuardSettings(mode, margin);
    }

    /** YAML reads {@code off} as a boolean, so the value is looked at as it stands. */
    private static Mode mode(ConfigSection section) {
        Object value = Optional.ofNullable(section.values().get("mode")).orElse("automatic");
        return switch (value.toString().strip().toLowerCase(Locale.ROOT)) {
            case "off", "false" -> Mode.OFF;
            case "automatic" -> Mode.AUTOMATIC;
            case "required" -> Mode.REQUIRED;
            default -> {
                section.problem("mode", "must be automatic, required or off");
                yield Mode.OFF;
            }
        };
    }
}

package io.matriarch.adapters.watchdog;

import io.matriarch.ports.plugin.ConfigSection;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The section {@code watchdog}.
 *
 * @param mode whether a device is wanted
 * @param device where it is
 * @param safetyMargin seconds by which the device fires before the lease ends; -1 for half of the lease
 * @param driver what speaks to it
 */
record WatchdogSettings(Mode mode, Path device, int safetyMargin, Driver driver) {

    private static final Logger log = LoggerFactory.getLogger(WatchdogSettings.class);

    static final String DEFAULT_DEVICE = "/dev/watchdog";
    static final int DEFAULT_MARGIN = 5;

    /** Whether a device is wanted. */
    enum Mode {
        OFF,
        /** Used when there is one. */
        AUTOMATIC,
        /** The member does not lead without one. */
        REQUIRED
    }

    /** What speaks to the device. */
    enum Driver {
        /** The kernel's watchdog interface. */
        DEFAULT,
        /** A pipe that somebody else reads, for tests and for watchdogs in user space. */
        TESTING
    }

    boolean required() {
        return mode == Mode.REQUIRED;
    }

    /**
     * Reads the section; an empty one means automatic.
     *
     * @param system the operating system's name as Java gives it
     * @throws io.matriarch.ports.plugin.ConfigProblems when a value cannot be used
     */
    static WatchdogSettings read(ConfigSection section, String system) {
        Mode mode = mode(section);
        Path device = Path.of(section.text("device").orElse(DEFAULT_DEVICE));
        int margin = section.integer("safety_margin").orElse(DEFAULT_MARGIN);
        if (margin < -1) {
            section.problem("safety_margin", "must be -1 or more seconds");
        }
        Driver driver = driver(section);
        if (!supports(system)) {
            if (mode == Mode.REQUIRED) {
                section.problem(
                        "mode", "Configuration requires a watchdog, but watchdog is not supported on this platform.");
            }
            mode = Mode.OFF;
        }
        section.check();
        return new WatchdogSettings(mode, device, margin, driver);
    }

    static boolean supports(String system) {
        return system.equals("Linux");
    }

    /** YAML reads {@code off} as a boolean, so the value is looked at as it stands. */
    private static Mode mode(ConfigSection section) {
        Object value = Optional.ofNullable(section.values().get("mode")).orElse("automatic");
        return switch (value.toString().strip().toLowerCase(Locale.ROOT)) {
            case "off", "false", "disable", "disabled" -> Mode.OFF;
            case "automatic", "auto" -> Mode.AUTOMATIC;
            case "required", "require" -> Mode.REQUIRED;
            default -> {
                log.warn("unknown watchdog mode {}, the watchdog is off; hint: off, automatic or required", value);
                yield Mode.OFF;
            }
        };
    }

    private static Driver driver(ConfigSection section) {
        String name = section.text("driver").orElse("default");
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "default" -> Driver.DEFAULT;
            case "testing" -> Driver.TESTING;
            default -> {
                section.problem("driver", "must be default or testing");
                yield Driver.DEFAULT;
            }
        };
    }
}

package io.matriarch.app.ctl;

import java.util.List;
import java.util.Optional;

/**
 * An option of a verb.
 *
 * @param names as typed, the short one first
 * @param value what its value is called in the help; empty for a flag
 * @param repeatable whether it may be given several times
 * @param help one phrase
 */
record Option(List<String> names, Optional<String> value, boolean repeatable, String help) {

    static final Option GROUP = of("INTEGER", "Group of a cluster of clusters", "--group");
    static final Option FORCE = flag("Do not ask for confirmation at any point", "--force");
    static final Option ROLE =
            of("[" + String.join("|", RoleFilter.NAMES) + "]", "Only members with this role", "-r", "--role");
    static final Option FORMAT = of("[" + String.join("|", Format.NAMES) + "]", "Output format", "-f", "--format");
    static final Option WATCH = of("FLOAT", "Repeat every so many seconds", "-w", "--watch");
    static final Option WATCH2 = flag("Repeat every 2 seconds", "-W");

    static Option of(String value, String help, String... names) {
        return new Option(List.of(names), Optional.of(value), false, help);
    }

    static Option flag(String help, String... names) {
        return new Option(List.of(names), Optional.empty(), false, help);
    }

    static Option list(String value, String help, String... names) {
        return new Option(List.of(names), Optional.of(value), true, help);
    }

    /** The name its value is looked up by. */
    String key() {
        return names.getLast();
    }

    /** How a message names it: {@code '-r' / '--role'}. */
    String quoted() {
        return "'" + String.join("' / '", names.reversed()) + "'";
    }
}

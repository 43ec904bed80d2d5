package io.matriarch.app.ctl;

import io.matriarch.app.store.IsoTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The few lines the command line logs, as the reference's logging writes them; no logging library is loaded for it. */
final class LogLine {

    private static final List<String> VARIABLES = List.of("LOGLEVEL", "PATRONI_LOGLEVEL", "PATRONI_LOG_LEVEL");
    private static final List<String> LEVELS = List.of("NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL");

    private final Session session;

    LogLine(Session session) {
        this.session = session;
    }

    /** Prints a line on stderr unless the level from the environment hides it. */
    void print(String level, String text) {
        String threshold = "WARNING";
        Map<String, String> environment = session.surroundings().environment();
        for (String name : VARIABLES) {
            String value = environment.getOrDefault(name, "").toUpperCase(Locale.ROOT);
            threshold = LEVELS.contains(value) ? value : threshold;
        }
        if (LEVELS.indexOf(level) >= LEVELS.indexOf(threshold)) {
            session.console().warn(line(level, text));
        }
    }

    private String line(String level, String text) {
        StringBuilder time = new StringBuilder(session.stamp().seconds()).append(',');
        IsoTime.padded(time, session.surroundings().now().get().getNano() / 1_000_000, 3);
        return time + " - " + level + " - " + text;
    }
}

package io.matriarch.app.ctl;

import io.matriarch.app.store.IsoTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Logging of the command line: lines on stderr in the reference's form. Named to slf4j by a property, because the
 * agent's logging library would cost the command line as much time as reading the store does.
 */
public final class CtlLogging implements SLF4JServiceProvider, ILoggerFactory {

    private static final List<String> VARIABLES = List.of("LOGLEVEL", "PATRONI_LOGLEVEL", "PATRONI_LOG_LEVEL");
    private static final List<String> LEVELS = List.of("NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL");

    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter context = new NOPMDCAdapter();

    /** Makes it the logging of this process; to be called before anything logs. */
    static void use() {
        System.setProperty("slf4j.provider", CtlLogging.class.getName());
        // Or it announces on stderr which provider it has been told to use.
        System.setProperty("slf4j.internal.verbosity", "WARN");
    }

    /** The level that the environment asks for, 0 for none. */
    static int level(Map<String, String> environment) {
        int level = 0;
        for (String name : VARIABLES) {
            level = Math.max(LEVELS.indexOf(environment.getOrDefault(name, "").toUpperCase(Locale.ROOT)), 0) > 0
                    ? LEVELS.indexOf(environment.get(name).toUpperCase(Locale.ROOT))
                    : level;
        }
        return level;
    }

    /** Whether a line of {@code level} is shown under the environment's level, or at WARNING without one. */
    static boolean shows(String level, Map<String, String> environment) {
        int threshold = level(environment);
        return LEVELS.indexOf(level) >= (threshold > 0 ? threshold : LEVELS.indexOf("WARNING"));
    }

    @Override
    public Logger getLogger(String name) {
        int asked = level(System.getenv());
        // What a store's client warns of ends up in the one line that says what failed.
        return new StderrLogger(name, asked > 0 ? asked : LEVELS.indexOf("ERROR"));
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return this;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return context;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}

    /** {@code 2026-11-22 21:00:52,594 - WARNING - text}. */
    static String line(OffsetDateTime time, String level, String text) {
        StringBuilder line =
                new StringBuilder(IsoTime.format(time).substring(0, 19).replace('T', ' ')).append(',');
        IsoTime.padded(line, time.getNano() / 1_000_000, 3);
        return line + " - " + level + " - " + text;
    }

    private static final class StderrLogger extends LegacyAbstractLogger {

        private final transient int threshold;

        StderrLogger(String name, int threshold) {
            this.name = name;
            this.threshold = threshold;
        }

        private boolean isEnabled(String level) {
            return LEVELS.indexOf(level) >= threshold;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return isEnabled("DEBUG");
        }

        @Override
        public boolean isInfoEnabled() {
            return isEnabled("INFO");
        }

        @Override
        public boolean isWarnEnabled() {
            return isEnabled("WARNING");
        }

        @Override
        public boolean isErrorEnabled() {
            return isEnabled("ERROR");
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String pattern, Object[] arguments, Throwable throwable) {
            String text = MessageFormatter.basicArrayFormat(pattern, arguments);
            String name = level == Level.WARN ? "WARNING" : level.name();
            String cause = throwable == null ? "" : ": " + throwable;
            Console.standardError(line(OffsetDateTime.now(), name, text + cause));
        }
    }
}

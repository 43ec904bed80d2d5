package io.matriarch.app.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Turns events into lines and leaves out those that say nothing new: who holds the lock when a heartbeat follows, and
 * on demand a heartbeat equal to the one before. Used by one thread at a time.
 */
final class LogLines {

    private static final String LOCK_OWNER = "Lock owner: ";

    private final LogSettings settings;
    private final LogSink sink;
    private final LogFormat format;
    private final boolean callerData;
    /** By thread: the line about the lock that waits for the next one. */
    private final Map<String, ILoggingEvent> withheld = new HashMap<>();

    private final Map<String, String> heartbeats = new HashMap<>();

    LogLines(LogSettings settings, LogSink sink) {
        this.settings = settings;
        this.sink = sink;
        this.format = LogFormat.of(settings.format(), settings.dateFormat());
        this.callerData = LogFormat.needsCaller(
                settings.json() ? settings.fields().keySet().stream().toList() : LogFormat.fieldsOf(settings.format()));
    }

    LogSettings settings() {
        return settings;
    }

    boolean needsCallerData() {
        return callerData;
    }

    void accept(ILoggingEvent event) {
        String message = String.valueOf(event.getFormattedMessage());
        String thread = event.getThreadName();
        boolean terse = settings.level() == LogSettings.LogLevel.INFO;
        Optional<ILoggingEvent> before = Optional.ofNullable(withheld.remove(thread));
        boolean heartbeat = message.startsWith("no action. ") || message.startsWith("PAUSE: no action");
        if (!heartbeat) {
            before.ifPresent(this::write);
        }
        if (terse && message.startsWith(LOCK_OWNER)) {
            withheld.put(thread, event);
            return;
        }
        String last = heartbeat ? heartbeats.put(thread, message) : heartbeats.remove(thread);
        if (!heartbeat || !settings.deduplicateHeartbeats() || !message.equals(last)) {
            write(event);
        }
    }

    private void write(ILoggingEvent event) {
        sink.write(settings.json() ? json(event) : plain(event));
    }

    void close() {
        withheld.values().forEach(this::write);
        withheld.clear();
        sink.close();
    }

    private String plain(ILoggingEvent event) {
        String line = format.line(event);
        IThrowableProxy failure = event.getThrowableProxy();
        if (failure == null) {
            return line;
        }
        return traces()
                ? line + "\n" + ThrowableProxyUtil.asString(failure).stripTrailing()
                : line + ", DETAIL: '" + oneLine(failure) + "'";
    }

    private boolean traces() {
        return !settings.tracesAtDebugOnly() || settings.level() == LogSettings.LogLevel.DEBUG;
    }

    private static String oneLine(IThrowableProxy failure) {
        String text = failure.getMessage() == null ? failure.getClassName() : failure.getMessage();
        return text.replace('\n', ' ');
    }

    private String json(ILoggingEvent event) {
        Map<String, Object> object = new LinkedHashMap<>();
        settings.fields().forEach((field, shown) -> object.put(shown, format.value(event, field)));
        IThrowableProxy failure = event.getThrowableProxy();
        if (failure != null) {
            object.put("exc_info", traces() ? ThrowableProxyUtil.asString(failure) : oneLine(failure));
        }
        object.putAll(settings.staticFields());
        return DynamicConfigCache.json(object);
    }

    /** The level below which nothing of the level's name is logged. */
    static Level threshold(LogSettings.LogLevel level) {
        return switch (level) {
            case DEBUG -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARNING -> Level.WARN;
            // Nothing here is above an error, and an error is never to be hidden.
            case ERROR, CRITICAL -> Level.ERROR;
        };
    }
}

package io.matriarch.app.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A format of log lines in the reference's notation, {@code %(asctime)s %(levelname)-8s: %(message)s}, ready for use.
 * Fields that have no meaning here are empty.
 */
final class LogFormat {

    private static final Pattern FIELD =
            Pattern.compile("%\\((\\w+)\\)([-0 +#]*)([0-9]{0,4})(?:\\.([0-9]{1,4}))?([diouxXeEfFgGcrsa])|%%");

    private static final long STARTED = System.currentTimeMillis();

    private final List<Function<ILoggingEvent, String>> parts;
    private final Optional<String> dateFormat;

    private LogFormat(List<Function<ILoggingEvent, String>> parts, Optional<String> dateFormat) {
        this.parts = List.copyOf(parts);
        this.dateFormat = dateFormat;
    }

    static LogFormat of(String format, Optional<String> dateFormat) {
        List<Function<ILoggingEvent, String>> parts = new ArrayList<>();
        LogFormat compiled = new LogFormat(List.of(), dateFormat);
        Matcher fields = FIELD.matcher(format);
        int done = 0;
        while (fields.find()) {
            String literal = format.substring(done, fields.start());
            done = fields.end();
            parts.add(event -> literal);
            if (fields.group(1) == null) {
                parts.add(event -> "%");
            } else {
                parts.add(compiled.field(fields.group(1), fields.group(2), fields.group(3), fields.group(4)));
            }
        }
        String rest = format.substring(done);
        parts.add(event -> rest);
        return new LogFormat(parts, dateFormat);
    }

    /** The fields a format names, in their order. */
    static List<String> fieldsOf(String format) {
        List<String> names = new ArrayList<>();
        Matcher fields = FIELD.matcher(format);
        while (fields.find()) {
            if (fields.group(1) != null) {
                names.add(fields.group(1));
            }
        }
        return names;
    }

    /** Whether a format needs to know where in the source an event comes from, which is slow to find out. */
    static boolean needsCaller(List<String> fields) {
        return fields.stream().anyMatch(List.of("filename", "funcName", "lineno", "module", "pathname")::contains);
    }

    String line(ILoggingEvent event) {
        StringBuilder line = new StringBuilder();
        parts.forEach(part -> line.append(part.apply(event)));
        return line.toString();
    }

    private Function<ILoggingEvent, String> field(String name, String flags, String width, String precision) {
        int least = width.isEmpty() ? 0 : Integer.parseInt(width);
        int most = precision == null ? Integer.MAX_VALUE : Integer.parseInt(precision);
        return event -> {
            Object value = value(event, name);
            boolean number = value instanceof Number;
            String text = String.valueOf(value);
            String cut = !number && text.length() > most ? text.substring(0, most) : text;
            String fill = (flags.contains("0") && number ? "0" : " ").repeat(Math.max(0, least - cut.length()));
            return flags.contains("-") ? cut + " ".repeat(fill.length()) : fill + cut;
        };
    }

    /** A field's value: a text or a number. */
    Object value(ILoggingEvent event, String field) {
        return switch (field) {
            case "asctime" -> time(event);
            case "created" -> event.getTimeStamp() / 1000.0;
            case "msecs" -> event.getTimeStamp() % 1000;
            case "relativeCreated" -> event.getTimeStamp() - STARTED;
            case "levelname" -> level(event.getLevel());
            case "levelno" -> event.getLevel().toInt() / 1000;
            case "message" -> event.getFormattedMessage();
            case "name" -> event.getLoggerName();
            case "process" -> ProcessHandle.current().pid();
            case "processName" -> "MainProcess";
            case "thread" -> Thread.currentThread().threadId();
            case "threadName" -> event.getThreadName();
            case "filename", "pathname" ->
                caller(event).map(StackTraceElement::getFileName).orElse("");
            case "module" ->
                caller(event)
                        .map(StackTraceElement::getClassName)
                        .map(name -> name.substring(name.lastIndexOf('.') + 1))
                        .orElse("");
            case "funcName" ->
                caller(event).map(StackTraceElement::getMethodName).orElse("");
            case "lineno" -> caller(event).map(StackTraceElement::getLineNumber).orElse(0);
            default -> "";
        };
    }

    private String time(ILoggingEvent event) {
        ZonedDateTime time = Instant.ofEpochMilli(event.getTimeStamp()).atZone(ZoneId.systemDefault());
        return dateFormat
                .map(format -> DateText.of(format, time))
                .orElseGet(() ->
                        DateText.of("%Y-%m-%d %H:%M:%S", time) + "," + DateText.padded(event.getTimeStamp() % 1000, 3));
    }

    private static Optional<StackTraceElement> caller(ILoggingEvent event) {
        return event.hasCallerData() && event.getCallerData().length > 0
                ? Optional.of(event.getCallerData()[0])
                : Optional.empty();
    }

    private static String level(Level level) {
        return switch (level.toInt()) {
            case Level.WARN_INT -> "WARNING";
            case Level.TRACE_INT -> "DEBUG";
            default -> level.toString();
        };
    }
}

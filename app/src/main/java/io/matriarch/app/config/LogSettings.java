package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigSection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What is logged, how and where.
 *
 * @param json one JSON object a line instead of text
 * @param level of everything that has no level of its own
 * @param tracesAtDebugOnly stack traces only where DEBUG is on; otherwise a failure is one line
 * @param format of a line of text, with {@code %(name)s} for fields
 * @param fields of a JSON object: the field's name, and the name it is shown under
 * @param dateFormat in the letters of strftime, empty for milliseconds after a comma
 * @param staticFields added to each JSON object
 * @param maxQueueSize lines waiting to be written before lines are dropped
 * @param directory of {@code patroni.log}, empty for stderr
 * @param mode permissions of the file
 * @param fileCount rotated files kept
 * @param fileSize bytes at which a file is rotated, 0 for never
 * @param loggers levels of single loggers
 * @param deduplicateHeartbeats leave out a heartbeat line that says what the one before said
 */
public record LogSettings(
        boolean json,
        LogLevel level,
        boolean tracesAtDebugOnly,
        String format,
        Map<String, String> fields,
        Optional<String> dateFormat,
        Map<String, Object> staticFields,
        int maxQueueSize,
        Optional<Path> directory,
        Optional<Integer> mode,
        int fileCount,
        long fileSize,
        Map<String, LogLevel> loggers,
        boolean deduplicateHeartbeats) {

    public static final String DEFAULT_FORMAT = "%(asctime)s %(levelname)s: %(message)s";

    /** As the configuration names them; {@code WARN} and {@code FATAL} are other names of two. */
    public enum LogLevel {
        DEBUG,
        INFO,
        WARNING,
        ERROR,
        CRITICAL;

        static Optional<LogLevel> of(String text) {
            return switch (text.toUpperCase(Locale.ROOT)) {
                case "DEBUG", "NOTSET" -> Optional.of(DEBUG);
                case "INFO" -> Optional.of(INFO);
                case "WARN", "WARNING" -> Optional.of(WARNING);
                case "ERROR" -> Optional.of(ERROR);
                case "FATAL", "CRITICAL" -> Optional.of(CRITICAL);
                default -> Optional.empty();
            };
        }
    }

    /** What a member logs with no section {@code log} at all. */
    public static final LogSettings DEFAULT = read(TreeSection.of("log", Map.of()), new ArrayList<>());

    public LogSettings {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        staticFields = Trees.frozen(staticFields);
        loggers = Collections.unmodifiableMap(new LinkedHashMap<>(loggers));
    }

    /** The same with another level, as the command line wants it. */
    public LogSettings withLevel(LogLevel other) {
        return new LogSettings(
                json,
                other,
                tracesAtDebugOnly,
                format,
                fields,
                dateFormat,
                staticFields,
                maxQueueSize,
                directory,
                mode,
                fileCount,
                fileSize,
                loggers,
                deduplicateHeartbeats);
    }

    /** Reads the section {@code log}. */
    public static LogSettings read(ConfigSection section, List<String> warnings) {
        String type = section.text("type").orElse("plain");
        boolean json = type.equals("json");
        if (!json && !type.equals("plain")) {
            section.problem("type", "didn't pass validation: Wrong value");
        }
        Object format = section.values().getOrDefault("format", DEFAULT_FORMAT);
        if (!json && format instanceof List<?>) {
            warnings.add("log.format is a list, which only log.type json can use: the default format is used");
        }
        Optional<Path> directory = section.text("dir").map(Path::of);
        int mode = section.integer("mode").orElse(0);
        if (mode < 0 || mode > 0777) {
            section.problem("mode", "didn't pass validation: Wrong value");
        }
        return new LogSettings(
                json,
                level(section, "level").orElse(LogLevel.INFO),
                section.text("traceback_level").orElse("ERROR").equalsIgnoreCase("DEBUG"),
                format instanceof String text && !text.isBlank() ? text : DEFAULT_FORMAT,
                json ? fields(section, format) : Map.of(),
                section.text("dateformat"),
                section.section("static_fields").values(),
                Math.max(1, section.integer("max_queue_size").orElse(1000)),
                directory,
                section.integer("mode").filter(m -> m >= 0 && m <= 0777),
                Math.max(0, section.integer("file_num").orElse(4)),
                Math.max(0, section.integer("file_size").orElse(25_000_000)),
                loggers(section.section("loggers")),
                section.flag("deduplicate_heartbeat_logs").orElse(false));
    }

    private static Optional<LogLevel> level(ConfigSection section, String key) {
        Optional<String> text = section.text(key);
        Optional<LogLevel> level = text.flatMap(LogLevel::of);
        if (text.isPresent() && level.isEmpty()) {
            section.problem(key, "didn't pass validation: Wrong value");
        }
        return level;
    }

    private static Map<String, LogLevel> loggers(ConfigSection section) {
        Map<String, LogLevel> loggers = new LinkedHashMap<>();
        section.values().keySet().forEach(name -> level(section, name).ifPresent(level -> loggers.put(name, level)));
        return loggers;
    }

    private static Map<String, String> fields(ConfigSection section, Object format) {
        Map<String, String> fields = new LinkedHashMap<>();
        if (format instanceof List<?> items) {
            if (items.isEmpty()) {
                section.problem("format", "should contain at least one item");
            }
            items.forEach(item -> field(section, item, fields));
        } else if (format instanceof String text) {
            LogFormat.fieldsOf(text).forEach(name -> fields.put(name, name));
        } else {
            section.problem("format", "Should be a string or a list");
        }
        return fields;
    }

    private static void field(ConfigSection section, Object item, Map<String, String> fields) {
        if (item instanceof String name) {
            fields.put(name, name);
            return;
        }
        Map<String, Object> renamed = Trees.asMap(item).orElse(Map.of());
        if (renamed.isEmpty() || !renamed.values().stream().allMatch(String.class::isInstance)) {
            section.problem("format", "each item should be a string or a dictionary with string values");
            return;
        }
        renamed.forEach((name, shown) -> fields.put(name, String.valueOf(shown)));
    }
}

package io.matriarch.app.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** Parameters that must be the same on every member: taken from the dynamic configuration only, and checked. */
final class PostgresParameters {

    /** Set from {@code postgresql.listen} and {@code scope}, never by a user. */
    private static final Set<String> FIXED = Set.of("listen_addresses", "port", "cluster_name");

    private static final Set<String> WAL_LEVELS = Set.of("hot_standby", "replica", "logical");

    /** Least value of the integers among them. */
    private static final Map<String, Integer> LEAST = Map.of(
            "max_connections", 25,
            "max_wal_senders", 3,
            "max_prepared_transactions", 0,
            "max_locks_per_transaction", 32,
            "max_replication_slots", 4,
            "max_worker_processes", 2,
            "wal_keep_segments", 1,
            "wal_keep_size", 16);

    private static final Map<String, Object> DEFAULTS = Map.ofEntries(
            Map.entry("wal_level", "hot_standby"),
            Map.entry("hot_standby", "on"),
            Map.entry("max_connections", 100),
            Map.entry("max_wal_senders", 10),
            Map.entry("max_prepared_transactions", 0),
            Map.entry("max_locks_per_transaction", 64),
            Map.entry("track_commit_timestamp", "off"),
            Map.entry("max_replication_slots", 10),
            Map.entry("max_worker_processes", 8),
            Map.entry("wal_log_hints", "on"));

    /** These are not set unless someone asks: which one exists depends on the server's version. */
    private static final Map<String, Object> DEFAULTS_BY_VERSION =
            Map.of("wal_keep_segments", 8, "wal_keep_size", "128MB");

    private PostgresParameters() {}

    static boolean controlled(String name) {
        String key = name.toLowerCase(Locale.ROOT);
        return FIXED.contains(key) || DEFAULTS.containsKey(key) || DEFAULTS_BY_VERSION.containsKey(key);
    }

    /** Defaults, then the dynamic parameters that pass, then the local ones that members may differ in. */
    static Map<String, Object> effective(
            Map<String, Object> dynamic, Map<String, Object> local, List<String> warnings) {
        Map<String, Object> parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        parameters.putAll(DEFAULTS);
        dynamic.forEach((name, value) -> {
            if (value == null || FIXED.contains(name.toLowerCase(Locale.ROOT))) {
                return;
            }
            if (!controlled(name)) {
                parameters.put(name, value);
                return;
            }
            String key = name.toLowerCase(Locale.ROOT);
            Object other = DEFAULTS.getOrDefault(key, DEFAULTS_BY_VERSION.get(key));
            parameters.put(key, valid(key, value).orElseGet(() -> {
                warnings.add("postgresql parameter " + name + "=" + Trees.text(value)
                        + " failed validation, defaulting to " + Trees.text(other));
                return other;
            }));
        });
        local.forEach((name, value) -> {
            if (value != null && !controlled(name)) {
                parameters.put(name, value);
            }
        });
        return parameters;
    }

    private static Optional<Object> valid(String name, Object value) {
        return switch (name) {
            case "wal_level" ->
                Optional.<Object>of(Trees.text(value).toLowerCase(Locale.ROOT)).filter(WAL_LEVELS::contains);
            case "hot_standby" -> ValueParser.bool(value).filter(on -> on).map(on -> "on");
            case "track_commit_timestamp", "wal_log_hints" ->
                ValueParser.bool(value).map(on -> on ? "on" : "off");
            case "wal_keep_size" -> {
                OptionalLong megabytes = ValueParser.integer(value, "MB");
                yield megabytes.isPresent() && megabytes.getAsLong() >= LEAST.get(name)
                        ? Optional.of(value)
                        : Optional.empty();
            }
            default -> {
                OptionalLong number = ValueParser.integer(value);
                yield number.isPresent()
                                && number.getAsLong() >= LEAST.get(name)
                                && number.getAsLong() <= Integer.MAX_VALUE
                        ? Optional.of((int) number.getAsLong())
                        : Optional.empty();
            }
        };
    }

    /** Parameters of a role over the common ones. */
    static Map<String, Object> overlaid(
            Map<String, Object> parameters, Map<String, Object> ofRole, List<String> warnings) {
        Map<String, Object> merged = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        merged.putAll(parameters);
        ofRole.forEach((name, value) -> {
            if (controlled(name)) {
                warnings.add("Role-based config attempted to override protected parameter '" + name + "', ignoring");
            } else if (value != null) {
                merged.put(name, value);
            }
        });
        return merged;
    }
}

package io.matriarch.app.config;

import io.matriarch.domain.postgres.StandbyCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The cluster's own configuration, the document {@code /config} of the store. Immutable. What cannot be read has its
 * default and a sentence among the warnings; only a document without readable times is refused as a whole.
 *
 * @param tree the document as it is
 * @param timings the times in force
 * @param settings everything else of the top level
 * @param warnings sentences for the log, to be written once a document
 */
public record DynamicConfig(
        Map<String, Object> tree, Timings timings, DynamicSettings settings, List<String> warnings) {

    /** A cluster where nobody has configured anything. */
    public static final DynamicConfig EMPTY = of(Map.of());

    /** The document cannot be used; the one before stays in force. */
    public static final class UnusableException extends Exception {
        UnusableException(String message) {
            super(message);
        }
    }

    public DynamicConfig {
        tree = Trees.frozen(tree);
        warnings = List.copyOf(warnings);
    }

    /**
     * Reads a document.
     *
     * @throws UnusableException when a time is no number or a map of it is none
     */
    public static DynamicConfig read(Map<String, Object> tree) throws UnusableException {
        for (String key : List.of("ttl", "loop_wait", "retry_timeout")) {
            if (tree.containsKey(key) && Timings.read(tree.get(key)).isEmpty()) {
                throw new UnusableException(
                        key + " is " + Trees.text(tree.get(key)) + ", expected a number of seconds");
            }
        }
        Object postgresql = tree.get("postgresql");
        if (postgresql != null && !(postgresql instanceof Map)) {
            throw new UnusableException("postgresql is " + Trees.text(postgresql) + ", expected a map");
        }
        Object parameters = Trees.mapAt(tree, "postgresql").get("parameters");
        if (parameters != null && !(parameters instanceof Map)) {
            throw new UnusableException("postgresql.parameters is " + Trees.text(parameters) + ", expected a map");
        }
        return of(tree);
    }

    private static DynamicConfig of(Map<String, Object> tree) {
        List<String> warnings = new ArrayList<>();
        Timings timings = Timings.adjusted(
                time(tree, "ttl", Timings.DEFAULT.ttl()),
                time(tree, "loop_wait", Timings.DEFAULT.loopWait()),
                time(tree, "retry_timeout", Timings.DEFAULT.retryTimeout()),
                warnings);
        DynamicSettings settings = new Reading(tree, warnings).settings();
        return new DynamicConfig(tree, timings, settings, warnings);
    }

    private static Duration time(Map<String, Object> tree, String key, Duration other) {
        return Timings.read(tree.get(key)).orElse(other);
    }

    /** Whether both documents say the same. */
    public boolean sameAs(DynamicConfig other) {
        return Trees.same(tree, other.tree);
    }

    /** Reads the keys of the top level one by one. */
    private record Reading(Map<String, Object> tree, List<String> warnings) {

        DynamicSettings settings() {
            Optional<StandbyCluster> standby = standby();
            return new DynamicSettings(
                    number("maximum_lag_on_failover", Optional.empty(), 1_048_576, 0),
                    number("maximum_lag_on_syncnode", Optional.empty(), -1, -1),
                    number("max_timelines_history", Optional.empty(), 0, 0),
                    seconds(alias("primary_start_timeout", "master_start_timeout"), 300),
                    seconds(alias("primary_stop_timeout", "master_stop_timeout"), 0),
                    tree.containsKey("primary_hang_timeout")
                            ? Optional.of(seconds("primary_hang_timeout", 300))
                            : Optional.empty(),
                    seconds("primary_race_backoff", 0),
                    standby.isPresent() ? DynamicSettings.SynchronousMode.OFF : synchronousMode(),
                    flag("synchronous_mode_strict"),
                    (int) Math.min(Integer.MAX_VALUE, number("synchronous_node_count", Optional.empty(), 1, 0)),
                    flag("failsafe_mode"),
                    flag("check_timeline"),
                    flag("pause"),
                    Duration.ofSeconds(number("member_slots_ttl", Optional.of("s"), 1800, 0)),
                    slots(),
                    ignoredSlots(),
                    standby);
        }

        /** The newer name counts as soon as it is there, even with a value nobody can read. */
        private String alias(String name, String old) {
            return tree.containsKey(name) ? name : old;
        }

        private Duration seconds(String key, long other) {
            return Duration.ofSeconds(number(key, Optional.empty(), other, 0));
        }

        private long number(String key, Optional<String> unit, long other, long least) {
            Object value = tree.get(key);
            if (value == null) {
                return other;
            }
            OptionalLong number =
                    unit.map(u -> ValueParser.integer(value, u)).orElseGet(() -> ValueParser.integer(value));
            // Durations and sums are made of these: half the range of a long is more than anybody means.
            if (number.isPresent() && number.getAsLong() >= least && number.getAsLong() <= Long.MAX_VALUE / 2) {
                return number.getAsLong();
            }
            warnings.add(key + " is " + Trees.text(value) + ", expected a number "
                    + unit.map(u -> "with or without a unit of time").orElse("without a unit") + " from " + least
                    + ": " + other + " is used");
            return other;
        }

        private boolean flag(String key) {
            Object value = tree.get(key);
            if (value == null) {
                return false;
            }
            return ValueParser.bool(value).orElseGet(() -> {
                warnings.add(key + " is " + Trees.text(value) + ", expected on or off: off is used");
                return false;
            });
        }

        private DynamicSettings.SynchronousMode synchronousMode() {
            if (Trees.text(tree.get("synchronous_mode"))
                    .toLowerCase(Locale.ROOT)
                    .equals("quorum")) {
                return DynamicSettings.SynchronousMode.QUORUM;
            }
            return flag("synchronous_mode") ? DynamicSettings.SynchronousMode.ON : DynamicSettings.SynchronousMode.OFF;
        }

        private Map<String, Object> slots() {
            for (String key : List.of("permanent_replication_slots", "permanent_slots", "slots")) {
                if (Trees.truthy(tree.get(key))) {
                    Optional<Map<String, Object>> slots = Trees.asMap(tree.get(key));
                    slots.ifPresentOrElse(
                            found -> SlotRules.permanent(found, warnings),
                            () -> warnings.add(key + " is no map of slots and is ignored"));
                    return slots.orElse(Map.of());
                }
            }
            return Map.of();
        }

        private List<Map<String, Object>> ignoredSlots() {
            Object value = tree.get("ignore_slots");
            if (value == null) {
                return List.of();
            }
            if (!(value instanceof List<?> list)) {
                warnings.add("ignore_slots is no list and is ignored");
                return List.of();
            }
            return list.stream().flatMap(item -> Trees.asMap(item).stream()).toList();
        }

        /** One for all hosts, or one for each, with commas as libpq has them. */
        private List<Integer> ports(TreeSection standby) {
            var ports = new ArrayList<Integer>();
            for (String text : standby.text("port").orElse("").split(",")) {
                if (text.isBlank()) {
                    continue;
                }
                Optional<Integer> port = Optional.of(text.trim())
                        .filter(digits -> digits.matches("[0-9]{1,5}"))
                        .map(Integer::valueOf)
                        .filter(number -> number > 0 && number <= 65535);
                if (port.isEmpty()) {
                    warnings.add("standby_cluster.port is " + text.trim()
                            + ", expected a port between 1 and 65535: the default is used");
                }
                ports.add(port.orElse(5432));
            }
            return ports;
        }

        private Optional<StandbyCluster> standby() {
            Map<String, Object> section = Trees.mapAt(tree, "standby_cluster");
            if (List.of("host", "port", "restore_command").stream().noneMatch(key -> Trees.truthy(section.get(key)))) {
                return Optional.empty();
            }
            TreeSection reading = TreeSection.of("standby_cluster", section);
            return Optional.of(new StandbyCluster(
                    StandbyCluster.servers(reading.text("host"), ports(reading)),
                    reading.text("primary_slot_name"),
                    reading.texts("create_replica_methods"),
                    reading.text("restore_command"),
                    reading.text("archive_cleanup_command"),
                    reading.text("recovery_min_apply_delay")));
        }
    }
}

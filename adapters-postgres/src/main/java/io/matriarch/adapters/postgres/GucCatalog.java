package io.matriarch.adapters.postgres;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parameters the installed server knows, as {@code postgres --describe-config} lists them. A name the server does
 * not know, or a value it cannot read, would keep it from starting; so what is wrong is left out and said.
 *
 * @param parameters by name; empty when the program could not be asked, then everything is let through
 */
record GucCatalog(Map<String, Guc> parameters) {

    private static final Logger log = LoggerFactory.getLogger(GucCatalog.class);
    private static final Set<String> SYNONYMS_OF_TRUE = Set.of("on", "true", "yes", "1", "t", "y");
    private static final Set<String> SYNONYMS_OF_FALSE = Set.of("off", "false", "no", "0", "f", "n");
    /** Developers' parameters, which --describe-config leaves out though the configuration file may have them. */
    private static final Set<String> UNLISTED = Set.of(
            "allow_in_place_tablespaces",
            "allow_system_table_mods",
            "backtrace_functions",
            "debug_discard_caches",
            "debug_parallel_query",
            "force_parallel_mode",
            "ignore_checksum_failure",
            "ignore_invalid_pages",
            "ignore_system_indexes",
            "post_auth_delay",
            "pre_auth_delay",
            "remove_temp_files_after_crash",
            "trace_locks",
            "trace_lwlocks",
            "trace_notify",
            "trace_recovery_messages",
            "trace_sort",
            "wal_consistency_checking",
            "zero_damaged_pages");

    /** The parameter types PostgreSQL has. */
    enum Type {
        BOOLEAN,
        INTEGER,
        REAL,
        STRING,
        ENUM
    }

    /** A parameter; the bounds are in the parameter's own unit. */
    record Guc(Type type, double minimum, double maximum) {}

    GucCatalog {
        parameters = Map.copyOf(parameters);
    }

    static GucCatalog of(PgBinaries binaries) {
        Subprocess.Result result = Subprocess.run(
                List.of(binaries.path("postgres"), "--describe-config"), Subprocess.environment(Map.of()));
        if (!result.isOk()) {
            log.warn("cannot ask {} for its parameters: {}", binaries.path("postgres"), result.lastWords());
        }
        return parse(result.isOk() ? result.output() : "");
    }

    static GucCatalog parse(String output) {
        var parameters = new HashMap<String, Guc>();
        output.lines()
                .map(line -> line.split("\t", -1))
                .filter(row -> row.length >= 7)
                .forEach(row -> {
                    Type type = switch (row[3]) {
                        case "BOOLEAN" -> Type.BOOLEAN;
                        case "INTEGER" -> Type.INTEGER;
                        case "REAL" -> Type.REAL;
                        case "ENUM" -> Type.ENUM;
                        default -> Type.STRING;
                    };
                    boolean numeric = type == Type.INTEGER || type == Type.REAL;
                    parameters.put(
                            row[0].toLowerCase(Locale.ROOT),
                            new Guc(
                                    type,
                                    numeric ? Double.parseDouble(row[5]) : 0,
                                    numeric ? Double.parseDouble(row[6]) : 0));
                });
        return new GucCatalog(parameters);
    }

    /** The parameters the server will accept. */
    SortedMap<String, String> validate(Map<String, String> wanted) {
        var valid = new TreeMap<String, String>();
        wanted.forEach((name, value) -> validate(name, value).ifPresent(good -> valid.put(name, good)));
        return valid;
    }

    private Optional<String> validate(String name, String value) {
        Guc guc = parameters.get(name.toLowerCase(Locale.ROOT));
        if (parameters.isEmpty() || name.contains(".") || UNLISTED.contains(name)) {
            return Optional.of(value);
        }
        if (guc == null) {
            log.warn("Removing unexpected parameter={} value={} from the config", name, value);
            return Optional.empty();
        }
        return switch (guc.type()) {
            case BOOLEAN -> {
                String lower = value.toLowerCase(Locale.ROOT);
                yield SYNONYMS_OF_TRUE.contains(lower) || SYNONYMS_OF_FALSE.contains(lower)
                        ? Optional.of(value)
                        : refused("bool", name, value);
            }
            case INTEGER, REAL -> number(guc, name, value);
            case STRING, ENUM -> Optional.of(value);
        };
    }

    /** Only plain numbers are compared with the bounds: what unit the parameter has is not told here. */
    private static Optional<String> number(Guc guc, String name, String value) {
        if (Quantity.parse(value).isEmpty()) {
            return refused(guc.type() == Type.INTEGER ? "integer" : "real", name, value);
        }
        Quantity quantity = Quantity.parse(value).get();
        if (!quantity.unit().isEmpty()) {
            return Optional.of(value);
        }
        double number = quantity.number();
        if (number < guc.minimum()) {
            String least = plain(guc.minimum());
            log.warn("Value={} of parameter={} is too low, increasing to {}", value, name, least);
            return Optional.of(least);
        }
        if (number > guc.maximum()) {
            String most = plain(guc.maximum());
            log.warn("Value={} of parameter={} is too big, decreasing to {}", value, name, most);
            return Optional.of(most);
        }
        return Optional.of(value);
    }

    private static Optional<String> refused(String type, String name, String value) {
        log.warn("Removing {} parameter={} from the config due to the invalid value={}", type, name, value);
        return Optional.empty();
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }
}

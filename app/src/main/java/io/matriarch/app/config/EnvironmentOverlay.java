package io.matriarch.app.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The tree that {@code PATRONI_*} variables describe. Values that cannot be read as their key's type are dropped, as
 * empty ones are; only in the sections of the stores an empty text is a value.
 */
public final class EnvironmentOverlay {

    static final String PREFIX = "PATRONI_";

    /** How the text of a variable becomes a value; empty when it cannot. */
    private enum Type {
        TEXT(Optional::of),
        INTEGER(text -> {
            OptionalLong value = ValueParser.integer(text);
            return value.isPresent() ? Optional.of(number(value.getAsLong())) : Optional.empty();
        }),
        FLAG(text -> ValueParser.bool(text).map(flag -> flag)),
        REAL(text -> ValueParser.exact(text, Optional.empty()).map(Number::doubleValue)),
        LIST(EnvironmentOverlay::list),
        MAP(EnvironmentOverlay::map),
        /** A format: a list of fields for json unless it has a place holder. */
        FORMAT(text -> Pattern.compile("%\\(\\w+\\)").matcher(text).find() ? Optional.of(text) : list(text));

        private final Function<String, Optional<?>> reading;

        Type(Function<String, Optional<?>> reading) {
            this.reading = reading;
        }
    }

    private record Variable(String path, Type type) {}

    private static final Map<String, Variable> TABLE = table();

    private static final List<String> STORES =
            List.of("CONSUL", "ETCD", "ETCD3", "EXHIBITOR", "KUBERNETES", "ZOOKEEPER");

    private static final Map<String, Type> STORE_KEYS = storeKeys();

    private EnvironmentOverlay() {}

    /** Reads every variable it knows and leaves the others alone. */
    public static Map<String, Object> of(Map<String, String> environment) {
        Map<String, Object> tree = new LinkedHashMap<>();
        // In the order of their names, so that equal environments give equal trees.
        new TreeMap<>(environment).forEach((name, text) -> {
            Variable known = TABLE.get(name);
            if (known != null && !text.isEmpty()) {
                known.type().reading.apply(text).ifPresent(value -> put(tree, known.path(), value, false));
            } else if (known == null && name.startsWith(PREFIX)) {
                storeVariable(tree, name.substring(PREFIX.length()), text);
            }
        });
        renamed(environment, tree);
        return tree;
    }

    private static void storeVariable(Map<String, Object> tree, String name, String text) {
        int cut = name.indexOf('_');
        if (cut < 0 || !STORES.contains(name.substring(0, cut))) {
            return;
        }
        Type type = STORE_KEYS.get(name.substring(cut + 1));
        if (type != null) {
            Optional<?> value = text.isEmpty() ? Optional.of("") : type.reading.apply(text);
            value.ifPresent(v -> put(tree, name.toLowerCase(Locale.ROOT).replaceFirst("_", "."), v, false));
        }
    }

    /** Names of old times count where the new ones are not set. */
    private static void renamed(Map<String, String> environment, Map<String, Object> tree) {
        Map.of(
                        "PATRONI_LOGLEVEL",
                        "log.level",
                        "PATRONI_LOGFORMAT",
                        "log.format",
                        "PATRONI_LOG_DATEFMT",
                        "log.dateformat")
                .forEach((name, path) -> {
                    String text = environment.getOrDefault(name, "");
                    Type type = path.equals("log.format") ? Type.FORMAT : Type.TEXT;
                    if (!text.isEmpty()) {
                        type.reading.apply(text).ifPresent(value -> put(tree, path, value, true));
                    }
                });
    }

    @SuppressWarnings("unchecked") // only this class puts maps into the tree
    private static void put(Map<String, Object> tree, String path, Object value, boolean onlyIfAbsent) {
        int dot = path.indexOf('.');
        if (dot >= 0) {
            Object below = tree.computeIfAbsent(path.substring(0, dot), absent -> new LinkedHashMap<String, Object>());
            put((Map<String, Object>) below, path.substring(dot + 1), value, onlyIfAbsent);
        } else if (onlyIfAbsent) {
            tree.putIfAbsent(path, value);
        } else {
            tree.put(path, value);
        }
    }

    private static Optional<List<Object>> list(String text) {
        String trimmed = text.strip();
        boolean yaml = trimmed.startsWith("-") || trimmed.contains("[");
        return load(yaml ? text : "[" + text + "]")
                .filter(List.class::isInstance)
                .map(value -> new ArrayList<>((List<?>) value));
    }

    private static Optional<Map<String, Object>> map(String text) {
        boolean yaml = text.contains("{") || text.contains("\n");
        return load(yaml ? text : "{" + text + "}").flatMap(Trees::asMap);
    }

    private static Optional<Object> load(String text) {
        try {
            return YamlTree.load(text);
        } catch (YamlSyntaxException e) {
            // Dropped like every other value that cannot be read.
            return Optional.empty();
        }
    }

    private static Number number(long value) {
        return value == (int) value ? (Number) (int) value : value;
    }

    private static void add(Map<String, Variable> table, String prefix, String section, Type type, String... keys) {
        for (String key : keys) {
            String path = section.isEmpty() ? key : section + "." + key;
            table.put(PREFIX + prefix + key.toUpperCase(Locale.ROOT), new Variable(path, type));
        }
    }

    private static Map<String, Variable> table() {
        Map<String, Variable> table = new LinkedHashMap<>();
        add(table, "", "", Type.TEXT, "name", "namespace", "scope", "thread_pool_size", "thread_stack_size");

        add(table, "LOG_", "log", Type.TEXT, "type", "level", "traceback_level", "dateformat", "dir");
        add(table, "LOG_", "log", Type.FORMAT, "format");
        add(table, "LOG_", "log", Type.MAP, "static_fields", "loggers");
        add(table, "LOG_", "log", Type.INTEGER, "max_queue_size", "file_size", "file_num", "mode");
        add(table, "LOG_", "log", Type.FLAG, "deduplicate_heartbeat_logs");

        add(table, "RESTAPI_", "restapi", Type.TEXT, "listen", "connect_address", "certfile", "keyfile");
        add(table, "RESTAPI_", "restapi", Type.TEXT, "keyfile_password", "cafile", "ciphers", "verify_client");
        add(table, "RESTAPI_", "restapi", Type.TEXT, "server_tokens");
        add(table, "RESTAPI_", "restapi.authentication", Type.TEXT, "username", "password");
        add(table, "RESTAPI_", "restapi", Type.LIST, "allowlist");
        add(table, "RESTAPI_", "restapi", Type.FLAG, "allowlist_include_members");
        add(table, "RESTAPI_", "restapi", Type.MAP, "http_extra_headers", "https_extra_headers");
        add(table, "RESTAPI_", "restapi", Type.INTEGER, "request_queue_size", "thread_pool_size");

        add(table, "CTL_", "ctl", Type.FLAG, "insecure");
        add(table, "CTL_", "ctl", Type.TEXT, "cacert", "certfile", "keyfile", "keyfile_password");
        add(table, "CTL_", "ctl.authentication", Type.TEXT, "username", "password");

        add(table, "POSTGRESQL_", "postgresql", Type.TEXT, "listen", "connect_address", "proxy_address", "config_dir");
        add(table, "POSTGRESQL_", "postgresql", Type.TEXT, "data_dir", "pgpass", "bin_dir");
        add(table, "POSTGRESQL_BIN_", "postgresql.bin_name", Type.TEXT, "pg_ctl", "initdb", "pg_controldata");
        add(table, "POSTGRESQL_BIN_", "postgresql.bin_name", Type.TEXT, "pg_basebackup", "postgres", "pg_isready");
        add(table, "POSTGRESQL_BIN_", "postgresql.bin_name", Type.TEXT, "pg_rewind");
        for (String user : List.of("superuser", "replication", "rewind")) {
            String prefix = user.toUpperCase(Locale.ROOT) + "_";
            add(table, prefix, "postgresql.authentication." + user, Type.TEXT, KnownKeys.AUTHENTICATION_ARRAY);
        }

        add(table, "RAFT_", "raft", Type.TEXT, "self_addr", "bind_addr", "data_dir", "password");
        add(table, "RAFT_", "raft", Type.LIST, "partner_addrs");
        add(table, "RAFT_", "raft", Type.REAL, "min_timeout", "max_timeout", "connection_timeout");
        add(table, "RAFT_", "raft", Type.REAL, "append_entries_period", "connection_retry_time");
        add(table, "RAFT_", "raft", Type.REAL, "leader_fallback_timeout");

        add(table, "CITUS_", "citus", Type.INTEGER, "group");
        add(table, "CITUS_", "citus", Type.TEXT, "database");
        return table;
    }

    private static Map<String, Type> storeKeys() {
        Map<String, Type> keys = new LinkedHashMap<>();
        for (String text : List.of(
                "HOST",
                "URL",
                "PROXY",
                "PROTOCOL",
                "SCHEME",
                "SRV",
                "SRV_SUFFIX",
                "CACERT",
                "CERT",
                "KEY",
                "KEY_PASSWORD",
                "USERNAME",
                "PASSWORD",
                "TOKEN",
                "DC",
                "CONSISTENCY",
                "SERVICE_CHECK_INTERVAL",
                "SERVICE_CHECK_TLS_SERVER_NAME",
                "NAMESPACE",
                "CONTEXT",
                "SCOPE_LABEL",
                "ROLE_LABEL",
                "LEADER_LABEL_VALUE",
                "FOLLOWER_LABEL_VALUE",
                "STANDBY_LEADER_LABEL_VALUE",
                "TMP_ROLE_LABEL",
                "POD_IP")) {
            keys.put(text, Type.TEXT);
        }
        for (String flag : List.of(
                "USE_PROXIES", "VERIFY", "REGISTER_SERVICE", "USE_SSL", "USE_ENDPOINTS", "BYPASS_API_SERVICE")) {
            keys.put(flag, Type.FLAG);
        }
        for (String list : List.of("HOSTS", "CHECKS", "SERVICE_TAGS", "PORTS", "RETRIABLE_HTTP_CODES")) {
            keys.put(list, Type.LIST);
        }
        for (String map : List.of("LABELS", "BOOTSTRAP_LABELS", "SET_ACLS", "AUTH_DATA")) {
            keys.put(map, Type.MAP);
        }
        keys.put("PORT", Type.INTEGER);
        keys.put("POLL_INTERVAL", Type.INTEGER);
        return keys;
    }
}

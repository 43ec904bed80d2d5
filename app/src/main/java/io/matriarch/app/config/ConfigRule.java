package io.matriarch.app.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What may stand under one key.
 *
 * @param path the key with its parents
 * @param kind its type
 * @param unit what a number without a unit means, empty where units have no meaning
 * @param least smallest number
 * @param most largest number
 * @param words the texts allowed, empty for any
 */
record ConfigRule(String path, Kind kind, Optional<String> unit, long least, long most, Set<String> words) {

    /** Types as the messages name them. */
    enum Kind {
        TEXT("is not a string"),
        INTEGER("is not an integer"),
        REAL("is not a number"),
        FLAG("is not a boolean"),
        /** A boolean that the reference does not accept as text. */
        PROPER_FLAG("is not a boolean"),
        MAP("is not a dictionary"),
        LIST("is not a list"),
        /** Texts and maps: options of a tool. A map is accepted at a start. */
        OPTIONS("is not a list"),
        /** A list, or one text with commas. */
        TEXTS("is not a list");

        private final String complaint;

        Kind(String complaint) {
            this.complaint = complaint;
        }
    }

    private static final long ANY = Long.MAX_VALUE;

    static final List<ConfigRule> ALL = all();

    /** What is wrong with a value, in the reference's words. */
    Optional<String> complaint(Object value, boolean strict) {
        if (!fits(value, strict)) {
            return Optional.of(kind.complaint);
        }
        if (!strict) {
            return Optional.empty();
        }
        boolean inRange = switch (kind) {
            case INTEGER, REAL ->
                ValueParser.exact(value, unit)
                        .filter(number -> number.compareTo(BigDecimal.valueOf(least)) >= 0
                                && number.compareTo(BigDecimal.valueOf(most)) <= 0)
                        .isPresent();
            case TEXT -> words.isEmpty() || words.contains(Trees.text(value));
            case FLAG, PROPER_FLAG, MAP, LIST, OPTIONS, TEXTS -> true;
        };
        return inRange ? Optional.empty() : Optional.of(ConfigCheck.WRONG_VALUE);
    }

    private boolean fits(Object value, boolean strict) {
        boolean scalar = !(value instanceof Map) && !(value instanceof List);
        return switch (kind) {
            case TEXT -> strict ? value instanceof String : scalar;
            case INTEGER, REAL -> ValueParser.exact(value, unit).isPresent() || !strict && dynamic() && scalar;
            case FLAG -> ValueParser.bool(value).isPresent() || !strict && dynamic() && scalar;
            case PROPER_FLAG ->
                strict ? value instanceof Boolean : ValueParser.bool(value).isPresent();
            case MAP -> value instanceof Map;
            case LIST -> value instanceof List;
            case OPTIONS ->
                value instanceof List<?> list
                                && list.stream().allMatch(item -> item instanceof String || item instanceof Map)
                        || !strict && value instanceof Map;
            case TEXTS -> value instanceof List || value instanceof String;
        };
    }

    /** Numbers of the dynamic configuration that cannot be read fall back to their defaults with a warning. */
    private boolean dynamic() {
        return path.startsWith("bootstrap.dcs.");
    }

    private static List<ConfigRule> all() {
        List<ConfigRule> rules = new ArrayList<>();
        kind(rules, Kind.MAP, "", "log", "restapi", "ctl", "postgresql", "bootstrap", "watchdog", "guard", "tags");
        kind(rules, Kind.MAP, "", "consul", "etcd", "etcd3", "exhibitor", "kubernetes", "raft", "zookeeper");
        kind(rules, Kind.TEXT, "", "scope", "name", "namespace");
        integer(rules, "thread_pool_size", 5, ANY);
        integer(rules, "thread_stack_size", 65536, ANY);
        log(rules);
        rest(rules);
        bootstrap(rules);
        postgresql(rules, "postgresql.");
        postgresql(rules, "bootstrap.dcs.postgresql.");
        local(rules);
        stores(rules);
        tags(rules);
        return List.copyOf(rules);
    }

    private static void log(List<ConfigRule> rules) {
        words(rules, "log.type", "plain", "json");
        words(rules, "log.level", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL");
        kind(rules, Kind.TEXT, "log.", "traceback_level", "dateformat", "dir");
        kind(rules, Kind.MAP, "log.", "static_fields", "loggers");
        integer(rules, "log.max_queue_size", 1, ANY);
        integer(rules, "log.mode", 0, 511);
        integer(rules, "log.file_num", 0, ANY);
        integer(rules, "log.file_size", 0, ANY);
        kind(rules, Kind.PROPER_FLAG, "log.", "deduplicate_heartbeat_logs");
    }

    private static void rest(List<ConfigRule> rules) {
        kind(rules, Kind.TEXT, "restapi.", "listen", "connect_address", "certfile", "keyfile", "keyfile_password");
        kind(rules, Kind.TEXT, "restapi.", "cafile", "ciphers", "server_tokens");
        words(rules, "restapi.verify_client", "none", "optional", "required");
        kind(rules, Kind.MAP, "restapi.", "authentication", "http_extra_headers", "https_extra_headers");
        kind(rules, Kind.TEXT, "restapi.authentication.", "username", "password");
        kind(rules, Kind.TEXTS, "restapi.", "allowlist");
        kind(rules, Kind.PROPER_FLAG, "restapi.", "allowlist_include_members");
        integer(rules, "restapi.request_queue_size", 0, 4096);
        integer(rules, "restapi.thread_pool_size", 5, ANY);
        kind(rules, Kind.TEXT, "ctl.", "cacert", "certfile", "keyfile", "keyfile_password");
        kind(rules, Kind.PROPER_FLAG, "ctl.", "insecure");
        kind(rules, Kind.MAP, "ctl.", "authentication");
        kind(rules, Kind.TEXT, "ctl.authentication.", "username", "password");
    }

    private static void bootstrap(List<ConfigRule> rules) {
        kind(rules, Kind.MAP, "bootstrap.", "dcs");
        kind(rules, Kind.TEXT, "bootstrap.", "method", "post_bootstrap", "post_init");
        kind(rules, Kind.OPTIONS, "bootstrap.", "initdb");
        kind(rules, Kind.LIST, "bootstrap.", "pg_hba");
        kind(rules, Kind.MAP, "bootstrap.dcs.", "postgresql", "slots", "permanent_slots", "standby_cluster");
        kind(rules, Kind.MAP, "bootstrap.dcs.", "permanent_replication_slots");
        kind(rules, Kind.LIST, "bootstrap.dcs.", "ignore_slots");
        integer(rules, "bootstrap.dcs.maximum_lag_on_failover", 0, ANY);
        integer(rules, "bootstrap.dcs.maximum_lag_on_syncnode", -1, ANY);
        integer(rules, "bootstrap.dcs.max_timelines_history", 0, ANY);
        for (String key : List.of("start_timeout", "stop_timeout")) {
            integer(rules, "bootstrap.dcs.primary_" + key, 0, ANY);
            integer(rules, "bootstrap.dcs.master_" + key, 0, ANY);
        }
        integer(rules, "bootstrap.dcs.primary_hang_timeout", 0, ANY);
        integer(rules, "bootstrap.dcs.primary_race_backoff", 0, ANY);
        integer(rules, "bootstrap.dcs.synchronous_node_count", 1, ANY);
        rules.add(new ConfigRule("bootstrap.dcs.member_slots_ttl", Kind.INTEGER, Optional.of("s"), 0, ANY, Set.of()));
        kind(rules, Kind.PROPER_FLAG, "bootstrap.dcs.", "synchronous_mode_strict");
        kind(rules, Kind.FLAG, "bootstrap.dcs.", "failsafe_mode", "check_timeline", "pause");
        String parameters = "bootstrap.dcs.postgresql.parameters.";
        integer(rules, parameters + "max_connections", 1, 262143);
        integer(rules, parameters + "max_locks_per_transaction", 10, Integer.MAX_VALUE);
        for (String key : List.of(
                "max_prepared_transactions", "max_replication_slots", "max_wal_senders", "max_worker_processes")) {
            integer(rules, parameters + key, 0, 262143);
        }
    }

    private static void postgresql(List<ConfigRule> rules, String prefix) {
        kind(rules, Kind.MAP, prefix, "parameters", "parameters_primary", "parameters_replica");
        kind(rules, Kind.MAP, prefix, "parameters_standby_leader", "recovery_conf", "callbacks", "bin_name");
        kind(rules, Kind.LIST, prefix, "pg_hba", "pg_hba_primary", "pg_hba_replica", "pg_hba_standby_leader");
        kind(rules, Kind.LIST, prefix, "pg_ident", "pg_ident_primary", "pg_ident_replica");
        kind(rules, Kind.LIST, prefix, "pg_ident_standby_leader");
        kind(rules, Kind.OPTIONS, prefix, "basebackup", "rewind");
        kind(rules, Kind.TEXTS, prefix, "create_replica_methods", "create_replica_method");
        kind(rules, Kind.PROPER_FLAG, prefix, "use_slots", "use_pg_rewind");
        kind(rules, Kind.FLAG, prefix, "use_unix_socket", "use_unix_socket_repl");
        kind(rules, Kind.FLAG, prefix, "remove_data_directory_on_rewind_failure");
        kind(rules, Kind.FLAG, prefix, "remove_data_directory_on_diverged_timelines");
        kind(rules, Kind.TEXT, prefix, "config_base_name", "database", "custom_conf", "pre_promote", "before_stop");
        kind(rules, Kind.TEXT, prefix, "krbsrvname");
        integer(rules, prefix + "pg_ctl_timeout", 0, ANY);
    }

    private static void local(List<ConfigRule> rules) {
        kind(rules, Kind.TEXT, "postgresql.", "listen", "connect_address", "proxy_address", "data_dir", "config_dir");
        kind(rules, Kind.TEXT, "postgresql.", "bin_dir", "pgpass");
        kind(rules, Kind.MAP, "postgresql.", "authentication");
        for (String user : List.of("superuser", "replication", "rewind")) {
            kind(rules, Kind.MAP, "postgresql.authentication.", user);
            kind(rules, Kind.TEXT, "postgresql.authentication." + user + ".", KnownKeys.AUTHENTICATION_ARRAY);
        }
        // YAML reads a bare off as false, so the mode may be a boolean even when validation is strict.
        kind(rules, Kind.TEXT, "watchdog.", "device", "driver");
        integer(rules, "watchdog.safety_margin", -1, ANY);
    }

    private static void stores(List<ConfigRule> rules) {
        for (String etcd : List.of("etcd.", "etcd3.")) {
            kind(rules, Kind.TEXT, etcd, "host", "url", "proxy", "srv", "srv_suffix", "protocol", "username");
            kind(rules, Kind.TEXT, etcd, "password", "cacert", "cert", "key");
            kind(rules, Kind.TEXTS, etcd, "hosts");
            kind(rules, Kind.FLAG, etcd, "use_proxies");
            integer(rules, etcd + "port", 1, 65535);
        }
        kind(rules, Kind.TEXT, "consul.", "host", "url", "scheme", "token", "cacert", "cert", "key", "dc");
        words(rules, "consul.consistency", "default", "consistent", "stale");
        kind(rules, Kind.TEXTS, "consul.", "checks", "service_tags");
        kind(rules, Kind.PROPER_FLAG, "consul.", "verify", "register_service");
        integer(rules, "consul.port", 1, 65535);
        kind(rules, Kind.TEXT, "raft.", "self_addr", "bind_addr", "data_dir", "password");
        kind(rules, Kind.TEXTS, "raft.", "partner_addrs");
        kind(rules, Kind.FLAG, "raft.", "require_authentication");
        kind(rules, Kind.REAL, "raft.", "append_entries_period", "min_timeout", "max_timeout");
        kind(rules, Kind.REAL, "raft.", "connection_timeout", "connection_retry_time", "leader_fallback_timeout");
    }

    private static void tags(List<ConfigRule> rules) {
        kind(rules, Kind.PROPER_FLAG, "tags.", "nofailover", "noloadbalance", "clonefrom", "nosync", "nostream");
        integer(rules, "tags.failover_priority", 0, ANY);
        integer(rules, "tags.sync_priority", 0, ANY);
        kind(rules, Kind.TEXT, "tags.", "replicatefrom");
    }

    private static void kind(List<ConfigRule> rules, Kind kind, String prefix, String... keys) {
        for (String key : keys) {
            rules.add(new ConfigRule(prefix + key, kind, Optional.empty(), 0, ANY, Set.of()));
        }
    }

    private static void integer(List<ConfigRule> rules, String path, long least, long most) {
        rules.add(new ConfigRule(path, Kind.INTEGER, Optional.empty(), least, most, Set.of()));
    }

    private static void words(List<ConfigRule> rules, String path, String... words) {
        rules.add(new ConfigRule(path, Kind.TEXT, Optional.empty(), 0, ANY, Set.of(words)));
    }
}

package io.matriarch.app.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The keys that mean something, to warn of the others: a typing mistake would otherwise pass unseen. */
final class KnownKeys {

    /** Sections of stores, in the alphabetical order in which the first one present is used. */
    static final List<String> STORES =
            List.of("consul", "etcd", "etcd3", "exhibitor", "kubernetes", "raft", "zookeeper");

    /** Stores there is an adapter for. */
    static final List<String> SUPPORTED_STORES = List.of("consul", "etcd3", "raft");

    /** Keys that are read from the dynamic configuration only. */
    static final Set<String> DYNAMIC_ONLY = Set.of("ttl", "loop_wait", "retry_timeout", "standby_cluster");

    static final String[] AUTHENTICATION_ARRAY = {
        "username",
        "password",
        "sslmode",
        "sslcert",
        "sslkey",
        "sslpassword",
        "sslrootcert",
        "sslcrl",
        "sslcrldir",
        "gssencmode",
        "channel_binding",
        "sslnegotiation"
    };

    static final Set<String> AUTHENTICATION = Set.of(AUTHENTICATION_ARRAY);

    private static final Set<String> DYNAMIC = Set.of(
            "ttl",
            "loop_wait",
            "retry_timeout",
            "maximum_lag_on_failover",
            "maximum_lag_on_syncnode",
            "max_timelines_history",
            "primary_start_timeout",
            "master_start_timeout",
            "primary_stop_timeout",
            "master_stop_timeout",
            "primary_hang_timeout",
            "primary_race_backoff",
            "synchronous_mode",
            "synchronous_mode_strict",
            "synchronous_node_count",
            "failsafe_mode",
            "check_timeline",
            "pause",
            "member_slots_ttl",
            "slots",
            "permanent_slots",
            "permanent_replication_slots",
            "ignore_slots",
            "standby_cluster",
            "postgresql");

    private static final Set<String> TLS = Set.of("cacert", "cert", "key");

    static final Map<String, Set<String>> SECTIONS = Map.ofEntries(
            Map.entry(
                    "",
                    Set.of(
                            "scope",
                            "name",
                            "namespace",
                            "thread_pool_size",
                            "thread_stack_size",
                            "citus",
                            "log",
                            "restapi",
                            "ctl",
                            "bootstrap",
                            "postgresql",
                            "watchdog",
                            "guard",
                            "tags")),
            Map.entry(
                    "log",
                    Set.of(
                            "type",
                            "level",
                            "traceback_level",
                            "format",
                            "dateformat",
                            "static_fields",
                            "max_queue_size",
                            "dir",
                            "mode",
                            "file_num",
                            "file_size",
                            "loggers",
                            "deduplicate_heartbeat_logs")),
            Map.entry(
                    "restapi",
                    Set.of(
                            "listen",
                            "connect_address",
                            "authentication",
                            "certfile",
                            "keyfile",
                            "keyfile_password",
                            "cafile",
                            "ciphers",
                            "verify_client",
                            "allowlist",
                            "allowlist_include_members",
                            "http_extra_headers",
                            "https_extra_headers",
                            "request_queue_size",
                            "server_tokens",
                            "thread_pool_size")),
            Map.entry("restapi.authentication", Set.of("username", "password")),
            Map.entry("ctl", Set.of("authentication", "insecure", "cacert", "certfile", "keyfile", "keyfile_password")),
            Map.entry("ctl.authentication", Set.of("username", "password")),
            Map.entry(
                    "consul",
                    Set.of(
                            "host",
                            "url",
                            "port",
                            "scheme",
                            "token",
                            "verify",
                            "cacert",
                            "cert",
                            "key",
                            "dc",
                            "consistency",
                            "checks",
                            "register_service",
                            "service_tags",
                            "service_check_interval",
                            "service_check_tls_server_name")),
            Map.entry(
                    "etcd3",
                    union(
                            TLS,
                            "host",
                            "hosts",
                            "port",
                            "url",
                            "proxy",
                            "use_proxies",
                            "srv",
                            "discovery_srv",
                            "srv_domain",
                            "srv_suffix",
                            "protocol",
                            "username",
                            "password")),
            Map.entry(
                    "raft",
                    Set.of(
                            "self_addr",
                            "bind_addr",
                            "partner_addrs",
                            "data_dir",
                            "password",
                            "cafile",
                            "certfile",
                            "keyfile",
                            "keyfile_password",
                            "require_authentication",
                            "append_entries_period",
                            "min_timeout",
                            "max_timeout",
                            "connection_timeout",
                            "connection_retry_time",
                            "leader_fallback_timeout")),
            Map.entry(
                    "postgresql",
                    Set.of(
                            "listen",
                            "connect_address",
                            "proxy_address",
                            "data_dir",
                            "config_dir",
                            "config_base_name",
                            "bin_dir",
                            "bin_name",
                            "pgpass",
                            "database",
                            "authentication",
                            "use_unix_socket",
                            "use_unix_socket_repl",
                            "parameters",
                            "parameters_primary",
                            "parameters_replica",
                            "parameters_standby_leader",
                            "pg_hba",
                            "pg_hba_primary",
                            "pg_hba_replica",
                            "pg_hba_standby_leader",
                            "pg_ident",
                            "pg_ident_primary",
                            "pg_ident_replica",
                            "pg_ident_standby_leader",
                            "recovery_conf",
                            "custom_conf",
                            "create_replica_methods",
                            "create_replica_method",
                            "basebackup",
                            "use_pg_rewind",
                            "rewind",
                            "remove_data_directory_on_rewind_failure",
                            "remove_data_directory_on_diverged_timelines",
                            "use_slots",
                            "pg_ctl_timeout",
                            "callbacks",
                            "pre_promote",
                            "before_stop",
                            "krbsrvname",
                            "name")),
            Map.entry(
                    "postgresql.bin_name",
                    Set.of(
                            "pg_ctl",
                            "initdb",
                            "pg_controldata",
                            "pg_basebackup",
                            "postgres",
                            "pg_isready",
                            "pg_rewind")),
            Map.entry("postgresql.authentication", Set.of("superuser", "replication", "rewind")),
            Map.entry("postgresql.authentication.superuser", AUTHENTICATION),
            Map.entry("postgresql.authentication.replication", AUTHENTICATION),
            Map.entry("postgresql.authentication.rewind", AUTHENTICATION),
            Map.entry(
                    "postgresql.callbacks", Set.of("on_start", "on_stop", "on_restart", "on_reload", "on_role_change")),
            Map.entry("watchdog", Set.of("mode", "device", "safety_margin", "driver")),
            Map.entry("guard", Set.of("mode", "safety_margin")),
            Map.entry("bootstrap", Set.of("dcs", "method", "initdb", "post_bootstrap", "post_init", "pg_hba", "users")),
            Map.entry("bootstrap.dcs", DYNAMIC),
            Map.entry(
                    "bootstrap.dcs.standby_cluster",
                    Set.of(
                            "host",
                            "port",
                            "primary_slot_name",
                            "create_replica_methods",
                            "restore_command",
                            "archive_cleanup_command",
                            "recovery_min_apply_delay")));

    private static final Set<String> METHOD_KEYS = Set.of("command", "no_params", "no_leader", "keep_data");

    private KnownKeys() {}

    /** One sentence for every key of a local tree that nobody reads; values are not shown, they may be secret. */
    static List<String> warnings(Map<String, Object> tree) {
        List<String> warnings = new ArrayList<>();
        SECTIONS.keySet().stream().sorted().forEach(path -> {
            Optional<Map<String, Object>> section =
                    path.isEmpty() ? Optional.of(tree) : Trees.at(tree, path).flatMap(Trees::asMap);
            section.ifPresent(map -> map.keySet().forEach(key -> {
                if (path.isEmpty() && DYNAMIC_ONLY.contains(key)) {
                    warnings.add(
                            "configuration key " + key
                                    + " has no effect here: it belongs to bootstrap.dcs and, once the cluster exists, to edit-config");
                } else if (!known(tree, path, map, key)) {
                    warnings.add(
                            "unknown configuration key " + (path.isEmpty() ? "" : path + ".") + key + " is ignored");
                }
            }));
        });
        return warnings;
    }

    private static boolean known(Map<String, Object> tree, String path, Map<String, Object> section, String key) {
        if (SECTIONS.get(path).contains(key)) {
            return true;
        }
        return switch (path) {
            case "" -> STORES.contains(key);
            case "bootstrap" -> key.equals(section.get("method"));
            case "postgresql" -> isMethod(tree, section, key);
            default -> false;
        };
    }

    /** A way to make a replica has a section under a name of its own, which the dynamic configuration may give too. */
    private static boolean isMethod(Map<String, Object> tree, Map<String, Object> section, String key) {
        Map<String, Object> dynamic =
                Trees.at(tree, "bootstrap.dcs.postgresql").flatMap(Trees::asMap).orElse(Map.of());
        boolean listed = List.of("create_replica_methods", "create_replica_method").stream()
                .anyMatch(list -> named(section.get(list), key) || named(dynamic.get(list), key));
        return listed
                || Trees.asMap(section.get(key))
                        .filter(map -> map.keySet().stream().anyMatch(METHOD_KEYS::contains))
                        .isPresent();
    }

    private static boolean named(Object methods, String key) {
        return methods instanceof List<?> list ? list.contains(key) : key.equals(methods);
    }

    private static Set<String> union(Set<String> some, String... more) {
        Set<String> all = new LinkedHashSet<>(some);
        all.addAll(List.of(more));
        return Set.copyOf(all);
    }
}

package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EnvironmentOverlayTest {

    /** A variable, its text, and where which value is expected; an empty path when nothing is. */
    record Row(String variable, String text, String path, Object value) {}

    private static final List<Row> TABLE = List.of(
            new Row("NAME", "srv1", "name", "srv1"),
            new Row("SCOPE", "demo", "scope", "demo"),
            new Row("NAMESPACE", "/db/", "namespace", "/db/"),
            new Row("THREAD_POOL_SIZE", "7", "thread_pool_size", "7"),
            new Row("THREAD_STACK_SIZE", "65536", "thread_stack_size", "65536"),
            new Row("LOG_TYPE", "json", "log.type", "json"),
            new Row("LOG_LEVEL", "DEBUG", "log.level", "DEBUG"),
            new Row("LOGLEVEL", "ERROR", "log.level", "ERROR"),
            new Row("LOG_TRACEBACK_LEVEL", "DEBUG", "log.traceback_level", "DEBUG"),
            new Row("LOG_FORMAT", "%(message)s", "log.format", "%(message)s"),
            new Row("LOGFORMAT", "%(message)s!", "log.format", "%(message)s!"),
            new Row(
                    "LOG_FORMAT",
                    "asctime,{levelname: lvl}",
                    "log.format",
                    List.of("asctime", Map.of("levelname", "lvl"))),
            new Row("LOG_DATEFORMAT", "%H", "log.dateformat", "%H"),
            new Row("LOG_DATEFMT", "%M", "log.dateformat", "%M"),
            new Row("LOG_DIR", "/var/log", "log.dir", "/var/log"),
            new Row("LOG_STATIC_FIELDS", "a: b, c: 1", "log.static_fields", Map.of("a", "b", "c", 1)),
            new Row("LOG_LOGGERS", "{x.y: DEBUG}", "log.loggers", Map.of("x.y", "DEBUG")),
            new Row("LOG_MAX_QUEUE_SIZE", "10", "log.max_queue_size", 10),
            new Row("LOG_FILE_SIZE", "0x10", "log.file_size", 16),
            new Row("LOG_FILE_NUM", "3", "log.file_num", 3),
            new Row("LOG_MODE", "0644", "log.mode", 420),
            new Row("LOG_MODE", "rw", "", ""),
            new Row("LOG_DEDUPLICATE_HEARTBEAT_LOGS", "yes", "log.deduplicate_heartbeat_logs", true),
            new Row("RESTAPI_LISTEN", ":8008", "restapi.listen", ":8008"),
            new Row("RESTAPI_CONNECT_ADDRESS", "h:8008", "restapi.connect_address", "h:8008"),
            new Row("RESTAPI_CERTFILE", "/c", "restapi.certfile", "/c"),
            new Row("RESTAPI_KEYFILE", "/k", "restapi.keyfile", "/k"),
            new Row("RESTAPI_KEYFILE_PASSWORD", "p", "restapi.keyfile_password", "p"),
            new Row("RESTAPI_CAFILE", "/ca", "restapi.cafile", "/ca"),
            new Row("RESTAPI_CIPHERS", "HIGH", "restapi.ciphers", "HIGH"),
            new Row("RESTAPI_VERIFY_CLIENT", "required", "restapi.verify_client", "required"),
            new Row("RESTAPI_SERVER_TOKENS", "minimal", "restapi.server_tokens", "minimal"),
            new Row("RESTAPI_USERNAME", "u", "restapi.authentication.username", "u"),
            new Row("RESTAPI_PASSWORD", "on", "restapi.authentication.password", "on"),
            new Row("RESTAPI_ALLOWLIST", "a, 10.0.0.0/8", "restapi.allowlist", List.of("a", "10.0.0.0/8")),
            new Row("RESTAPI_ALLOWLIST_INCLUDE_MEMBERS", "1", "restapi.allowlist_include_members", true),
            new Row("RESTAPI_ALLOWLIST_INCLUDE_MEMBERS", "perhaps", "", ""),
            new Row("RESTAPI_HTTP_EXTRA_HEADERS", "X-A: b", "restapi.http_extra_headers", Map.of("X-A", "b")),
            new Row(
                    "RESTAPI_HTTPS_EXTRA_HEADERS",
                    "'X-A': 'b: c'",
                    "restapi.https_extra_headers",
                    Map.of("X-A", "b: c")),
            new Row("RESTAPI_REQUEST_QUEUE_SIZE", "9", "restapi.request_queue_size", 9),
            new Row("RESTAPI_THREAD_POOL_SIZE", "9", "restapi.thread_pool_size", 9),
            new Row("CTL_INSECURE", "off", "ctl.insecure", false),
            new Row("CTL_CACERT", "/ca", "ctl.cacert", "/ca"),
            new Row("CTL_CERTFILE", "/c", "ctl.certfile", "/c"),
            new Row("CTL_KEYFILE", "/k", "ctl.keyfile", "/k"),
            new Row("CTL_KEYFILE_PASSWORD", "p", "ctl.keyfile_password", "p"),
            new Row("CTL_USERNAME", "u", "ctl.authentication.username", "u"),
            new Row("CTL_PASSWORD", "p", "ctl.authentication.password", "p"),
            new Row("POSTGRESQL_LISTEN", "*:5432", "postgresql.listen", "*:5432"),
            new Row("POSTGRESQL_CONNECT_ADDRESS", "h:5432", "postgresql.connect_address", "h:5432"),
            new Row("POSTGRESQL_PROXY_ADDRESS", "h:6432", "postgresql.proxy_address", "h:6432"),
            new Row("POSTGRESQL_CONFIG_DIR", "/etc", "postgresql.config_dir", "/etc"),
            new Row("POSTGRESQL_DATA_DIR", "/data", "postgresql.data_dir", "/data"),
            new Row("POSTGRESQL_PGPASS", "/p", "postgresql.pgpass", "/p"),
            new Row("POSTGRESQL_BIN_DIR", "/bin", "postgresql.bin_dir", "/bin"),
            new Row("POSTGRESQL_BIN_PG_ISREADY", "ready", "postgresql.bin_name.pg_isready", "ready"),
            new Row("POSTGRESQL_BIN_POSTGRES", "pg", "postgresql.bin_name.postgres", "pg"),
            new Row("POSTGRESQL_BIN_IS_READY", "x", "", ""),
            new Row("SUPERUSER_USERNAME", "u", "postgresql.authentication.superuser.username", "u"),
            new Row("REPLICATION_PASSWORD", "123", "postgresql.authentication.replication.password", "123"),
            new Row("REWIND_SSLNEGOTIATION", "direct", "postgresql.authentication.rewind.sslnegotiation", "direct"),
            new Row("REWIND_CHANNEL_BINDING", "require", "postgresql.authentication.rewind.channel_binding", "require"),
            new Row("RAFT_SELF_ADDR", "h:1", "raft.self_addr", "h:1"),
            new Row("RAFT_BIND_ADDR", "h:2", "raft.bind_addr", "h:2"),
            new Row("RAFT_DATA_DIR", "/r", "raft.data_dir", "/r"),
            new Row("RAFT_PASSWORD", "p", "raft.password", "p"),
            new Row("RAFT_PARTNER_ADDRS", "'a:1','b:2'", "raft.partner_addrs", List.of("a:1", "b:2")),
            new Row("RAFT_PARTNER_ADDRS", "- a:1\n- b:2", "raft.partner_addrs", List.of("a:1", "b:2")),
            new Row("RAFT_MIN_TIMEOUT", "0.5", "raft.min_timeout", 0.5),
            new Row("RAFT_MAX_TIMEOUT", "soon", "", ""),
            new Row("ETCD3_HOSTS", "a:2379,b:2379", "etcd3.hosts", List.of("a:2379", "b:2379")),
            new Row("ETCD3_HOST", "", "etcd3.host", ""),
            new Row("ETCD3_PORT", "2379", "etcd3.port", 2379),
            new Row("ETCD3_USE_PROXIES", "true", "etcd3.use_proxies", true),
            new Row("ETCD3_SRV_SUFFIX", "x", "etcd3.srv_suffix", "x"),
            new Row("ETCD_URL", "http://h", "etcd.url", "http://h"),
            new Row("CONSUL_HOST", "h:8500", "consul.host", "h:8500"),
            new Row("CONSUL_SCHEME", "https", "consul.scheme", "https"),
            new Row("CONSUL_REGISTER_SERVICE", "on", "consul.register_service", true),
            new Row("CONSUL_SERVICE_TAGS", "a,b", "consul.service_tags", List.of("a", "b")),
            new Row("CONSUL_SERVICE_CHECK_TLS_SERVER_NAME", "n", "consul.service_check_tls_server_name", "n"),
            new Row("CITUS_GROUP", "1", "citus.group", 1),
            new Row("CITUS_DATABASE", "app", "citus.database", "app"),
            new Row("CITUS_OTHER", "x", "", ""),
            new Row("KUBERNETES_LABELS", "a: b", "kubernetes.labels", Map.of("a", "b")),
            new Row("ZOOKEEPER_HOSTS", "a:1, b:2", "zookeeper.hosts", List.of("a:1", "b:2")),
            new Row("EXHIBITOR_POLL_INTERVAL", "30", "exhibitor.poll_interval", 30),
            new Row("NAME", "", "", ""),
            new Row("SOMETHING_ELSE", "x", "", ""));

    @Test
    @DisplayName("CFG-095, CFG-096, CFG-097, CFG-098, CFG-099: each variable sets its key")
    void readsEachVariable() {
        for (Row row : TABLE) {
            Map<String, Object> tree = EnvironmentOverlay.of(Map.of("PATRONI_" + row.variable(), row.text()));
            if (row.path().isEmpty()) {
                assertThat(tree).as("%s", row).isEmpty();
            } else {
                assertThat(Trees.at(tree, row.path())).as("%s", row).contains(row.value());
            }
        }
    }

    @Test
    @DisplayName("CFG-096: a new name wins over the old one")
    void newNamesWin() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATRONI_LOGLEVEL", "DEBUG");
        environment.put("PATRONI_LOG_LEVEL", "ERROR");
        assertThat(EnvironmentOverlay.of(environment)).isEqualTo(Map.of("log", Map.of("level", "ERROR")));
    }

    @Test
    @DisplayName("variables without the prefix mean nothing")
    void othersMeanNothing() {
        assertThat(EnvironmentOverlay.of(Map.of("NAME", "x", "PATH", "/bin", "PATRONICTL_CONFIG_FILE", "y")))
                .isEmpty();
    }
}

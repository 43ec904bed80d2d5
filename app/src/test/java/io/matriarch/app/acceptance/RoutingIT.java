package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients find the primary and the replicas, before and after a failover. */
@Acceptance
@DisplayName("routing: psql, PgJDBC and HAProxy reach the right servers")
class RoutingIT {

    @TempDir
    static Path temp;

    private Cluster cluster;
    private HaProxy proxy;

    @BeforeAll
    void start() {
        cluster = Cluster.onLoopback(3).with("use_pg_rewind", "true").build().startHealthy();
        proxy = HaProxy.start(cluster, temp);
    }

    @AfterAll
    void stop() {
        if (proxy != null) {
            proxy.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    @DisplayName("psql with target_session_attrs, before a failover")
    void psqlBefore() {
        psqlRoutes();
    }

    @Test
    @Order(2)
    @DisplayName("PgJDBC with targetServerType, before a failover")
    void jdbcBefore() throws Exception {
        jdbcRoutes();
    }

    @Test
    @Order(3)
    @DisplayName("HAProxy with option httpchk, before a failover")
    void proxyBefore() {
        proxyRoutes();
    }

    @Test
    @Order(4)
    @DisplayName("all three, after the primary's host has failed and is back")
    void afterAFailover() throws Exception {
        Member old = cluster.primary();
        old.crash();
        Member now = cluster.awaitOtherPrimary(old);
        // The promotion may still be on its way when the lock has been won.
        Await.until(
                "the new primary takes writes",
                cluster.patience(),
                () -> now.query("SELECT pg_is_in_recovery()").equals("f"));
        psqlRoutes();
        jdbcRoutes();
        proxyRoutes();
        old.start();
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(now);
        psqlRoutes();
        jdbcRoutes();
        proxyRoutes();
    }

    private void psqlRoutes() {
        assertThat(psql("read-write", "SELECT pg_is_in_recovery()")).isEqualTo("f");
        assertThat(psql("read-write", "SELECT inet_server_port()"))
                .isEqualTo(Integer.toString(cluster.primary().port()));
        assertThat(psql("read-only", "SELECT pg_is_in_recovery()")).isEqualTo("t");
        assertThat(psql("read-only", "\\conninfo")).contains("connected to database \"postgres\" as user \"admin\"");
    }

    private String psql(String attributes, String command) {
        String hosts = cluster.members().stream().map(Member::address).collect(Collectors.joining(","));
        String ports = cluster.members().stream()
                .map(member -> Integer.toString(member.port()))
                .collect(Collectors.joining(","));
        String target = "host=" + hosts + " port=" + ports
                + " dbname=postgres user=admin connect_timeout=5 target_session_attrs=" + attributes;
        return Commands.run(
                        List.of("psql", "-X", "-A", "-t", target, "-c", command),
                        "",
                        Map.of("PGPASSWORD", "admin%"),
                        Duration.ofSeconds(30))
                .succeeded()
                .out()
                .strip();
    }

    private void jdbcRoutes() throws SQLException {
        int primary = cluster.primary().port();
        assertThat(jdbc("primary")).isEqualTo(primary);
        assertThat(jdbc("preferSecondary")).isNotEqualTo(primary);
    }

    private int jdbc(String target) throws SQLException {
        try (var connection = DriverManager.getConnection(Writers.url(cluster, target), Writers.properties());
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT inet_server_port()")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private void proxyRoutes() {
        Member primary = cluster.primary();
        Await.until("HAProxy routes writes to the primary", cluster.patience(), () -> proxy.writer() == primary.port());
        List<Integer> replicas = new ArrayList<>();
        for (Member member : cluster.others(primary)) {
            if (member.isRunning()) {
                replicas.add(member.port());
            }
        }
        Await.until("HAProxy routes reads to every replica and to nobody else", cluster.patience(), () -> {
            var reached = new TreeSet<Integer>();
            for (int i = 0; i < 8; i++) {
                reached.add(proxy.reader());
            }
            return reached.equals(new TreeSet<>(replicas));
        });
    }
}

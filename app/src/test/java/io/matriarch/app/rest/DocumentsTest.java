package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.app.config.Json;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.watchdog.Guard;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The status document, the cluster, its history and the metrics. */
final class DocumentsTest extends RestTest {

    @BeforeEach
    void serve() throws Exception {
        start();
    }

    private void see(Views seen) {
        agent.view = Optional.of(seen.view(agent.clock.now()));
    }

    private List<String> keys(String path) throws Exception {
        return List.copyOf(Json.object(get(path).body()).orElseThrow().keySet());
    }

    @Test
    @DisplayName("API-052 API-120: a replica's document, byte for byte, and our own key behind it in /patroni only")
    void replica() throws Exception {
        see(Views.replica());
        String expected = "{\"state\": \"running\", \"postmaster_start_time\": \"2026-11-22 20:55:45.889775+00:00\","
                + " \"role\": \"replica\", \"server_version\": 150018, \"xlog\": {\"received_location\": 83886176,"
                + " \"replayed_location\": 83886176, \"replayed_timestamp\": null, \"paused\": false},"
                + " \"timeline\": 1, \"replication_state\": \"streaming\", \"dcs_last_seen\": 1795380970,"
                + " \"database_system_identifier\": \"7711102280255504572\","
                + " \"patroni\": {\"version\": \"4.1.4\", \"scope\": \"batman\", \"name\": \"pg1\"}}";
        assertEquals(expected, get("/replica").body());
        Answer status = get("/patroni");
        assertEquals("application/json", status.headers().get("content-type"));
        assertTrue(status.body().startsWith(expected.substring(0, expected.length() - 1)), status.body());
        assertEquals("matriarch", keys("/patroni").getLast());
    }

    @Test
    @DisplayName("API-051 API-054 API-055 API-056 API-057 API-058: a primary's keys and their order with everything on")
    void primary() throws Exception {
        live.adopt(Map.of("pause", true));
        agent.scheduled = Optional.of(new ScheduledRestart(
                Instant.parse("2030-01-01T00:00:00Z"), "whenever", RestartFilters.NONE, Optional.of(5)));
        see(Views.primary()
                .blind()
                .tags(false, Map.of("dc", "east"))
                .pending(List.of(new PendingParameter("max_connections", "100", "200")))
                .watchdog(new WatchdogView(true, false, false))
                .senders(List.of(
                        new ServerReport.WalSender("replicator", "pg2", Optional.empty(), "streaming", "async", 0))));
        assertEquals(
                List.of(
                        "state",
                        "postmaster_start_time",
                        "role",
                        "server_version",
                        "xlog",
                        "timeline",
                        "replication",
                        "pause",
                        "cluster_unlocked",
                        "dcs_last_seen",
                        "tags",
                        "database_system_identifier",
                        "pending_restart",
                        "pending_restart_reason",
                        "patroni",
                        "scheduled_restart",
                        "watchdog_failed"),
                keys("/primary"));
        String body = get("/primary").body();
        assertTrue(body.contains("\"client_addr\": null"), body);
        assertTrue(body.contains("{\"max_connections\": {\"old_value\": \"100\", \"new_value\": \"200\"}}"), body);
        assertTrue(
                body.contains("\"scheduled_restart\": {\"schedule\": \"2030-01-01T00:00:00+00:00\", \"timeout\": 5}"),
                body);
        assertTrue(body.contains("\"xlog\": {\"location\": 83886176}"), body);
    }

    @Test
    @DisplayName("API-053 API-060 API-059: with a silent server only what needs no SQL")
    void silent() throws Exception {
        see(Views.primary().silent(ServerState.STOPPED));
        assertEquals(
                List.of("state", "role", "dcs_last_seen", "database_system_identifier", "patroni"), keys("/primary"));
        see(Views.replica().silent(ServerState.RUNNING));
        assertTrue(get("/health").body().startsWith("{\"state\": \"unknown\", \"role\": \"replica\""));
        live.adopt(Map.of("standby_cluster", Map.of("host", "10.0.0.9")));
        see(Views.replica().role(Role.STANDBY_LEADER));
        assertTrue(get("/health").body().contains("\"role\": \"standby_leader\""));
    }

    @Test
    @DisplayName("API-051: before the first turn there is a document too")
    void beforeTheFirstTurn() throws Exception {
        assertEquals(503, get("/primary").code());
        assertEquals(200, get("/patroni").code());
        assertEquals(List.of("state", "role", "cluster_unlocked", "dcs_last_seen", "patroni"), keys("/primary"));
    }

    @Test
    @DisplayName("API-061 API-062 API-063 API-066: members with their lag, the leader without")
    void cluster() throws Exception {
        agent.cluster("pg2", "pg2");
        agent.put(StoreKey.STATUS, "{\"optime\":83886176}");
        agent.publish(
                "pg1",
                "{\"conn_url\":\"postgres://10.0.0.1:5433/postgres\",\"api_url\":\"http://10.0.0.1:8008/patroni\","
                        + "\"state\":\"running\",\"role\":\"replica\",\"xlog_location\":83886080,"
                        + "\"receive_lsn\":83886176,\"replication_state\":\"streaming\",\"timeline\":1}");
        assertEquals(
                "{\"members\": [{\"name\": \"pg1\", \"role\": \"replica\", \"state\": \"streaming\","
                        + " \"api_url\": \"http://10.0.0.1:8008/patroni\", \"host\": \"10.0.0.1\", \"port\": 5433,"
                        + " \"timeline\": 1, \"receive_lag\": 0, \"receive_lsn\": \"0/5000060\","
                        + " \"replay_lsn\": \"unknown\", \"replay_lag\": \"unknown\", \"lag\": 96,"
                        + " \"lsn\": \"0/5000000\"}, {\"name\": \"pg2\", \"role\": \"leader\","
                        + " \"state\": \"running\", \"api_url\": \"http://127.0.0.1:1/patroni\","
                        + " \"host\": \"127.0.0.1\", \"port\": 5432}], \"scope\": \"batman\"}",
                get("/cluster").body());
    }

    @Test
    @DisplayName("API-062 API-066: a standby leader shows what it streams")
    void standbyLeader() throws Exception {
        agent.cluster("pg2", "pg2");
        agent.publish("pg2", "{\"state\":\"running\",\"role\":\"standby_leader\",\"replication_state\":\"streaming\"}");
        agent.put(StoreKey.CONFIG, "{\"standby_cluster\":{\"host\":\"10.0.0.9\"}}");
        assertTrue(get("/cluster").body().contains("\"role\": \"standby_leader\", \"state\": \"streaming\""));
    }

    @Test
    @DisplayName("API-064 API-065 API-057: pause, schedules and synchronous roles in /cluster")
    void clusterExtras() throws Exception {
        agent.cluster("pg2", "pg2");
        agent.publish(
                "pg1",
                "{\"state\":\"running\",\"scheduled_restart\":{\"schedule\":\"x\",\"postmaster_start_time\":\"y\"}}");
        agent.put(StoreKey.CONFIG, "{\"ttl\":30,\"pause\":true,\"synchronous_mode\":true}");
        agent.put(StoreKey.SYNC, "{\"leader\":\"pg2\",\"sync_standby\":\"pg1\"}");
        agent.put(StoreKey.FAILOVER, "{\"leader\":\"pg2\",\"scheduled_at\":\"2030-01-01T00:00:00+00:00\"}");
        String body = get("/cluster").body();
        assertTrue(body.contains("\"role\": \"sync_standby\""), body);
        assertTrue(body.contains("\"postmaster_start_time\": \"y\""), body);
        assertTrue(
                body.endsWith("\"pause\": true, \"scheduled_switchover\": {\"at\": \"2030-01-01T00:00:00+00:00\","
                        + " \"from\": \"pg2\"}, \"scope\": \"batman\"}"),
                body);
        agent.put(StoreKey.CONFIG, "{\"ttl\":30,\"synchronous_mode\":\"quorum\"}");
        assertTrue(get("/cluster").body().contains("\"role\": \"quorum_standby\""));
    }

    @Test
    @DisplayName("API-118: during an outage of the store /cluster fails quickly and the rest goes on")
    void outage() throws Exception {
        see(Views.replica().blind());
        agent.dcs.unreachable();
        long began = System.nanoTime();
        assertEquals(503, get("/cluster").code());
        assertEquals(503, get("/config").code());
        assertEquals(503, get("/history").code());
        assertTrue(System.nanoTime() - began < 20_000_000_000L);
        assertEquals(200, get("/patroni").code());
        assertEquals(200, get("/metrics").code());
        assertEquals(200, get("/replica").code());
    }

    @Test
    @DisplayName("API-067: the history, and none")
    void history() throws Exception {
        assertEquals("[]", get("/history").body());
        agent.put(
                StoreKey.HISTORY,
                "[[1,83886176,\"no recovery target specified\",\"2026-11-22T20:55:45+00:00\",\"pg2\"]]");
        assertEquals(
                "[[1, 83886176, \"no recovery target specified\", \"2026-11-22T20:55:45+00:00\", \"pg2\"]]",
                get("/history").body());
    }

    @Test
    @DisplayName("API-106: GET /failsafe has the key as last seen, 502 without one")
    void failsafe() throws Exception {
        assertEquals("{}", get("/failsafe").body());
        agent.put(StoreKey.FAILSAFE, "{\"pg1\":\"http://a\"}");
        see(Views.replica().reading(agent.snapshot()));
        assertEquals("{\"pg1\": \"http://a\"}", get("/failsafe").body());
        see(Views.replica().blind());
        assertEquals("{\"pg1\": \"http://a\"}", get("/failsafe").body());
        see(Views.replica());
        assertEquals(502, get("/failsafe").code());
    }

    @Test
    @DisplayName("SAF-040: /patroni and the metrics have the guard and the rungs to come")
    void guard() throws Exception {
        see(Views.primary());
        assertTrue(get("/patroni").body().contains("\"guard\": \"ABSENT\""));
        assertFalse(get("/patroni").body().contains("guard_report"));

        agent.guard = new Guard.Report(Guard.GuardState.ARMED, 2, 7, 1, List.of("locked_memory"));
        agent.lease =
                Optional.of(new Lease(new LeaseId("mine"), agent.clock().now().plus(Duration.ofSeconds(20))));
        String body = get("/patroni").body();
        assertTrue(
                body.contains("\"guard\": \"ARMED\", \"guard_report\": {\"fences\": 2, \"killed\": 7, \"refused\": 1,"
                        + " \"traits\": [\"locked_memory\"]}, \"lease_deadline_ms\": 20000,"
                        + " \"ladder_ms\": {\"fast\": 16750, \"immediate\": 18250, \"kill\": 18500}"),
                body);
        String metrics = get("/metrics").body();
        assertTrue(metrics.contains("matriarch_guard_state{scope=\"batman\",name=\"pg1\"} 2"));
        assertTrue(metrics.contains("matriarch_guard_fences{scope=\"batman\",name=\"pg1\"} 2"));
        assertTrue(metrics.contains("matriarch_guard_refused{scope=\"batman\",name=\"pg1\"} 1"));
    }

    private static final List<String> METRICS = List.of(
            "patroni_version gauge",
            "patroni_postgres_running gauge",
            "patroni_postmaster_start_time gauge",
            "patroni_primary gauge",
            "patroni_xlog_location counter",
            "patroni_standby_leader gauge",
            "patroni_replica gauge",
            "patroni_sync_standby gauge",
            "patroni_quorum_standby gauge",
            "patroni_xlog_received_location counter",
            "patroni_xlog_replayed_location counter",
            "patroni_xlog_replayed_timestamp gauge",
            "patroni_xlog_paused gauge",
            "patroni_postgres_streaming gauge",
            "patroni_postgres_in_archive_recovery gauge",
            "patroni_postgres_server_version gauge",
            "patroni_cluster_unlocked gauge",
            "patroni_failsafe_mode_is_active gauge",
            "patroni_failsafe_mode_enabled gauge",
            "patroni_failsafe_member gauge",
            "patroni_postgres_timeline gauge",
            "patroni_dcs_last_seen gauge",
            "patroni_pending_restart gauge",
            "patroni_is_paused gauge",
            "patroni_postgres_state gauge",
            "patroni_failover_priority gauge",
            "matriarch_guard_state gauge",
            "matriarch_guard_fences counter",
            "matriarch_guard_refused counter");

    @Test
    @DisplayName("API-109 API-110 API-111 API-113: names, types, order and labels; each line is one of the format's")
    void metrics() throws Exception {
        see(Views.replica());
        Answer answer = get("/metrics");
        assertEquals("text/plain", answer.headers().get("content-type"));
        assertTrue(answer.body().endsWith("\n"));
        List<String> found = new ArrayList<>();
        for (String line : answer.body().lines().toList()) {
            if (line.startsWith("# TYPE ")) {
                found.add(line.substring("# TYPE ".length()));
            } else if (!line.startsWith("# ")) {
                assertTrue(line.matches("[a-z_]+\\{scope=\"batman\",name=\"pg1\"} [0-9]+(\\.[0-9]+)?"), line);
                assertTrue(found.getLast().startsWith(line.substring(0, line.indexOf('{')) + " "), line);
            }
        }
        assertEquals(METRICS, found);
        assertEquals(found.size(), new HashSet<>(found).size());
        assertTrue(answer.body().contains("patroni_version{scope=\"batman\",name=\"pg1\"} 040104\n"));
        assertTrue(answer.body().contains("patroni_postgres_state{scope=\"batman\",name=\"pg1\"} 5\n"));
        assertTrue(answer.body()
                .contains("patroni_postmaster_start_time{scope=\"batman\",name=\"pg1\"} 1795380945.889775\n"));
    }

    @Test
    @DisplayName("API-111 API-112: a silent server has no replication metrics and state -1")
    void metricsOfASilentServer() throws Exception {
        see(Views.replica().silent(ServerState.RUNNING));
        String body = get("/metrics").body();
        assertFalse(body.contains("patroni_postgres_streaming"));
        assertFalse(body.contains("in_archive_recovery"));
        assertTrue(body.contains("patroni_postgres_state{scope=\"batman\",name=\"pg1\"} -1\n"), body);
    }
}

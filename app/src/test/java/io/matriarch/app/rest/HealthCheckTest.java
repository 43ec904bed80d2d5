package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.matriarch.app.peer.ProcessMark;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ServerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The truth table of rest-api §4.4 over HTTP. */
final class HealthCheckTest extends RestTest {

    private static final List<String> PATHS = List.of(
            "/primary",
            "/leader",
            "/standby-leader",
            "/replica",
            "/read-only",
            "/sync",
            "/async",
            "/quorum",
            "/read-only-sync",
            "/read-only-quorum",
            "/health");

    private static final Map<String, Object> STANDBY = Map.of("standby_cluster", Map.of("host", "10.0.0.9"));

    /** A row: name, lock, dynamic configuration, what the turn saw, the columns of the table. */
    private record Row(String name, boolean lock, Map<String, Object> config, Views seen, String expected) {}

    @BeforeEach
    void serve() throws Exception {
        start();
    }

    private static List<Row> rows() {
        Map<String, Object> none = Map.of("ttl", 30);
        Map<String, Object> sync = Map.of("synchronous_mode", true);
        Map<String, Object> quorum = Map.of("synchronous_mode", "quorum");
        Map<String, Object> pause = Map.of("pause", true);
        return List.of(
                new Row("A API-021", true, none, Views.primary(), "110010001 11"),
                new Row("B API-022", true, none, Views.replica(), "110110101 11"),
                new Row(
                        "C API-023 restarting",
                        true,
                        none,
                        Views.primary().silent(ServerState.RESTARTING),
                        "110010001 10"),
                new Row("C API-023 SQL fails", true, none, Views.primary().silent(ServerState.RUNNING), "110010001 10"),
                new Row("D API-024", true, STANDBY, Views.replica().role(Role.STANDBY_LEADER), "011010001 11"),
                new Row("E API-025", true, STANDBY, Views.primary(), "010000000 01"),
                new Row("F API-026", false, none, Views.replica(), "000110100 01"),
                new Row("G API-027", false, sync, Views.replica().reading(Views.store("pg2", "pg1")), "000111001 01"),
                new Row(
                        "G API-045 other case",
                        false,
                        sync,
                        Views.replica().reading(Views.store("pg2", "PG1")),
                        "000111001 01"),
                new Row("H API-028", false, quorum, Views.replica().reading(Views.store("pg2", "pg1")), "000110010 11"),
                new Row(
                        "I API-029",
                        false,
                        none,
                        Views.replica().tags(true, Map.of("noloadbalance", true)),
                        "000000000 01"),
                new Row("K API-030", false, none, Views.replica().silent(ServerState.STOPPED), "000000000 00"),
                new Row("L API-031", false, none, Views.primary().reading(Views.store("pg2", "")), "000000000 01"),
                new Row("M API-032", false, none, Views.replica().blind(), "000110000 01"),
                new Row("N API-033", true, none, Views.primary().blind(), "110010000 01"),
                new Row("O API-034", true, pause, Views.primary().blind(), "110010000 01"),
                new Row("P API-034", false, pause, Views.replica().blind(), "000110000 01"),
                new Row(
                        "Q API-034",
                        false,
                        Map.of("pause", true, "standby_cluster", Map.of("host", "10.0.0.9")),
                        Views.replica().role(Role.STANDBY_LEADER).blind(),
                        "011010000 01"));
    }

    @Test
    @DisplayName("API-021 API-022 API-023 API-024 API-025 API-026 API-027 API-028 API-029 API-030 API-031 API-032"
            + " API-033 API-034 API-045: the truth table")
    void truthTable() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Row row : rows()) {
            live.adopt(row.config());
            agent.leader = row.lock();
            agent.view = Optional.of(row.seen().view(agent.clock.now()));
            String expected = row.expected().replace(" ", "");
            StringBuilder codes = new StringBuilder();
            for (String path : PATHS) {
                codes.append(get(path).code() == 200 ? '1' : '0');
            }
            if (!expected.contentEquals(codes)) {
                wrong.add(row.name() + ": expected " + expected + ", got " + codes);
            }
        }
        assertEquals(List.of(), wrong);
    }

    private void row(Views seen, boolean lock) {
        agent.leader = lock;
        agent.view = Optional.of(seen.view(agent.clock.now()));
    }

    private void assertCodes(Map<String, Integer> expected) throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, Integer> one : expected.entrySet()) {
            int code = get(one.getKey()).code();
            if (code != one.getValue()) {
                wrong.add(one.getKey() + " gives " + code);
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    @DisplayName("API-036 API-024 API-003: aliases are equal, unknown paths fail with the document")
    void aliases() throws Exception {
        row(Views.primary(), true);
        assertCodes(Map.of("/", 200, "/read-write", 200, "/master", 200, "/primary", 200, "//primary", 200));
        assertCodes(Map.of("/standby_leader", 503, "/foo", 503, "/fooleader", 200, "/primary/x?y=1", 200));
        Answer unknown = get("/foo");
        assertEquals(true, unknown.body().startsWith("{\"state\": \"running\""), unknown.body());
        assertEquals("application/json", unknown.headers().get("content-type"));
    }

    @Test
    @DisplayName("API-035 SAF-062: /primary follows the lease at the moment of the answer, not the turn")
    void leaseAtTheMoment() throws Exception {
        row(Views.primary(), true);
        assertEquals(200, get("/primary").code());
        agent.leader = false;
        assertEquals(503, get("/primary").code());
    }

    @Test
    @DisplayName("API-032: a view older than the ttl counts as none")
    void oldView() throws Exception {
        live.adopt(Map.of("synchronous_mode", true));
        row(Views.replica().reading(Views.store("pg2", "pg1")), false);
        assertEquals(200, get("/sync").code());
        agent.clock.advance(java.time.Duration.ofSeconds(31));
        assertEquals(503, get("/sync").code());
        assertEquals(200, get("/replica").code());
    }

    @Test
    @DisplayName("API-037 API-038 API-039: lag passes within and at the limit, garbage is ignored")
    void lag() throws Exception {
        row(Views.replica(83_886_176 - 10_485_760, Optional.of("streaming")), false);
        assertCodes(Map.of(
                "/replica?lag=10MB", 200,
                "/replica?lag=10485760", 200,
                "/replica?lag=10485759", 503,
                "/replica?lag=garbage", 200,
                "/replica?lag=9mb", 200,
                "/replica?lag=9MB", 503,
                "/async?lag=1kB", 503,
                "/read-only?lag=1kB", 503));
        live.adopt(Map.of("synchronous_mode", true));
        row(Views.replica(1, Optional.of("streaming")).reading(Views.store("pg2", "pg1")), false);
        assertCodes(Map.of("/sync?lag=1kB", 503, "/sync", 200));
        live.adopt(Map.of("synchronous_mode", "quorum"));
        assertCodes(Map.of("/quorum?lag=1kB", 503, "/quorum", 200));
    }

    @Test
    @DisplayName("API-040: replication_state filters")
    void replicationState() throws Exception {
        row(Views.replica(), false);
        assertCodes(Map.of(
                "/replica?replication_state=streaming",
                200,
                "/replica?replication_state=in%20archive%20recovery",
                503));
        row(Views.replica(1, Optional.of("in archive recovery")), false);
        assertCodes(Map.of(
                "/replica?replication_state=streaming", 503, "/replica?replication_state=in+archive+recovery", 200));
    }

    @Test
    @DisplayName("API-041 API-042 API-043 API-044: tags")
    void tags() throws Exception {
        row(Views.replica().tags(false, Map.of("dc", "east", "clonefrom", true, "weight", 1.4)), false);
        assertCodes(Map.of(
                "/replica?tag_dc=east", 200,
                "/replica?tag_dc=East", 503,
                "/replica?tag_clonefrom=true", 200,
                "/replica?tag_clonefrom=True", 503,
                "/replica?tag_weight=1.4", 200,
                "/replica?tag_none=1", 503,
                "/health?tag_dc=west", 503,
                "/read-only?tag_dc=west", 503,
                "/replica?tag_dc=east&tag_weight=2", 503,
                "/replica?tag_nofailover=false", 503));
        row(Views.primary(), true);
        assertCodes(
                Map.of("/primary?tag_x=1", 200, "/?tag_x=1", 200, "/leader?tag_x=1", 200, "/read-write?tag_x=1", 200));
    }

    @Test
    @DisplayName("API-001 API-002: HEAD and OPTIONS are health checks without a body, also of HTTP/1.0 clients")
    void methods() throws Exception {
        row(Views.primary(), true);
        assertEquals(200, send("OPTIONS / HTTP/1.0\r\n\r\n").code());
        assertEquals(200, send("HEAD /primary HTTP/1.0\r\n\r\n").code());
        assertEquals("", send("OPTIONS /primary HTTP/1.0\r\n\r\n").body());
        for (String request :
                List.of("HEAD /liveness", "HEAD /readiness", "OPTIONS /metrics", "HEAD /cluster", "HEAD /patroni")) {
            assertEquals(503, send(request + " HTTP/1.0\r\n\r\n").code(), request);
        }
        row(Views.primary(), false);
        assertEquals(503, send("OPTIONS / HTTP/1.0\r\n\r\n").code());
    }

    @Test
    @DisplayName("API-046: /liveness by the time since the loop should have turned")
    void liveness() throws Exception {
        row(Views.primary(), true);
        assertEquals(200, get("/liveness").code());
        assertEquals("", get("/liveness").body());
        agent.clock.advance(java.time.Duration.ofSeconds(39));
        assertEquals(200, get("/liveness").code());
        agent.clock.advance(java.time.Duration.ofSeconds(2));
        assertEquals(503, get("/liveness").code());
        row(Views.replica(), false);
        agent.clock.advance(java.time.Duration.ofSeconds(69));
        assertEquals(200, get("/liveness").code());
        agent.clock.advance(java.time.Duration.ofSeconds(2));
        assertEquals(503, get("/liveness").code());
        live.adopt(Map.of("pause", true));
        assertEquals(200, get("/liveness").code());
    }

    @Test
    @DisplayName("CFG-110 /liveness tells its process to who asks for it, and adds nothing for anybody else")
    void mark() throws Exception {
        row(Views.primary(), true);
        String header = ProcessMark.HEADER;
        var asked = send("GET /liveness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + ": ?\r\n\r\n");
        assertEquals(agent.mark.value(), asked.headers().get(header.toLowerCase(Locale.ROOT)));
        assertFalse(get("/liveness").headers().containsKey(header.toLowerCase(Locale.ROOT)));
    }

    @Test
    @DisplayName("API-047 API-048 API-049 API-050: /readiness")
    void readiness() throws Exception {
        row(Views.primary().silent(ServerState.STOPPED), true);
        assertEquals(200, get("/readiness").code());
        row(Views.replica(1, Optional.of("in archive recovery")), false);
        assertEquals(503, get("/readiness").code());
        row(Views.replica(83_886_176 - 2_000_000, Optional.of("streaming")), false);
        assertCodes(Map.of("/readiness", 503, "/readiness?lag=2MB", 200, "/readiness?lag=1MB&mode=write", 503));
        row(Views.replica(83_886_176 - 1_000_000, Optional.of("streaming")), false);
        assertEquals(200, get("/readiness").code());
        row(Views.replica().latestEnd(83_886_176).blind(), false);
        assertEquals(200, get("/readiness").code());
        row(Views.replica().blind(), false);
        assertEquals(503, get("/readiness").code());
    }
}

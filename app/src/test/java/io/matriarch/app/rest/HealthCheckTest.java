package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ServerState;
import java.util.ArrayList;
import java.util.List;
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
}

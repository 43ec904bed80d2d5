package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.app.loop.RequestBox;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.ha.OperatorRequest;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What operators ask for. */
final class OperatorTest extends RestTest {

    private static final String LATER = "2035-01-01T00:00:00+00:00";

    @BeforeEach
    void serve() throws Exception {
        start();
        agent.view = Optional.of(Views.replica().view(agent.clock.now()));
    }

    /** A request and what it gives. */
    private record Row(String path, String body, int code, String text) {}

    private void check(List<Row> rows) throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Row row : rows) {
            Answer answer = call("POST", row.path(), row.body());
            if (answer.code() != row.code() || !answer.body().equals(row.text())) {
                wrong.add(row + " gave " + answer.code() + " " + answer.body());
            }
        }
        assertEquals(List.of(), wrong);
    }

    private String config() {
        return agent.snapshot().get(StoreKey.CONFIG).orElseThrow().text();
    }

    @Test
    @DisplayName("API-005 API-068 API-069 API-070 API-072 API-073 API-074 API-075: the configuration")
    void configuration() throws Exception {
        assertEquals(502, get("/config").code());
        assertEquals(503, call("PATCH", "/config", "{\"ttl\":40}").code());
        agent.put(StoreKey.CONFIG, "{\"ttl\":30,\"postgresql\":{\"parameters\":{\"a\":1}}}");
        assertEquals(
                "{\"ttl\": 30, \"postgresql\": {\"parameters\": {\"a\": 1}}}",
                get("/config/x?y=1").body());
        Answer patched = call(
                "PATCH", "/config", "{\"ttl\":40,\"new\":true,\"postgresql\":{\"parameters\":{\"a\":null,\"b\":2}}}");
        assertEquals(200, patched.code());
        assertEquals("{\"ttl\": 40, \"postgresql\": {\"parameters\": {\"b\": 2}}, \"new\": true}", patched.body());
        assertEquals("{\"ttl\":40,\"postgresql\":{\"parameters\":{\"b\":2}},\"new\":true}", config());
        assertEquals(1, agent.wakes.get());
        var revision = agent.snapshot().revision(StoreKey.CONFIG);
        assertEquals(200, call("PATCH", "/config", "{\"ttl\":\"40\"}").code());
        assertEquals(revision, agent.snapshot().revision(StoreKey.CONFIG));
        assertEquals("{\"ttl\": 25}", call("PUT", "/config", "{\"ttl\":25}").body());
        assertEquals("{\"ttl\":25}", config());
    }

    @Test
    @DisplayName("API-071: a patch on something that has changed meanwhile is refused")
    void conflict() throws Exception {
        agent.put(StoreKey.CONFIG, "{\"ttl\":30}");
        agent.dcs.script(call -> {
            if (call == io.matriarch.ports.testing.FaultyDcs.Call.WRITE) {
                agent.dcs.healed();
                agent.put(StoreKey.CONFIG, "{\"ttl\":31}");
            }
            return io.matriarch.ports.testing.FaultyDcs.Fault.NONE;
        });
        assertEquals(409, call("PATCH", "/config", "{\"ttl\":40}").code());
        assertEquals("{\"ttl\":31}", config());
    }

    @Test
    @DisplayName("API-076 API-077 API-078 API-079 API-081 API-082 API-084: objections in their order and words")
    void objections() throws Exception {
        agent.cluster("pg2", "pg1", "pg2");
        String no = "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601";
        check(List.of(
                new Row(
                        "/failover",
                        "{\"leader\":\"pg2\"}",
                        400,
                        "Failover could be performed only to a specific candidate"),
                new Row(
                        "/switchover",
                        "{\"candidate\":\"pg1\"}",
                        400,
                        "Switchover could be performed only from a specific leader"),
                new Row(
                        "/failover",
                        "{\"candidate\":\"pg1\",\"scheduled_at\":\"" + LATER + "\"}",
                        400,
                        "Failover can't be scheduled"),
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\",\"scheduled_at\":\"2035-01-01T00:00:00\"}",
                        400,
                        "Timezone information is mandatory for the scheduled switchover"),
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\",\"scheduled_at\":\"2001-01-01T00:00Z\"}",
                        422,
                        "Cannot schedule switchover in the past"),
                new Row("/switchover", "{\"leader\":\"pg2\",\"scheduled_at\":\"soon\"}", 422, no),
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\",\"candidate\":\"pg2\"}",
                        400,
                        "Switchover target and source are the same"),
                new Row("/switchover", "{\"leader\":\"pg1\",\"candidate\":\"pg2\"}", 412, "leader name does not match"),
                new Row("/switchover", "{\"leader\":\"pg2\",\"candidate\":\"pg9\"}", 412, "candidate does not exists"),
                new Row("/failover", "{\"candidate\":\"pg9\"}", 412, "candidate does not exists"),
                new Row("/failover", "{\"candidate\":\"a/b\"}", 400, "Bad Request"),
                new Row("/switchover", "{}", 400, "Bad Request")));
    }

    @Test
    @DisplayName("API-080 API-083 API-085 API-086: objections of pause, synchronous mode and unfit members")
    void objectionsOfState() throws Exception {
        agent.cluster("pg2", "pg2");
        check(List.of(new Row(
                "/switchover",
                "{\"leader\":\"pg2\"}",
                412,
                "switchover is not possible: cluster does not have members except leader")));
        agent.publish("pg1", "{\"state\":\"running\",\"tags\":{\"nofailover\":true}}");
        String none = " is not possible: no good candidates have been found";
        check(List.of(
                new Row("/switchover", "{\"leader\":\"pg2\"}", 412, "switchover" + none),
                new Row("/failover", "{\"candidate\":\"pg1\"}", 412, "failover" + none)));
        agent.publish("pg1", "{\"state\":\"running\"}");
        agent.peer = member -> new PeerAnswer.Unreachable(member.name(), "by the test");
        check(List.of(new Row("/switchover", "{\"leader\":\"pg2\",\"candidate\":\"pg1\"}", 412, "switchover" + none)));
        agent.put(StoreKey.CONFIG, "{\"ttl\":30,\"synchronous_mode\":true}");
        check(List.of(
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\",\"candidate\":\"pg1\"}",
                        412,
                        "candidate name does not match with sync_standby"),
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\"}",
                        412,
                        "switchover is not possible: can not find sync_standby")));
        agent.put(StoreKey.CONFIG, "{\"ttl\":30,\"synchronous_mode\":\"quorum\"}");
        check(List.of(new Row("/switchover", "{\"leader\":\"pg2\",\"candidate\":\"pg1\"}", 412, "switchover" + none)));
        agent.put(StoreKey.CONFIG, "{\"ttl\":30,\"pause\":true}");
        check(List.of(
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\",\"scheduled_at\":\"" + LATER + "\"}",
                        400,
                        "Can't schedule switchover in the paused state"),
                new Row(
                        "/switchover",
                        "{\"leader\":\"pg2\"}",
                        400,
                        "Switchover is possible only to a specific candidate in a paused state"),
                new Row("/switchover", "{\"leader\":\"pg2\",\"candidate\":\"pg1\"}", 412, "switchover" + none)));
    }

    /** Sends a request; once it has been written to the store, {@code then} plays the leader's part. */
    private Answer whileServed(String path, String body, Runnable then) throws Exception {
        CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return call("POST", path, body);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (agent.snapshot()
                .get(StoreKey.FAILOVER)
                .filter(value -> value.text().length() > 2)
                .isEmpty()) {
            assertTrue(System.nanoTime() < deadline && !answer.isDone(), () -> "no request: " + answer);
            Thread.onSpinWait();
        }
        then.run();
        return answer.get(60, TimeUnit.SECONDS);
    }

    private void handOver(Lease from, String to) {
        agent.dcs.releaseLeaderLock(from, Change.NONE.put(StoreKey.FAILOVER, "{}"));
        agent.lead(to);
    }

    @Test
    @DisplayName("API-087 API-089 API-090 API-092: what became of it, asked of a replica")
    void results() throws Exception {
        agent.cluster("", "pg1", "pg2", "pg3");
        Lease first = agent.lead("pg2");
        Answer switched =
                whileServed("/switchover", "{\"leader\":\"pg2\",\"member\":\"pg1\"}", () -> handOver(first, "pg1"));
        assertEquals(200, switched.code());
        assertEquals("Successfully switched over to \"pg1\"", switched.body());
        Lease second = agent.held;
        Answer other = whileServed("/failover", "{\"candidate\":\"pg3\"}", () -> handOver(second, "pg2"));
        assertEquals("Failed over to \"pg2\" instead of \"pg3\"", other.body());
        Lease third = agent.held;
        Answer asSwitchover =
                whileServed("/failover", "{\"leader\":\"pg2\",\"candidate\":\"pg3\"}", () -> handOver(third, "pg3"));
        assertEquals("Successfully switched over to \"pg3\"", asSwitchover.body());
        Answer failed = whileServed("/switchover", "{\"leader\":\"pg3\"}", () -> agent.put(StoreKey.FAILOVER, "{}"));
        assertEquals(503, failed.code());
        assertEquals("Switchover failed", failed.body());
    }

    @Test
    @DisplayName("API-088 API-091: schedules")
    void schedules() throws Exception {
        agent.cluster("pg2", "pg1", "pg2");
        assertEquals(
                "no switchover is scheduled", call("DELETE", "/switchover", "").body());
        check(List.of(new Row(
                "/switchover",
                "{\"leader\":\"pg2\",\"candidate\":\"nobody\",\"scheduled_at\":\"2035-01-01T02:00+02:00\"}",
                202,
                "Switchover scheduled")));
        assertEquals(
                "{\"leader\":\"pg2\",\"member\":\"nobody\",\"scheduled_at\":\"" + LATER + "\"}",
                agent.snapshot().get(StoreKey.FAILOVER).orElseThrow().text());
        Answer deleted = call("DELETE", "/switchover", "");
        assertEquals(200, deleted.code());
        assertEquals("scheduled switchover deleted", deleted.body());
        assertEquals("{}", agent.snapshot().get(StoreKey.FAILOVER).orElseThrow().text());
        assertEquals(404, call("DELETE", "/switchover", "").code());
    }

    @Test
    @DisplayName("API-094 API-095 API-096 API-100: a restart now, with its filters and timeout")
    void restart() throws Exception {
        agent.operator = _ -> new RequestBox.Answer(true, "restarted successfully");
        check(List.of(
                new Row("/restart", "", 200, "restarted successfully"),
                new Row(
                        "/restart",
                        "{\"role\":\"replica\",\"postgres_version\":\"15.2\",\"timeout\":\"1min\",\"restart_pending\":false}",
                        200,
                        "restarted successfully")));
        OperatorRequest.Restart asked = (OperatorRequest.Restart) agent.asked.getLast();
        assertEquals(new RestartFilters(Optional.of(Role.REPLICA), Optional.of(150002), true), asked.filters());
        assertEquals(Optional.of(Duration.ofSeconds(60)), asked.timeout());
        agent.operator = _ -> new RequestBox.Answer(false, "restart conditions are not satisfied");
        check(List.of(new Row("/restart", "{}", 503, "restart conditions are not satisfied")));
    }

    @Test
    @DisplayName("API-097 API-100: filters that make no sense")
    void restartObjections() throws Exception {
        String timeout = "Timeout should be a positive number of seconds";
        check(List.of(
                new Row(
                        "/restart",
                        "{\"role\":\"boss\"}",
                        400,
                        "PostgreSQL role should be either primary, standby_leader, or replica"),
                new Row(
                        "/restart",
                        "{\"postgres_version\":\"15\"}",
                        400,
                        "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 15"),
                new Row("/restart", "{\"timeout\":\"0\"}", 400, timeout),
                new Row("/restart", "{\"timeout\":-1}", 400, timeout),
                new Row("/restart", "{\"timeout\":\"x\"}", 400, timeout),
                new Row("/restart", "{\"colour\":\"x\"}", 400, "Unknown filter for the scheduled restart: colour"),
                new Row("/restart", "{\"schedule\":\"2001-01-01T00:00Z\"}", 422, "Cannot schedule restart in the past"),
                new Row("/restart", "{broken", 400, "Bad Request")));
        assertEquals(List.of(), agent.asked);
    }

    @Test
    @DisplayName("API-098 API-099: a restart at a time")
    void scheduledRestart() throws Exception {
        String body = "{\"schedule\":\"" + LATER + "\"}";
        check(List.of(
                new Row("/restart", body, 202, "Restart scheduled"),
                new Row("/restart", body, 409, "Another restart is already scheduled")));
        assertEquals("scheduled restart deleted", call("DELETE", "/restart", "").body());
        Answer none = call("DELETE", "/restart", "");
        assertEquals(404, none.code());
        assertEquals("no restarts are scheduled", none.body());
        live.adopt(Map.of("pause", true));
        check(List.of(new Row("/restart", body, 500, "Can't schedule restart in the paused state")));
    }

    @Test
    @DisplayName("HA-136, API-101: a scheduled restart is asked for when due, not while paused, not after another one")
    void dueRestart() throws Exception {
        var timer = new RestartTimer(agent, live);
        String started = "2026-11-22 20:55:45.889775+00:00";
        var due = new io.matriarch.domain.cluster.ScheduledRestart(
                agent.clock.wallClock().plusSeconds(5), started, RestartFilters.NONE, Optional.empty());
        agent.schedule(due);
        assertEquals(Optional.empty(), timer.look());
        agent.clock.advance(Duration.ofSeconds(6));
        live.adopt(Map.of("pause", true));
        assertEquals(Optional.empty(), timer.look());
        live.adopt(Map.of("pause", false));
        assertTrue(timer.look().isPresent());
        assertEquals(1, agent.asked.size());
        assertEquals(Optional.empty(), agent.scheduledRestart());
        agent.schedule(new io.matriarch.domain.cluster.ScheduledRestart(
                agent.clock.wallClock(), "another start", RestartFilters.NONE, Optional.empty()));
        assertEquals(Optional.empty(), timer.look());
        assertEquals(Optional.empty(), agent.scheduledRestart());
        agent.schedule(due);
        agent.clock.advance(Duration.ofSeconds(60));
        assertEquals(Optional.empty(), timer.look());
        assertEquals(Optional.empty(), agent.scheduledRestart());
    }

    @Test
    @DisplayName("API-102 API-103 API-104: reinitialize")
    void reinitialize() throws Exception {
        agent.operator = _ -> new RequestBox.Answer(true, "reinitialize started");
        check(List.of(
                new Row("/reinitialize", "{\"force\":true,\"from_leader\":\"on\"}", 200, "reinitialize started")));
        assertEquals(new OperatorRequest.Reinitialize(1, true, true), agent.asked.getLast());
        agent.operator = _ -> new RequestBox.Answer(false, "I am the leader, can not reinitialize");
        check(List.of(
                new Row("/reinitialize", "", 503, "I am the leader, can not reinitialize"),
                new Row("/reinitialize", "{broken", 400, "Bad Request")));
        assertEquals(2, agent.asked.size());
    }
}

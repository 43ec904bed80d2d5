package io.matriarch.app.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.app.ctl.FakeMember.Request;
import io.matriarch.ports.dcs.StoreKey;
import java.io.IOException;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MemberVerbsTest {

    private static final String TABLE = """
            + Cluster: batman (7711102280255504572) ------+----+-------------+-----+------------+-----+
            | Member | Host           | Role    | State   | TL | Receive LSN | Lag | Replay LSN | Lag |
            +--------+----------------+---------+---------+----+-------------+-----+------------+-----+
            | pg0    | 127.0.0.1:5432 | Leader  | running |    |             |     |            |     |
            | pg1    | 127.0.0.1:5432 | Replica | running |    |     unknown |     |    unknown |     |
            +--------+----------------+---------+---------+----+-------------+-----+------------+-----+
            """;

    private FakeMember leader;
    private FakeMember replica;
    private CtlFixture fixture;

    @BeforeEach
    void start() throws IOException {
        leader = new FakeMember();
        replica = new FakeMember();
        fixture = new CtlFixture()
                .put(StoreKey.INITIALIZE, CtlFixture.SYSTEM_IDENTIFIER)
                .put(StoreKey.CONFIG, "{\"ttl\":30,\"loop_wait\":7}")
                .leader("pg0")
                .member("pg0", leader.key("\"role\":\"primary\""))
                .member("pg1", replica.key("\"role\":\"replica\""));
    }

    @AfterEach
    void stop() {
        leader.close();
        replica.close();
    }

    private Result afterTable(Result result) {
        assertThat(result.out()).startsWith(TABLE);
        return new Result(result.status(), result.out().substring(TABLE.length()), result.err());
    }

    @Test
    @DisplayName("CTL-057 CTL-068 reload: a line a member, seconds from the configuration")
    void reload() {
        leader.on("POST /reload", 202, "reload scheduled");
        replica.on("POST /reload", 200, "nothing changed");
        assertThat(afterTable(fixture.run("reload", "batman", "--force"))).isEqualTo(new Result(0, """
                        Reload request received for member pg0 and will be processed within 7 seconds
                        No changes to apply on member pg1
                        """, ""));
        replica.on("POST /reload", 503, "busy");
        fixture.run("reload", "batman", "pg1", "--force");
        assertThat(afterTable(fixture.run("reload", "batman", "pg1", "--force")).out())
                .isEqualTo("Failed: reload for member pg1, status code=503, (busy)\n");
    }

    @Test
    @DisplayName("CTL-052 CTL-053 CTL-054 nobody to act on")
    void nobody() {
        assertThat(fixture.run("reload", "nosuch"))
                .isEqualTo(new Result(1, "", "Error: nosuch cluster doesn't have any members\n"));
        assertThat(fixture.run("restart", "nosuch").err())
                .isEqualTo("Error: nosuch cluster doesn't have any members\n");
        assertThat(fixture.run("flush", "nosuch", "restart").err())
                .isEqualTo("Error: nosuch cluster doesn't have any members\n");
        assertThat(afterTable(fixture.run("restart", "batman", "pg7")))
                .isEqualTo(new Result(1, "", "Error: No 'any' among provided members\n"));
        assertThat(afterTable(fixture.run("restart", "batman", "pg1", "-r", "leader"))
                        .err())
                .isEqualTo("Error: No 'leader' among provided members\n");
        assertThat(afterTable(fixture.run("reinit", "batman", "pg0")).err())
                .isEqualTo("Error: No replica among provided members\n");
    }

    @Test
    @DisplayName("names that are no members are dropped with a warning")
    void partlyUnknown() {
        replica.on("POST /reload", 202, "");
        Result result = fixture.run("reload", "batman", "pg1", "pg7", "--force");
        assertThat(result.out()).endsWith("for member pg1 and will be processed within 7 seconds\n");
        assertThat(result.err()).endsWith(" - WARNING - pg7 is not a member of cluster batman\n");
    }

    @Test
    @DisplayName("CTL-056 a confirmation that is declined")
    void declined() {
        assertThat(afterTable(fixture.runWith("\n", "reload", "batman")))
                .isEqualTo(new Result(
                        1, "Are you sure you want to reload members pg0, pg1? [y/N]: ", "Error: Aborted reload\n"));
        assertThat(afterTable(fixture.runWith("maybe\nn\n", "reinit", "batman", "pg1")))
                .isEqualTo(new Result(
                        1,
                        "Are you sure you want to reinitialize members pg1? [y/N]: Error: invalid input\n"
                                + "Are you sure you want to reinitialize members pg1? [y/N]: ",
                        "Error: Aborted reinitialize\n"));
        assertThat(fixture.runWith("now\nno\n", "restart", "batman").err()).isEqualTo("Error: Aborted restart\n");
        assertThat(fixture.runWith("N\n", "flush", "batman", "restart").err()).isEqualTo("Error: Aborted flush\n");
    }

    @Test
    @DisplayName("CTL-008 the end of the input at a prompt")
    void endOfInput() {
        Result result = fixture.run("reload", "batman");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("Aborted!\n");
    }

    @Test
    @DisplayName("CTL-058 restart: time, confirmation, version")
    void restartPrompts() {
        leader.on("POST /restart", 200, "restarted successfully");
        replica.on("POST /restart", 503, "restart failed");
        assertThat(afterTable(fixture.runWith("\ny\n\n", "restart", "batman")))
                .isEqualTo(new Result(
                        0,
                        "When should the restart take place (e.g. 2026-11-22T22:00)  [now]: "
                                + "Are you sure you want to restart members pg0, pg1? [y/N]: "
                                + "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2)  []: "
                                + "Success: restart on member pg0\n"
                                + "Failed: restart for member pg1, status code=503, (restart failed)\n",
                        ""));
        assertThat(leader.requests()).containsExactly(new Request("POST /restart", "{}", ""));
    }

    @Test
    @DisplayName("CTL-059 CTL-060 restart: a time without zone is local; one that is none")
    void restartAt() {
        fixture.zone = ZoneId.of("Europe/Berlin");
        replica.on("POST /restart", 202, "Restart scheduled");
        assertThat(afterTable(fixture.runWith(
                                "y\n15.3\n", "restart", "batman", "pg1", "--scheduled", "2030-06-01T12:00"))
                        .out())
                .isEqualTo(
                        "Are you sure you want to schedule restart of members pg1 at 2030-06-01 12:00:00+02:00? [y/N]: "
                                + "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2)  []: "
                                + "Success: restart scheduled on member pg1\n");
        assertThat(replica.requests())
                .containsExactly(new Request(
                        "POST /restart",
                        "{\"postgres_version\": \"15.3\", \"schedule\": \"2030-06-01T12:00:00+02:00\"}",
                        ""));
        assertThat(afterTable(fixture.run("restart", "batman", "--scheduled", "soon")))
                .isEqualTo(new Result(
                        1,
                        "",
                        "Error: Unable to parse scheduled timestamp (soon). It should be in an unambiguous format"
                                + " (e.g. ISO 8601)\n"));
        assertThat(fixture.runWith("n\n", "restart", "batman", "--scheduled", "2030-06-01T12:00Z")
                        .err())
                .isEqualTo("Error: Aborted scheduled restart\n");
    }

    @Test
    @DisplayName("CTL-061 restart --pending: those that need it; scheduled asks its own question")
    void restartPending() {
        replica.on("POST /restart", 200, "");
        fixture.member("pg1", replica.key("\"role\":\"replica\",\"pending_restart\":true"));
        Result result = fixture.run("restart", "batman", "--pending", "--force");
        assertThat(result.out()).endsWith("Success: restart on member pg1\n").doesNotContain("member pg0");
        assertThat(replica.requests().getFirst().body()).isEqualTo("{\"restart_pending\": true}");
        assertThat(fixture.runWith("n\n", "restart", "batman", "--pending", "--scheduled", "2030-06-01T12:00Z")
                        .out())
                .endsWith("The nodes needing a restart will be identified at the scheduled time, and might be different"
                        + " from the ones showing pending restart right now. Is this fine? [y/N]: ");
    }

    @Test
    @DisplayName("CTL-062 restart --any: one of them")
    void restartAny() {
        leader.on("POST /restart", 200, "");
        replica.on("POST /restart", 200, "");
        fixture.run("restart", "batman", "--any", "--force");
        assertThat(leader.requests().size() + replica.requests().size()).isEqualTo(1);
    }

    @Test
    @DisplayName("CTL-063 restart --pg-version: X.Y or X.Y.Z")
    void restartVersion() {
        leader.on("POST /restart", 200, "");
        replica.on("POST /restart", 200, "");
        assertThat(fixture.run("restart", "batman", "--pg-version", "16", "--force")
                        .err())
                .isEqualTo("Error: Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 16\n");
        assertThat(fixture.run("restart", "batman", "--pg-version", "16.0", "--force")
                        .status())
                .isZero();
        assertThat(leader.requests().getFirst().body()).isEqualTo("{\"postgres_version\": \"16.0\"}");
    }

    @Test
    @DisplayName("CTL-064 a second schedule is refused; with --force it replaces the first")
    void restartAgain() {
        replica.on("POST /restart", 409, "Another restart is already scheduled").on("DELETE /restart", 200, "");
        String[] command = {"restart", "batman", "pg1", "--force", "--scheduled", "2030-06-01T12:00Z"};
        assertThat(fixture.run(command).out()).endsWith("Failed: another restart is already scheduled on member pg1\n");
        fixture.member("pg1", replica.key("\"scheduled_restart\":{\"schedule\":\"2029-01-01T00:00:00+00:00\"}"));
        fixture.run(command);
        assertThat(replica.requests().stream().map(Request::line))
                .containsExactly("POST /restart", "DELETE /restart", "POST /restart");
    }

    @Test
    @DisplayName("CTL-065 no scheduled restart in pause")
    void restartPaused() {
        fixture.put(StoreKey.CONFIG, "{\"pause\":true}");
        Result result = fixture.run("restart", "batman", "--force", "--scheduled", "2030-06-01T12:00Z");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("Error: Can't schedule restart in the paused state\n");
    }

    @Test
    @DisplayName("CTL-066 CTL-067 restart: a refusal is a line, exit status 0; the timeout is passed on as text")
    void restartTimeout() {
        leader.on("POST /restart", 400, "Timeout should be a positive number of seconds");
        Result result = fixture.run("restart", "batman", "pg0", "--timeout", "-1", "--force");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .endsWith("Failed: restart for member pg0, status code=400, (Timeout should be a positive number of"
                        + " seconds)\n");
        assertThat(leader.requests().getFirst().body()).isEqualTo("{\"timeout\": \"-1\"}");
    }

    @Test
    @DisplayName("CTL-055 reinit without names asks; with --force it does nothing")
    void reinitWithoutNames() {
        replica.on("POST /reinitialize", 200, "reinitialize started");
        assertThat(afterTable(fixture.run("reinit", "batman", "--force"))).isEqualTo(new Result(0, "", ""));
        assertThat(afterTable(fixture.runWith("pg1\ny\n", "reinit", "batman")).out())
                .isEqualTo("Which member do you want to reinitialize [pg1]? []: "
                        + "Are you sure you want to reinitialize members pg1? [y/N]: "
                        + "Success: reinitialize for member pg1\n");
        assertThat(replica.requests())
                .containsExactly(new Request("POST /reinitialize", "{\"force\": false, \"from_leader\": false}", ""));
        assertThat(fixture.runWith("pg9\n", "reinit", "batman").err())
                .isEqualTo("Error: pg9 is not a member of cluster\n");
    }

    @Test
    @DisplayName("CTL-069 CTL-070 CTL-071 reinit: cancels a running one on demand, waits for the end")
    void reinitAgain() {
        replica.on("POST /reinitialize", 503, "reinitialize already in progress")
                .on("POST /reinitialize", 200, "reinitialize started")
                .on("GET /patroni", 200, "{\"state\": \"creating replica\"}")
                .on("GET /patroni", 200, "{\"state\": \"running\"}");
        assertThat(afterTable(fixture.runWith("y\ny\n", "reinit", "batman", "pg1", "--from-leader", "--wait")))
                .isEqualTo(new Result(
                        0,
                        "Are you sure you want to reinitialize members pg1? [y/N]: "
                                + "Failed: reinitialize for member pg1, status code=503, (reinitialize already in progress)\n"
                                + "Do you want to cancel it and reinitialize anyway? [y/N]: "
                                + "Success: reinitialize for member pg1\n"
                                + "Waiting for reinitialize to complete on: pg1\n"
                                + "Reinitialize is completed on: pg1\n",
                        ""));
        assertThat(replica.requests().stream().map(Request::body).filter(body -> !body.isEmpty()))
                .containsExactly(
                        "{\"force\": false, \"from_leader\": true}", "{\"force\": true, \"from_leader\": true}");
    }

    @Test
    @DisplayName("CTL-072 flush restart: with a schedule and without")
    void flushRestart() {
        replica.on("DELETE /restart", 200, "scheduled restart deleted");
        fixture.member("pg1", replica.key("\"scheduled_restart\":{\"schedule\":\"2029-01-01T00:00:00+00:00\"}"));
        assertThat(fixture.run("flush", "batman", "restart", "--force").out())
                .endsWith(
                        "No scheduled restart for member pg0\n" + "Success: flush scheduled restart for member pg1\n");
        replica.on("DELETE /restart", 404, "no restarts are scheduled");
        fixture.run("flush", "batman", "pg1", "restart", "--force");
        assertThat(fixture.run("flush", "batman", "pg1", "restart", "--force").out())
                .endsWith(
                        "Failed: flush scheduled restart for member pg1, status code=404, (no restarts are scheduled)\n");
    }

    @Test
    @DisplayName("CTL-073 flush switchover: none, success, refused, and over the store")
    void flushSwitchover() {
        assertThat(fixture.run("flush", "batman", "switchover"))
                .isEqualTo(new Result(0, "No pending scheduled switchover\n", ""));
        String request = "{\"leader\":\"pg0\",\"scheduled_at\":\"2030-01-01T00:00:00+00:00\"}";
        fixture.put(StoreKey.FAILOVER, request);
        leader.on("DELETE /switchover", 503, "busy");
        replica.on("DELETE /switchover", 200, "scheduled switchover deleted");
        assertThat(fixture.run("flush", "batman", "switchover").out())
                .isEqualTo("Failed: member=pg0, status_code=503, (busy)\nSuccess: scheduled switchover deleted\n");
        leader.close();
        replica.close();
        Result result = fixture.run("flush", "batman", "switchover");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .isEqualTo("2026-11-22 21:00:52.59456 Could not find any accessible member of cluster batman\n");
        assertThat(result.err()).endsWith(" - WARNING - Failing over to DCS\n");
        assertThat(fixture.stored(StoreKey.FAILOVER)).isEqualTo("{}");
    }

    @Test
    @DisplayName("CTL-074 flush: the target comes last")
    void flushOrder() {
        Result result = fixture.run("flush", "batman", "restart", "pg1");
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err())
                .isEqualTo(
                        "Usage: patronictl flush [OPTIONS] CLUSTER_NAME [MEMBER_NAMES]... {restart|switchover}\n"
                                + "Try 'patronictl flush --help' for help.\n\n"
                                + "Error: Invalid value for '{restart|switchover}': 'pg1' is not one of 'restart', 'switchover'.\n");
    }

    @Test
    @DisplayName("CTL-009 a member that does not answer: one line on stderr, the others are still asked, exit status 1")
    void silent() {
        replica.on("POST /reload", 202, "");
        leader.close();
        Result result = fixture.run("reload", "batman", "--force");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).startsWith("Error: POST http://127.0.0.1:").hasLineCount(1);
        assertThat(result.out()).contains("for member pg1 and will be processed");
    }

    @Test
    @DisplayName("CTL-047 CTL-048 version: ours, then each member's")
    void version() {
        assertThat(fixture.run("version")).isEqualTo(new Result(0, "patronictl version 4.1.4\n", ""));
        leader.on("GET /patroni", 200, "{\"server_version\": 150018, \"patroni\": {\"version\": \"4.1.4\"}}");
        replica.close();
        String[] lines = fixture.run("version", "batman").out().split("\n");
        assertThat(lines).hasSize(4);
        assertThat(lines[1]).isEmpty();
        assertThat(lines[2]).isEqualTo("pg0: Patroni 4.1.4 PostgreSQL 15.18");
        assertThat(lines[3]).startsWith("pg1: failed to get version: ");
        assertThat(fixture.run("version", "batman", "pg0", "nobody").out())
                .contains("pg0")
                .doesNotContain("pg1");
    }

    @Test
    @DisplayName("CTL-011 ctl.authentication is sent, restapi's in its absence")
    void authentication() {
        leader.on("POST /reload", 202, "");
        fixture.environment.put("PATRONI_RESTAPI_USERNAME", "rest");
        fixture.environment.put(
                "PATRONI_CONFIGURATION",
                "{scope: batman, raft: {self_addr: '127.0.0.1:1'}, restapi: {authentication: {username: u, password: p}}}");
        fixture.run("reload", "batman", "pg0", "--force");
        fixture.environment.put(
                "PATRONI_CONFIGURATION",
                "{scope: batman, raft: {self_addr: '127.0.0.1:1'}, restapi: {authentication: {username: u, password: p}},"
                        + " ctl: {authentication: {username: c, password: d}}}");
        fixture.run("reload", "batman", "pg0", "--force");
        assertThat(leader.requests().stream().map(Request::authorization))
                .isEqualTo(List.of("Basic dTpw", "Basic Yzpk"));
    }
}

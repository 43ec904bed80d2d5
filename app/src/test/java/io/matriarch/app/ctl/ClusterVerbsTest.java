package io.matriarch.app.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.app.ctl.FakeMember.Request;
import io.matriarch.ports.dcs.StoreKey;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClusterVerbsTest {

    private static final String TABLE = """
            + Cluster: batman (7711102280255504572) ------+----+-------------+-----+------------+-----+
            | Member | Host           | Role    | State   | TL | Receive LSN | Lag | Replay LSN | Lag |
            +--------+----------------+---------+---------+----+-------------+-----+------------+-----+
            | pg0    | 127.0.0.1:5432 | Leader  | running |    |             |     |            |     |
            | pg1    | 127.0.0.1:5432 | Replica | running |    |     unknown |     |    unknown |     |
            +--------+----------------+---------+---------+----+-------------+-----+------------+-----+
            """;
    private static final String TOPOLOGY = "Current cluster topology\n" + TABLE;
    private static final String TIME = "2026-11-22 21:00:52.59456 ";

    private FakeMember leader;
    private FakeMember replica;
    private CtlFixture fixture;

    @BeforeEach
    void start() throws IOException {
        leader = new FakeMember();
        replica = new FakeMember();
        fixture = new CtlFixture()
                .put(StoreKey.INITIALIZE, CtlFixture.SYSTEM_IDENTIFIER)
                .put(StoreKey.CONFIG, "{\"ttl\":30,\"loop_wait\":1}")
                .leader("pg0")
                .member("pg0", leader.key("\"role\":\"primary\""))
                .member("pg1", replica.key("\"role\":\"replica\""));
    }

    @AfterEach
    void stop() {
        leader.close();
        replica.close();
    }

    private static Result ok(String out) {
        return new Result(0, out, "");
    }

    @Test
    @DisplayName("CTL-077 CTL-083 switchover: prompts, the API's text, the table")
    void switchover() {
        fixture.member("pg3", "{\"tags\":{\"nofailover\":true}}");
        fixture.member("pg2", "{\"role\":\"replica\"}");
        leader.on("POST /switchover", 200, "Successfully switched over to \"pg1\"");
        Result result = fixture.runWith("\npg1\n\ny\n", "switchover");
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .startsWith("Current cluster topology\n+ Cluster: batman (7711102280255504572) ")
                .contains("Primary [pg0]: Candidate ['pg1', 'pg2'] []: "
                        + "When should the switchover take place (e.g. 2026-11-22T22:00 )  [now]: "
                        + "Are you sure you want to switchover cluster batman, demoting current leader pg0? [y/N]: "
                        + TIME + "Successfully switched over to \"pg1\"\n+ Cluster: batman");
        assertThat(leader.requests())
                .containsExactly(new Request("POST /switchover", "{\"candidate\": \"pg1\", \"leader\": \"pg0\"}", ""));
    }

    @Test
    @DisplayName("CTL-082 CTL-084 switchover: --primary is --leader; a refusal is a line without table, exit status 0")
    void switchoverRefused() {
        leader.on("POST /switchover", 412, "leader name does not match");
        assertThat(fixture.run("switchover", "batman", "--primary", "pg0", "--force"))
                .isEqualTo(ok(TOPOLOGY + "Switchover failed, details: 412, leader name does not match\n"));
        assertThat(leader.requests().getFirst().body()).isEqualTo("{\"candidate\": null, \"leader\": \"pg0\"}");
        leader.on("POST /switchover", 503, "Switchover status unknown");
        fixture.run("switchover", "--force");
        assertThat(fixture.run("switchover", "--force").out())
                .endsWith("Switchover result unknown, details: 503, Switchover status unknown\n");
    }

    @Test
    @DisplayName("CTL-085 switchover at a time")
    void switchoverScheduled() {
        leader.on("POST /switchover", 202, "Switchover scheduled");
        assertThat(fixture.runWith("\n\ny\n", "switchover", "--scheduled", "2030-01-01T00:00")
                        .out())
                .contains("Are you sure you want to schedule switchover of cluster batman at 2030-01-01T00:00:00+00:00,"
                        + " demoting current leader pg0? [y/N]: " + TIME + "Switchover scheduled\n");
        assertThat(leader.requests().getFirst().body())
                .isEqualTo(
                        "{\"candidate\": null, \"leader\": \"pg0\", \"scheduled_at\": \"2030-01-01T00:00:00+00:00\"}");
    }

    @Test
    @DisplayName("CTL-075 CTL-076 CTL-078 CTL-081 switchover: what is checked before anybody is asked")
    void switchoverErrors() {
        assertThat(fixture.run("switchover", "--leader", "pg1", "--force"))
                .isEqualTo(new Result(1, TOPOLOGY, "Error: Member pg1 is not the leader of cluster batman\n"));
        assertThat(fixture.run("switchover", "--candidate", "pg0", "--force").err())
                .isEqualTo("Error: Member pg0 is already the leader of cluster batman\n");
        assertThat(fixture.run("switchover", "--candidate", "pg9", "--force").err())
                .isEqualTo("Error: Member pg9 does not exist in cluster batman or is tagged as nofailover\n");
        fixture.member("pg1", "{\"tags\":{\"nofailover\":true}}");
        assertThat(fixture.run("switchover", "--force").err())
                .isEqualTo("Error: No candidates found to switchover to\n");
        assertThat(new CtlFixture().member("a", "{}").run("switchover").err())
                .isEqualTo("Error: This cluster has no leader\n");
        fixture.member("pg0", leader.key("\"role\":\"standby_leader\""));
        assertThat(fixture.run("switchover").out()).endsWith("Standby Leader [pg0]: \n");
    }

    @Test
    @DisplayName("CTL-086 CTL-088 switchover: not scheduled in pause; declined")
    void switchoverDeclined() {
        assertThat(fixture.runWith("\n\n\n\n", "switchover").err()).isEqualTo("Error: Aborting switchover\n");
        assertThat(fixture.runWith("\n\n\n", "switchover", "--scheduled", "2030-01-01T00:00Z")
                        .err())
                .isEqualTo("Error: Aborting scheduled switchover\n");
        fixture.put(StoreKey.CONFIG, "{\"pause\":true}");
        assertThat(fixture.run("switchover", "--force", "--scheduled", "2030-01-01T00:00Z")
                        .err())
                .isEqualTo("Error: Can't schedule switchover in the paused state\n");
    }

    @Test
    @DisplayName("CTL-087 switchover over the store when the leader's API is down")
    void switchoverWithoutApi() {
        leader.close();
        Result result = fixture.run("switchover", "--candidate", "pg1", "--scheduled", "2030-01-01T00:00Z", "--force");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .contains(TIME + "Could not switchover using Patroni api, falling back to DCS\n+ Cluster: batman")
                .endsWith("                      to: pg1\n");
        assertThat(result.err()).contains(" - ERROR - POST http://").contains(" - WARNING - Failing over to DCS\n");
        assertThat(fixture.stored(StoreKey.FAILOVER))
                .isEqualTo("{\"leader\":\"pg0\",\"member\":\"pg1\",\"scheduled_at\":\"2030-01-01T00:00:00+00:00\"}");
    }

    @Test
    @DisplayName("a member that knows no switchover is asked for a failover")
    void switchoverUnknown() {
        leader.on("POST /switchover", 501, "Unsupported method").on("POST /failover", 200, "done");
        assertThat(fixture.run("switchover", "--force").out()).contains(TIME + "done\n");
    }

    @Test
    @DisplayName("CTL-079 failover wants a candidate")
    void failoverWithoutCandidate() {
        assertThat(fixture.run("failover", "--force"))
                .isEqualTo(
                        new Result(1, TOPOLOGY, "Error: Failover could be performed only to a specific candidate\n"));
        assertThat(fixture.runWith("\n", "failover").err())
                .isEqualTo("Error: Failover could be performed only to a specific candidate\n");
    }

    @Test
    @DisplayName("CTL-080 failover: to an asynchronous member only after a question; without leader to the candidate")
    void failover() {
        fixture.put(StoreKey.CONFIG, "{\"synchronous_mode\":true}")
                .put(StoreKey.SYNC, "{\"leader\":\"pg0\",\"sync_standby\":\"pg2\"}");
        Result result = fixture.runWith("n\n", "failover", "--candidate", "pg1");
        assertThat(result.out()).endsWith("Are you sure you want to failover to the asynchronous node pg1? [y/N]: ");
        assertThat(result.err()).isEqualTo("Error: Aborting failover\n");
        leader.on("POST /failover", 200, "Successfully failed over to \"pg1\"");
        assertThat(fixture.run("failover", "--candidate", "pg1", "--force").out())
                .contains(TIME + "Successfully failed over to \"pg1\"\n");
        assertThat(leader.requests().getLast().body()).isEqualTo("{\"candidate\": \"pg1\"}");
        replica.on("POST /failover", 503, "Failover failed");
        var leaderless = new CtlFixture().member("pg1", replica.key("\"role\":\"replica\""));
        assertThat(leaderless.runWith("y\n", "failover", "--candidate", "pg1").out())
                .endsWith("Are you sure you want to failover cluster batman? [y/N]: "
                        + "Failover failed, details: 503, Failover failed\n");
    }

    @Test
    @DisplayName("failover over the store names no leader")
    void failoverWithoutApi() {
        leader.close();
        fixture.run("failover", "--candidate", "pg1", "--force");
        assertThat(fixture.stored(StoreKey.FAILOVER)).isEqualTo("{\"member\":\"pg1\"}");
    }

    @Test
    @DisplayName("CTL-089 CTL-091 pause and resume: through any member that answers")
    void pause() {
        assertThat(fixture.run("resume")).isEqualTo(new Result(1, "", "Error: Cluster is not paused\n"));
        leader.on("PATCH /config", 200, "{}");
        assertThat(fixture.run("pause")).isEqualTo(ok("Success: cluster management is paused\n"));
        assertThat(leader.requests()).containsExactly(new Request("PATCH /config", "{\"pause\": true}", ""));
        fixture.put(StoreKey.CONFIG, "{\"pause\":true}");
        assertThat(fixture.run("pause").err()).isEqualTo("Error: Cluster is already paused\n");
        leader.close();
        replica.on("PATCH /config", 200, "{}");
        Result result = fixture.run("resume");
        assertThat(result.out()).isEqualTo("Success: cluster management is resumed\n");
        assertThat(result.err()).endsWith(" - WARNING - Member pg0 is not accessible\n");
        assertThat(replica.requests().getFirst().body()).isEqualTo("{\"pause\": null}");
    }

    @Test
    @DisplayName("CTL-092 pause: refused, and nobody there")
    void pauseFails() {
        leader.on("PATCH /config", 409, "conflict");
        assertThat(fixture.run("pause"))
                .isEqualTo(ok("Failed: pause cluster management status code=409, (conflict)\n"));
        leader.close();
        replica.close();
        assertThat(fixture.run("pause").err()).endsWith("Error: Can not find accessible cluster member\n");
    }

    @Test
    @DisplayName("CTL-090 pause --wait: until all members say so, or in vain")
    void pauseWait() {
        leader.on("PATCH /config", 200, "{}");
        assertThat(fixture.run("pause", "--wait").out())
                .isEqualTo("'pause' request sent, waiting until it is recognized by all nodes\n"
                        + "pg0, pg1 members didn't recognized pause state after 1 seconds\n");
        fixture.member("pg0", leader.key("\"pause\":true")).member("pg1", replica.key("\"pause\":true"));
        assertThat(fixture.run("pause", "--wait").out())
                .isEqualTo("'pause' request sent, waiting until it is recognized by all nodes\n"
                        + "Success: cluster management is paused\n");
    }

    @Test
    @DisplayName("CTL-110 CTL-111 remove: three questions, each with its error")
    void remove() {
        String first = "Please confirm the cluster name to remove: ";
        String second = "You are about to remove all information in DCS for batman, please type: \"Yes I am aware\": ";
        String third = "This cluster currently is healthy. Please specify the leader name to continue: ";
        assertThat(fixture.runWith("robin\n", "remove", "batman"))
                .isEqualTo(new Result(1, TABLE + first, "Error: Cluster names specified do not match\n"));
        assertThat(fixture.runWith("batman\nyes\n", "remove", "batman").err())
                .isEqualTo("Error: You did not exactly type \"Yes I am aware\"\n");
        assertThat(fixture.runWith("batman\nYes I am aware\npg1\n", "remove", "batman"))
                .isEqualTo(new Result(
                        1,
                        TABLE + first + second + third,
                        "Error: You did not specify the current leader of the cluster\n"));
        assertThat(fixture.stored(StoreKey.CONFIG)).isNotEmpty();
        assertThat(fixture.run("remove", "batman", "--force").status()).isEqualTo(2);
        assertThat(fixture.runWith("batman\nYes I am aware\npg0\n", "remove", "batman"))
                .isEqualTo(ok(TABLE + first + second + third));
        assertThat(fixture.stored(StoreKey.CONFIG)).isEmpty();
        assertThat(fixture.run("list", "-f", "json").out()).isEqualTo("[]\n");
    }

    @Test
    @DisplayName("CTL-105 CTL-108 CTL-109 demote-cluster and promote-cluster: what is checked first")
    void standbyErrors() {
        assertThat(fixture.run("demote-cluster", "--force").err())
                .isEqualTo("Error: At least --host, --port or --restore-command should be specified\n");
        assertThat(fixture.run("promote-cluster", "--force").err())
                .isEqualTo("Error: Cluster is already in the required state\n");
        assertThat(new CtlFixture().run("promote-cluster").err())
                .isEqualTo("Error: Cluster has no leader, promotion is not possible\n");
        assertThat(new CtlFixture().run("demote-cluster", "--port", "1").err())
                .isEqualTo("Error: Cluster has no leader, demotion is not possible\n");
        assertThat(fixture.run("demote-cluster", "--port", "x").status()).isEqualTo(2);
        assertThat(fixture.runWith("n\n", "demote-cluster", "--host", "h"))
                .isEqualTo(new Result(
                        1,
                        TOPOLOGY + "Are you sure you want to demote batman cluster? [y/N]: ",
                        "Error: Aborted cluster demotion\n"));
        leader.on("PATCH /config", 409, "conflict");
        assertThat(fixture.run("demote-cluster", "--host", "h", "--force").err())
                .isEqualTo("Error: Failed to demote batman cluster: status code=409, (conflict)\n");
    }

    @Test
    @DisplayName("CTL-106 CTL-107 demote-cluster and promote-cluster: the patch, and waiting for the leader's role")
    void standby() {
        leader.on("PATCH /config", 200, "{}");
        Thread agent = Thread.ofVirtual().start(() -> {
            while (leader.requests().isEmpty()) {
                Thread.onSpinWait();
            }
            fixture.member("pg0", leader.key("\"role\":\"standby_leader\""));
        });
        Result result = fixture.run("demote-cluster", "--host", "h", "--port", "5432", "--force");
        assertThat(agent.isAlive()).isFalse();
        assertThat(leader.requests().getFirst().body())
                .isEqualTo("{\"standby_cluster\": {\"host\": \"h\", \"port\": 5432}}");
        assertThat(result.out())
                .contains("2026-11-22 21:00:52 cluster is unlocked: False, leader role: standby_leader, leader state:"
                        + " running\n" + TIME + "cluster is successfully demoted\n+ Cluster: batman");
        Thread.ofVirtual().start(() -> {
            while (leader.requests().size() < 2) {
                Thread.onSpinWait();
            }
            fixture.member("pg0", leader.key("\"role\":\"primary\""));
        });
        assertThat(fixture.runWith("y\n", "promote-cluster").out()).contains("cluster is successfully promoted\n");
        assertThat(leader.requests().getLast().body()).isEqualTo("{\"standby_cluster\": null}");
    }
}

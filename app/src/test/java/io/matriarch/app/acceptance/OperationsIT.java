package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What operators do on an ordinary day. */
@Acceptance
@DisplayName("operations: edit-config, restart, pause, reinit, and the watchdog's protocol on the way")
class OperationsIT {

    private Cluster cluster;

    @BeforeAll
    void start() {
        cluster = Cluster.onLoopback(3).with("use_pg_rewind", "true").build().startHealthy();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    @DisplayName("the device gets its timeout, then a byte a turn, and only the leader opens it")
    void watchdog() throws Exception {
        Member primary = cluster.primary();
        // Half the ttl: it is too short for a safety margin of 5 seconds.
        assertThat(primary.watchdog().text()).matches("(?s)Ctimeout=2\n1+");
        int before = primary.watchdog().text().length();
        Await.until(
                "a byte a turn",
                cluster.patience(),
                () -> primary.watchdog().text().length() >= before + 3);
        for (Member replica : cluster.others(primary)) {
            assertThat(replica.watchdog().events()).isEmpty();
        }
    }

    @Test
    @Order(2)
    @DisplayName("edit-config shows the difference, and a reload is enough for a parameter that needs no restart")
    void editConfig() {
        var answer = cluster.ctl()
                .run("edit-config", "-s", "postgresql.parameters.work_mem=9MB", "--force")
                .succeeded();
        assertThat(answer.out()).contains("+    work_mem: 9MB").contains("Configuration changed");
        assertThat(cluster.ctl()
                        .run("edit-config", "-s", "postgresql.parameters.work_mem=9MB", "--force")
                        .succeeded()
                        .out())
                .contains("Not changed");
        for (Member member : cluster.members()) {
            Await.until(
                    "work_mem on " + member,
                    cluster.patience(),
                    () -> member.query("SHOW work_mem").equals("9MB"));
        }
    }

    @Test
    @Order(3)
    @DisplayName(
            "a parameter that needs a restart is shown as pending; restart applies it, the primary stays the primary")
    void restart() {
        Member primary = cluster.primary();
        cluster.ctl()
                .run("edit-config", "-q", "-s", "postgresql.parameters.max_connections=120", "--force")
                .succeeded();
        Await.until(
                "a restart is pending everywhere",
                cluster.patience(),
                () -> cluster.ctl()
                                .run("list", "-f", "json")
                                .succeeded()
                                .out()
                                .split("max_connections: 100->120")
                                .length
                        == 4);
        var answer = cluster.ctl().run("restart", Cluster.SCOPE, "--force").succeeded();
        for (Member member : cluster.members()) {
            assertThat(answer.out()).contains("Success: restart on member " + member.name());
        }
        for (Member member : cluster.members()) {
            Await.until(
                    "max_connections on " + member,
                    cluster.patience(),
                    () -> member.query("SHOW max_connections").equals("120"));
        }
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(primary);
        Await.until(
                "nothing is pending",
                cluster.patience(),
                () -> !cluster.ctl().run("list").out().contains("Pending restart"));
    }

    @Test
    @Order(4)
    @DisplayName("paused: the watchdog is disarmed, a dead primary stays dead; resumed: there is a primary again")
    void pause() throws Exception {
        Member primary = cluster.primary();
        assertThat(cluster.ctl().run("pause", "--wait").succeeded().out())
                .contains("Success: cluster management is paused");
        assertThat(cluster.ctl().run("list").succeeded().out()).contains(" Maintenance mode: on");
        assertThat(cluster.ctl().run("pause"))
                .satisfies(again -> assertThat(again.status()).isEqualTo(1))
                .satisfies(again -> assertThat(again.err()).contains("Error: Cluster is already paused"));
        Await.until(
                "the watchdog is disarmed",
                cluster.patience(),
                () -> primary.watchdog().text().endsWith("V<closed>"));
        assertThat(primary.query("CREATE TABLE in_pause (i int)")).isEmpty();
        long postmaster = primary.postmasterPid().orElseThrow();
        // An agent that ends in pause leaves its server alone.
        assertThat(primary.stop()).isZero();
        assertThat(primary.postmasterPid()).hasValue(postmaster);
        assertThat(Await.holdsFor(
                        cluster.ttl().plus(Duration.ofSeconds(3)),
                        () -> cluster.others(primary).stream()
                                .noneMatch(
                                        member -> member.rest("GET", "/primary").status() == 200)))
                .as("no replica is promoted in pause")
                .isTrue();
        primary.start();
        Await.until(
                "the agent is back",
                cluster.patience(),
                () -> primary.rest("GET", "/primary").status() == 200);
        assertThat(primary.postmasterPid()).hasValue(postmaster);
        assertThat(cluster.ctl().run("resume", "--wait").succeeded().out())
                .contains("Success: cluster management is resumed");
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(primary);
        Await.until(
                "the watchdog is armed again",
                cluster.patience(),
                () -> primary.watchdog().isArmed());
    }

    @Test
    @Order(5)
    @DisplayName("reinit of a streaming replica makes it anew, and nothing is removed before it is asked for")
    void reinit() {
        Member primary = cluster.primary();
        Member replica = cluster.others(primary).getFirst();
        assertThat(replica.logText()).doesNotContain("Removing data directory");
        long before = replica.postmasterPid().orElseThrow();
        assertThat(cluster.ctl()
                        .run("reinit", Cluster.SCOPE, replica.name(), "--force")
                        .succeeded()
                        .out())
                .contains("Success: reinitialize for member " + replica.name());
        Await.until(
                "another postmaster",
                cluster.patience(),
                () -> replica.postmasterPid().isPresent()
                        && replica.postmasterPid().getAsLong() != before);
        cluster.awaitHealthy();
        assertThat(replica.logText()).contains("Removing data directory: " + replica.data());
    }

    @Test
    @Order(6)
    @DisplayName("reload, query, dsn and version answer for every member")
    void small() {
        Member primary = cluster.primary();
        assertThat(cluster.ctl()
                        .run("reload", Cluster.SCOPE, "--force")
                        .succeeded()
                        .out())
                .contains(primary.name());
        assertThat(cluster.ctl().run("dsn").succeeded().out().strip())
                .isEqualTo("host=127.0.0.1 port=" + primary.port());
        assertThat(cluster.ctl().run("version", Cluster.SCOPE).succeeded().out())
                .contains(primary.name() + ": ");
    }

    @Test
    @Order(7)
    @DisplayName("W-29 an agent that stops its server tells its peers that a primary lives, until it has stopped")
    void answersWhileStopping() throws Exception {
        Member primary = cluster.primary();
        long session;
        try (var connection = primary.connect()) {
            try (var row = connection.createStatement().executeQuery("SELECT pg_backend_pid()")) {
                assertThat(row.next()).isTrue();
                session = row.getLong(1);
            }
            // A session that does not hear of the shutdown holds it up.
            Member.signal("STOP", session);
            try {
                primary.signalAgent("TERM");
                Await.until(
                        "stopping",
                        cluster.patience(),
                        () -> primary.rest("GET", "/patroni").body().contains("\"stopping\""));
                assertThat(Await.holdsFor(cluster.ttl(), () -> {
                            var answer = primary.rest("GET", "/patroni");
                            return answer.body().contains("\"role\": \"primary\"")
                                    && primary.postmasterPid().isPresent();
                        }))
                        .isTrue();
                assertThat(cluster.others(primary))
                        .allSatisfy(other -> assertThat(
                                        other.rest("GET", "/primary").status())
                                .isNotEqualTo(200));
            } finally {
                Member.signal("CONT", session);
            }
        }
        assertThat(primary.awaitExit(cluster.patience())).isZero();
        cluster.awaitOtherPrimary(primary);
        primary.start();
        cluster.awaitHealthy();
    }
}

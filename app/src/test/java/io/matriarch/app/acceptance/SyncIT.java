package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Commits that wait for standbys, and elections that know which standbys they waited for. */
@Acceptance
@DisplayName("synchronous modes: priority, quorum, strict")
class SyncIT {

    private Cluster cluster;

    @BeforeAll
    void start() {
        cluster = Cluster.onLoopback(3).with("use_pg_rewind", "true").build().startHealthy();
    }

    @BeforeEach
    void recover() {
        cluster.members().stream().filter(member -> !member.isRunning()).forEach(Member::start);
        cluster.awaitHealthy();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    @DisplayName("HA-105, HA-106 synchronous_mode: on makes one standby synchronous, in list, /sync and the server")
    void priority() throws Exception {
        set("synchronous_mode=on");
        Member standby = awaitStandbys("/sync", 1).getFirst();
        Member primary = cluster.primary();
        assertThat(primary.query("SHOW synchronous_standby_names")).isEqualTo(standby.name());
        assertThat(primary.query(
                        "SELECT string_agg(application_name, ',') FROM pg_stat_replication WHERE sync_state = 'sync'"))
                .isEqualTo(standby.name());
        assertThat(cluster.ctl().run("list").succeeded().out()).contains("Sync Standby");
    }

    @Test
    @Order(2)
    @DisplayName("S-7 the primary's host is lost under writers: its synchronous standby leads, no row is lost")
    void priorityFailover() throws Exception {
        Member standby = awaitStandbys("/sync", 1).getFirst();
        failover(standby);
        assertThat(cluster.primary()).isEqualTo(standby);
    }

    @Test
    @Order(3)
    @DisplayName("HA-093 a switchover goes to the synchronous standby, and to nobody else")
    void switchover() throws Exception {
        Member standby = awaitStandbys("/sync", 1).getFirst();
        Member primary = cluster.primary();
        Member other = cluster.others(primary, standby).getFirst();
        assertThat(cluster.ctl()
                        .run("switchover", "--leader", primary.name(), "--candidate", other.name(), "--force")
                        .out())
                .contains("candidate name does not match with sync_standby");
        try (var writers = Writers.start(cluster, 2)) {
            long asked = System.nanoTime();
            cluster.ctl()
                    .run("switchover", "--leader", primary.name(), "--candidate", standby.name(), "--force")
                    .succeeded();
            assertThat(cluster.awaitOtherPrimary(primary)).isEqualTo(standby);
            writers.awaitWritesAfter(System.nanoTime());
            Figures.note("switchover in synchronous mode, write gap", List.of(writers.longestGap(asked)));
            cluster.awaitHealthy();
            assertThat(writers.lost(cluster.primary())).isZero();
        }
        awaitStandbys("/sync", 1);
    }

    @Test
    @Order(4)
    @DisplayName("W-19 the synchronous standby is killed: another one takes its place, and writes go on")
    void standbyLost() throws Exception {
        Member standby = awaitStandbys("/sync", 1).getFirst();
        try (var writers = Writers.start(cluster, 2)) {
            long killed = System.nanoTime();
            standby.crash();
            writers.awaitWritesAfter(System.nanoTime() + Duration.ofSeconds(1).toNanos());
            Figures.note("synchronous standby killed, write gap", List.of(writers.longestGap(killed)));
            Member next = Await.value(
                    "another synchronous standby",
                    cluster.patience(),
                    () -> cluster.others(standby).stream()
                            .filter(member -> member.rest("GET", "/sync").status() == 200)
                            .findFirst(),
                    () -> cluster.ctl().run("list").out());
            assertThat(next).isNotEqualTo(standby);
            assertThat(writers.lost(cluster.primary())).isZero();
        }
    }

    @Test
    @Order(5)
    @DisplayName("S-8 quorum mode: the primary's host is lost under writers, no row is lost")
    void quorumFailover() throws Exception {
        set("synchronous_mode=quorum");
        awaitStandbys("/quorum", 2);
        assertThat(cluster.primary().query("SHOW synchronous_standby_names")).startsWith("ANY 1 (");
        assertThat(cluster.ctl().run("list").succeeded().out()).contains("Quorum Standby");
        Member old = cluster.primary();
        failover(null);
        assertThat(cluster.primary()).isNotEqualTo(old);
        awaitStandbys("/quorum", 2);
    }

    @Test
    @Order(6)
    @DisplayName("S-10 strict: with both standbys stopped no commit is acknowledged until one is back")
    void strict() throws Exception {
        set("synchronous_mode=on");
        set("synchronous_mode_strict=true");
        awaitStandbys("/sync", 1);
        Member primary = cluster.primary();
        try (var writers = Writers.start(cluster, 1)) {
            // The store needs a majority: the servers go, the agents stay.
            cluster.ctl().run("pause", "--wait").succeeded();
            cluster.others(primary).forEach(Member::killPostmaster);
            Await.until(
                    "nobody streams",
                    cluster.patience(),
                    () -> primary.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                            .equals("0"));
            long alone = System.nanoTime();
            Await.until(
                    "the primary has noticed",
                    cluster.patience(),
                    () -> System.nanoTime() - alone > Duration.ofSeconds(4).toNanos());
            assertThat(writers.lastAcknowledged() - alone)
                    .isLessThan(Duration.ofMillis(500).toNanos());
            cluster.ctl().run("resume", "--wait").succeeded();
            writers.awaitWritesAfter(System.nanoTime());
            cluster.awaitHealthy();
            assertThat(writers.lost(cluster.primary())).isZero();
        }
    }

    @Test
    @Order(7)
    @DisplayName("HA-117 synchronous_mode: off removes the names")
    void off() throws Exception {
        set("synchronous_mode_strict=null");
        set("synchronous_mode=off");
        Await.until(
                "no names",
                cluster.patience(),
                () -> cluster.primary().query("SHOW synchronous_standby_names").isEmpty());
        assertThat(cluster.ctl().run("list").succeeded().out()).doesNotContain("Sync Standby");
    }

    private void failover(Member expected) throws Exception {
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 4)) {
            Member old = cluster.primary();
            long killed = System.nanoTime();
            old.crash();
            Member now = cluster.awaitOtherPrimary(old);
            writers.awaitWritesAfter(System.nanoTime());
            Figures.note("node loss in synchronous mode, to the first write", List.of(writers.longestGap(killed)));
            if (expected != null) {
                assertThat(now).isEqualTo(expected);
            }
            old.start();
            cluster.awaitHealthy();
            prober.assertOneWritable();
            assertThat(writers.lost(cluster.primary())).isZero();
        }
    }

    private void set(String setting) {
        cluster.ctl().run("edit-config", "-q", "-s", setting, "--force").succeeded();
    }

    /** The members that say they are synchronous, once there are so many. */
    private List<Member> awaitStandbys(String path, int count) {
        Await.until(
                count + " members answer 200 to " + path,
                cluster.patience(),
                () -> standbys(path).size() == count,
                () -> cluster.ctl().run("list").out());
        return standbys(path);
    }

    private List<Member> standbys(String path) {
        return cluster.members().stream()
                .filter(member -> member.rest("GET", path).status() == 200)
                .toList();
    }
}

package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The walk-through's failover: the primary's host is cut off under pgbench, without pg_rewind. */
@Acceptance
@DisplayName("host cut off, use_pg_rewind: false: failover, a lagging member that is no candidate, reinit")
class HostCutIT {

    @TempDir
    static Path temp;

    private Hosts hosts;
    private Cluster cluster;
    private Network.Stay stay;
    private Member old;

    @BeforeAll
    void start() {
        hosts = Hosts.create(3);
        stay = hosts.enterClient();
        cluster = Cluster.on(hosts, 3).with("use_pg_rewind", "false").build().startHealthy();
    }

    @AfterAll
    void stop() {
        // Ending the hosts ends every process that lives there, and so one started by a thread that still does.
        if (stay != null) {
            stay.close();
        }
        if (cluster != null) {
            cluster.close();
        }
        if (hosts != null) {
            hosts.close();
        }
    }

    @Test
    @Order(1)
    @DisplayName("§3.3 another member is promoted; the cut-off primary stops taking writes before; list shows it")
    void failover() throws Exception {
        old = cluster.primary();
        try (var prober = Prober.start(cluster);
                var _ = Pgbench.start(cluster, old, temp, Duration.ofSeconds(60))) {
            Await.until(
                    "pgbench writes",
                    cluster.patience(),
                    () -> Long.parseLong(
                                    old.query("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'"))
                            > 500);
            long cut = System.nanoTime();
            hosts.isolate(old.index());
            Member now = cluster.awaitOtherPrimary(old);
            Await.until(
                    "the new primary was written to",
                    cluster.patience(),
                    () -> prober.first(now, cut).isPresent());
            Prober.Write last = prober.last(old).orElseThrow();
            Prober.Write first = prober.first(now, cut).orElseThrow();
            assertThat(last.sent() - cut)
                    .as("the cut-off primary was written to after the cut, or the test shows nothing")
                    .isPositive();
            assertThat(last.acknowledged() - first.sent())
                    .as("ms from the new primary's first write to the old one's last")
                    .isNegative();
            Figures.note(
                    "host cut off, last write of the old primary to the first of the new one",
                    List.of(Duration.ofNanos(first.sent() - last.acknowledged())));
            Figures.note("host cut off, to the first write", List.of(Duration.ofNanos(first.acknowledged() - cut)));
            // The cut-off member cannot be asked, and its key has expired or soon will.
            Await.until(
                    "list shows the new leader",
                    cluster.patience(),
                    () -> Ctl.leader(cluster.ctl(now).list())
                            .filter(row -> row.member().equals(now.name()))
                            .filter(row -> row.timeline().equals("2"))
                            .isPresent());
            prober.assertOneWritable();
        }
    }

    @Test
    @Order(2)
    @DisplayName("§3.4 back on the network the diverged member stays on timeline 1, its lag growing")
    void comesBackDiverged() throws Exception {
        hosts.heal();
        Member now = cluster.primary();
        now.query(
                "CREATE TABLE growth AS SELECT md5(i::text) AS a, md5((-i)::text) AS b FROM generate_series(1, 200000) AS i");
        Await.until(
                "the old primary is a replica that does not stream, more than 1 MB behind",
                cluster.patience(),
                () -> row(old).filter(row -> row.role().equals("Replica"))
                        .filter(row ->
                                row.state().equals("running") && row.timeline().equals("1"))
                        .filter(row -> row.lag() > 1)
                        .isPresent(),
                () -> cluster.ctl(now).run("list").toString());
        int lag = row(old).orElseThrow().lag();
        now.query("INSERT INTO growth SELECT * FROM growth");
        Await.until(
                "its lag grows",
                cluster.patience(),
                () -> row(old).orElseThrow().lag() > lag);
        Await.until(
                "the third member streams",
                cluster.patience(),
                () -> Ctl.rows(cluster.ctl(now).run("topology").succeeded().out()).stream()
                                .filter(row -> row.state().equals("streaming"))
                                .count()
                        == 1);
    }

    @Test
    @Order(3)
    @DisplayName("§3.4 it is no candidate: Switchover failed, details: 503, Switchover failed, and the log says why")
    void isNoCandidate() {
        Member leader = cluster.primary();
        var answer = cluster.ctl(leader)
                .run("switchover", "--candidate", old.name(), "--force")
                .succeeded();
        assertThat(answer.out()).startsWith("Current cluster topology");
        assertThat(answer.out().lines().toList().getLast())
                .isEqualTo("Switchover failed, details: 503, Switchover failed");
        assertThat(leader.logText())
                .contains("Member " + old.name() + " exceeds maximum replication lag")
                .containsPattern("WARNING: .*no healthy members found, (switchover|failover) is not possible");
        assertThat(cluster.primary()).isEqualTo(leader);
    }

    @Test
    @Order(4)
    @DisplayName("§3.4 reinit makes it stream again; the log says why the data directory goes")
    void reinit() throws Exception {
        Member leader = cluster.primary();
        // The base backup begins with a checkpoint that takes its time, as the walk-through says.
        leader.query("CHECKPOINT");
        int mark = old.logMark();
        var answer = cluster.ctl(leader)
                .answering("y\n", "reinit", Cluster.SCOPE, old.name())
                .succeeded();
        assertThat(answer.out())
                .contains("Are you sure you want to reinitialize members " + old.name() + "? [y/N]: ")
                .contains("Success: reinitialize for member " + old.name());
        cluster.awaitHealthy();
        assertThat(old.logSince(mark)).contains("Removing data directory: " + old.data());
        Await.until(
                "timeline 2 everywhere",
                cluster.patience(),
                () -> cluster.ctl().list().stream()
                        .allMatch(row -> row.timeline().equals("2")));
    }

    private java.util.Optional<Ctl.Row> row(Member member) {
        return cluster.ctl(cluster.primary()).list().stream()
                .filter(row -> row.member().equals(member.name()))
                .findFirst();
    }
}

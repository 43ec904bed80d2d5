package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With pg_rewind a diverged member comes back without anybody's help. */
@Acceptance
@DisplayName("host cut off, use_pg_rewind: true: it comes back by itself")
class RewindIT {

    @TempDir
    static Path temp;

    private Hosts hosts;
    private Cluster cluster;
    private Network.Stay stay;

    @BeforeAll
    void start() {
        hosts = Hosts.create(3);
        stay = hosts.enterClient();
        cluster = Cluster.on(hosts, 3).with("use_pg_rewind", "true").build().startHealthy();
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
    @DisplayName("§3.5 the diverged member is rewound and streams on timeline 2, and its data directory is kept")
    void rewinds() throws Exception {
        Member old = cluster.primary();
        try (var prober = Prober.start(cluster);
                var _ = Pgbench.start(cluster, old, temp, Duration.ofSeconds(60))) {
            Await.until(
                    "pgbench writes",
                    cluster.patience(),
                    () -> Long.parseLong(
                                    old.query("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'"))
                            > 500);
            int mark = old.logMark();
            long cut = System.nanoTime();
            hosts.isolate(old.index());
            Member now = cluster.awaitOtherPrimary(old);
            Await.until(
                    "writes on the new primary",
                    cluster.patience(),
                    () -> prober.first(now, cut).isPresent());
            assertThat(prober.last(old).orElseThrow().sent() - cut).isPositive();
            hosts.heal();
            // Until the new primary's checkpoint shows where its timeline began the diverged member is connected to it,
            // and may even be seen streaming for a moment.
            Await.until(
                    "the diverged member is rewound",
                    cluster.patience().plus(Await.LONG),
                    () -> old.logSince(mark).contains("pg_rewind"));
            cluster.awaitHealthy();
            assertThat(cluster.primary()).isEqualTo(now);
            assertThat(old.logSince(mark)).doesNotContain("Removing data directory");
            assertThat(old.query("SELECT received_tli FROM pg_stat_wal_receiver"))
                    .isEqualTo("2");
            prober.assertOneWritable();
        }
    }

    @Test
    @Order(2)
    @DisplayName("DCS-majority: a replica's host that is cut off and comes back changes nothing")
    void replicaCutOff() throws Exception {
        Member primary = cluster.primary();
        Member replica = cluster.others(primary).getFirst();
        hosts.isolate(replica.index());
        assertThat(Await.holdsFor(
                        cluster.ttl().multipliedBy(2),
                        () -> primary.rest("GET", "/primary").status() == 200))
                .isTrue();
        hosts.heal();
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(primary);
        assertThat(primary.query("SELECT timeline_id FROM pg_control_checkpoint()"))
                .isEqualTo("2");
    }
}

package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Processes end at any time; a watchdog that fires takes the rest of its host with it. */
@Acceptance
@DisplayName("kill: postmaster, agent, both, all members")
class KillIT {

    private static final int LOSSES = 5;

    private Cluster cluster;

    @BeforeAll
    void start() {
        cluster = Cluster.onLoopback(3).with("use_pg_rewind", "true").build().startHealthy();
    }

    /** What a scenario that failed left dead must not fail the next one. */
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
    @DisplayName("kill -9 of a replica's postmaster: it runs and streams again, the primary stays")
    void replicasPostmaster() throws Exception {
        Member primary = cluster.primary();
        Member replica = cluster.others(primary).getFirst();
        long before = replica.postmasterPid().orElseThrow();
        replica.killPostmaster();
        Await.until(
                "another postmaster",
                cluster.patience(),
                () -> replica.postmasterPid().isPresent()
                        && replica.postmasterPid().getAsLong() != before);
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(primary);
    }

    @Test
    @Order(2)
    @DisplayName("SAF-030 kill -9 of the primary's postmaster under writers: writes go on, never on two servers")
    void primarysPostmaster() throws Exception {
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 4)) {
            Member old = cluster.primary();
            long killed = System.nanoTime();
            old.killPostmaster();
            writers.awaitWritesAfter(System.nanoTime() + Duration.ofSeconds(1).toNanos());
            Figures.note("postmaster killed, write gap", List.of(writers.longestGap(killed)));
            cluster.awaitHealthy();
            prober.assertOneWritable();
            assertThat(writers.lost(cluster.primary())).isZero();
        }
    }

    @Test
    @Order(3)
    @DisplayName("kill -9 of a replica's agent: its server stays up, and the agent finds it again")
    void replicasAgent() {
        Member primary = cluster.primary();
        Member replica = cluster.others(primary).getFirst();
        long postmaster = replica.postmasterPid().orElseThrow();
        replica.killAgent();
        assertThat(replica.postmasterPid()).hasValue(postmaster);
        replica.start();
        cluster.awaitHealthy();
        assertThat(replica.postmasterPid()).hasValue(postmaster);
        assertThat(cluster.primary()).isEqualTo(primary);
    }

    @Test
    @Order(4)
    @DisplayName("kill -9 of the primary's agent: the watchdog fires, another member leads, never two writable")
    void primarysAgent() throws Exception {
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            Member old = cluster.primary();
            int fired = old.watchdog().fired();
            // A real device resets the host: nothing of the member runs on.
            old.watchdog().onReset(old::crash);
            old.killAgent();
            Member now = cluster.awaitOtherPrimary(old);
            assertThat(old.watchdog().fired()).isEqualTo(fired + 1);
            old.watchdog().onReset(() -> {});
            writers.awaitWritesAfter(System.nanoTime());
            old.start();
            cluster.awaitHealthy();
            assertThat(cluster.primary()).isEqualTo(now);
            prober.assertOneWritable();
        }
    }

    @Test
    @Order(5)
    @DisplayName("the primary's host is lost: another member leads within a few ttl, and the old one comes back")
    void hosts() throws Exception {
        List<Duration> gaps = new ArrayList<>();
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            for (int round = 0; round < LOSSES; round++) {
                Member old = cluster.primary();
                long killed = System.nanoTime();
                old.crash();
                cluster.awaitOtherPrimary(old);
                writers.awaitWritesAfter(System.nanoTime());
                gaps.add(writers.longestGap(killed));
                old.start();
                cluster.awaitHealthy();
            }
            prober.assertOneWritable();
        }
        Figures.note("node loss, to the first write", gaps);
    }

    @Test
    @Order(6)
    @DisplayName("SIGTERM of the primary's agent stops PostgreSQL, releases the lock at once and disarms the watchdog")
    void terminated() throws Exception {
        try (var writers = Writers.start(cluster, 2)) {
            Member old = cluster.primary();
            long asked = System.nanoTime();
            assertThat(old.stop()).isZero();
            assertThat(old.postmasterPid()).isEmpty();
            assertThat(old.watchdog().text()).endsWith("V<closed>");
            cluster.awaitOtherPrimary(old);
            writers.awaitWritesAfter(System.nanoTime());
            Duration gap = writers.longestGap(asked);
            Figures.note("SIGTERM of the primary's agent, write gap", List.of(gap));
            // Had the lock to expire, it would take the whole ttl.
            assertThat(gap).isLessThan(cluster.ttl());
            assertThat(writers.lost(cluster.primary())).isZero();
            old.start();
            cluster.awaitHealthy();
        }
    }

    @Test
    @Order(7)
    @DisplayName("the majority of the store is lost: the primary is demoted in time; it is back: one primary again")
    void majorityLost() throws Exception {
        try (var prober = Prober.start(cluster)) {
            Member primary = cluster.primary();
            List<Member> replicas = cluster.others(primary);
            long lost = System.nanoTime();
            replicas.forEach(Member::killAgent);
            Await.until(
                    "the primary is demoted",
                    cluster.patience(),
                    () -> primary.rest("GET", "/primary").status() != 200);
            Await.until(
                    "the primary takes no writes",
                    cluster.patience(),
                    () -> System.nanoTime() - prober.last(primary).orElseThrow().acknowledged()
                            > Duration.ofSeconds(2).toNanos());
            Duration wrote = Duration.ofNanos(prober.last(primary).orElseThrow().acknowledged() - lost);
            assertThat(wrote).isLessThan(cluster.ttl());
            replicas.forEach(Member::start);
            cluster.awaitHealthy();
            prober.assertOneWritable();
        }
    }

    @Test
    @Order(8)
    @DisplayName("all members are killed and started again: the data and the configuration are there")
    void everything() throws Exception {
        cluster.ctl()
                .run("edit-config", "-q", "-s", "postgresql.parameters.work_mem=7MB", "--force")
                .succeeded();
        String identifier = cluster.primary().query("SELECT system_identifier::text FROM pg_control_system()");
        Member writer = cluster.primary();
        writer.query("CREATE TABLE survives AS SELECT generate_series(1, 1000) AS i");
        for (Member replica : cluster.others(writer)) {
            Await.until(
                    "replicas have the rows",
                    cluster.patience(),
                    () -> replica.query("SELECT count(*) FROM survives").equals("1000"));
        }
        cluster.members().forEach(Member::crash);
        cluster.startHealthy();
        Member primary = cluster.primary();
        assertThat(primary.query("SELECT count(*) FROM survives")).isEqualTo("1000");
        assertThat(primary.query("SELECT system_identifier::text FROM pg_control_system()"))
                .isEqualTo(identifier);
        assertThat(cluster.ctl().run("show-config").succeeded().out())
                .contains("work_mem: 7MB")
                .contains("ttl: 5");
        Await.until(
                "the configuration is in force",
                cluster.patience(),
                () -> primary.query("SHOW work_mem").equals("7MB"));
    }
}

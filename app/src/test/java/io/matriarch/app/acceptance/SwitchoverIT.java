package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Planned switchovers under clients that write. */
@Acceptance
@DisplayName("switchover: planned, under writers")
class SwitchoverIT {

    private static final int ROUNDS = 6;

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
    @DisplayName("SAF-060 six switchovers under writers lose nothing, and never are two servers writable")
    void losesNothing() throws Exception {
        List<Duration> gaps = new ArrayList<>();
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 4)) {
            for (int round = 0; round < ROUNDS; round++) {
                Member old = cluster.primary();
                Member candidate = cluster.others(old).get(round % 2);
                long began = System.nanoTime();
                var answer = cluster.ctl()
                        .run("switchover", "--leader", old.name(), "--candidate", candidate.name(), "--force")
                        .succeeded();
                assertThat(answer.out()).contains("Successfully switched over to \"" + candidate.name() + "\"");
                assertThat(cluster.awaitOtherPrimary(old)).isEqualTo(candidate);
                writers.awaitWritesAfter(System.nanoTime());
                gaps.add(writers.longestGap(began));
                cluster.awaitHealthy();
            }
            prober.assertOneWritable();
            assertThat(writers.lost(cluster.primary())).isZero();
            // The control file has the new timeline with the first checkpoint after the promotion.
            Await.until(
                    "a timeline a round, and no more",
                    cluster.patience(),
                    () -> cluster.primary()
                            .query("SELECT timeline_id FROM pg_control_checkpoint()")
                            .equals(Integer.toString(ROUNDS + 1)));
        }
        Figures.note("switchover, write gap", gaps);
    }

    @Test
    @Order(2)
    @DisplayName("history shows every switchover")
    void history() {
        Await.until(
                "a line of history for each timeline",
                cluster.patience(),
                () -> cluster.ctl()
                                .run("history")
                                .succeeded()
                                .out()
                                .lines()
                                .filter(line -> line.startsWith("|"))
                                .count()
                        == ROUNDS + 1);
    }

    @Test
    @Order(3)
    @DisplayName("a scheduled switchover is shown, and happens at its time")
    void scheduled() {
        Member old = cluster.primary();
        Member candidate = cluster.others(old).getFirst();
        String at = java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC)
                .plusSeconds(12)
                .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                .toString();
        cluster.ctl()
                .run(
                        "switchover",
                        "--leader",
                        old.name(),
                        "--candidate",
                        candidate.name(),
                        "--scheduled",
                        at,
                        "--force")
                .succeeded();
        assertThat(cluster.ctl().run("list").succeeded().out())
                .contains(" Switchover scheduled at: ")
                .contains("from: " + old.name())
                .contains("to: " + candidate.name());
        assertThat(cluster.awaitOtherPrimary(old)).isEqualTo(candidate);
        cluster.awaitHealthy();
        assertThat(cluster.ctl().run("list").succeeded().out()).doesNotContain("Switchover scheduled");
    }

    @Test
    @Order(4)
    @DisplayName("a switchover to the leader, to nobody and to a stranger is refused, and nothing happens")
    void refusals() {
        Member primary = cluster.primary();
        assertThat(cluster.ctl().run("switchover", "--candidate", primary.name(), "--force"))
                .satisfies(answer -> assertThat(answer.status()).isEqualTo(1))
                .satisfies(answer -> assertThat(answer.err())
                        .contains("Member " + primary.name() + " is already the leader of cluster demo-cluster-1"));
        assertThat(cluster.ctl().run("switchover", "--candidate", "nobody", "--force"))
                .satisfies(answer -> assertThat(answer.status()).isEqualTo(1))
                .satisfies(answer -> assertThat(answer.err())
                        .contains("Member nobody does not exist in cluster demo-cluster-1 or is tagged as nofailover"));
        assertThat(cluster.ctl().run("failover", "--force"))
                .satisfies(answer ->
                        assertThat(answer.err()).contains("Failover could be performed only to a specific candidate"));
        assertThat(cluster.primary()).isEqualTo(primary);
    }
}

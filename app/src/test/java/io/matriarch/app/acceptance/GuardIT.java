package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * The guard process: the primary's agent freezes or dies, and no watchdog is there. The same with the guard off shows what
 * it is for.
 */
@Acceptance
@DisplayName("guard: the primary's agent is frozen, killed")
class GuardIT {

    private static final Duration FROZEN = Duration.ofSeconds(20);

    private Cluster cluster;

    private Cluster open(String mode) {
        cluster = Cluster.onLoopback(3)
                .with("watchdog", "off")
                .with("use_pg_rewind", "true")
                .edit(yaml -> yaml + "\nguard:\n  mode: " + mode + "\n")
                .build()
                .startHealthy();
        return cluster;
    }

    @AfterEach
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    @DisplayName("SAF-048 SIGSTOP of the primary's agent for longer than the ttl: never two writable servers")
    void frozen() throws Exception {
        open("automatic");
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            Member old = cluster.primary();
            assertThat(old.rest("GET", "/patroni").body()).contains("\"guard\": \"ARMED\"");
            long lost = freeze(old, prober, writers);
            assertThat(old.logText()).contains("the guard has ended PostgreSQL");
            assertThat(overlap(prober)).isEqualTo(Duration.ZERO);
            Figures.note("agent frozen, guard on: two writable", List.of(Duration.ZERO));
            Figures.count("agent frozen, guard on: acknowledged rows lost", lost);
            prober.assertOneWritable();
        }
    }

    @Test
    @Order(2)
    @DisplayName("SAF-040 kill -9 of the primary's agent: its server ends with the lease, and comes back as a standby")
    void killed() throws Exception {
        open("required");
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            Member old = cluster.primary();
            old.killAgent();
            Await.until(
                    "the server has ended",
                    cluster.ttl().plusSeconds(10),
                    () -> old.postmasterPid().isEmpty());
            cluster.awaitOtherPrimary(old);
            writers.awaitWritesAfter(System.nanoTime());
            old.start();
            cluster.awaitHealthy();
            prober.assertOneWritable();
        }
    }

    @Test
    @Order(3)
    @DisplayName(
            "the same SIGSTOP with the guard off: two servers are writable at once, which is what the guard is for")
    void frozenWithoutGuard() throws Exception {
        open("\"off\"");
        try (var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            Member old = cluster.primary();
            long lost = freeze(old, prober, writers);
            Duration overlap = overlap(prober);
            Figures.note("agent frozen, guard off: two writable", List.of(overlap));
            Figures.count("agent frozen, guard off: acknowledged rows lost", lost);
            assertThat(overlap).isPositive();
        }
    }

    /** The agent stands still until another member has led for a while. @return acknowledged rows that are gone then */
    private long freeze(Member old, Prober prober, Writers writers) throws Exception {
        long since = System.nanoTime();
        old.signalAgent("STOP");
        try {
            Member now = cluster.awaitOtherPrimary(old);
            assertThat(prober.last(old)).isPresent();
            Await.until(
                    "the agent has been frozen for long enough",
                    FROZEN.plusSeconds(30),
                    () -> System.nanoTime() - since > FROZEN.toNanos());
            Await.until(
                    "the new primary is written to",
                    cluster.patience(),
                    () -> prober.last(now).isPresent());
        } finally {
            old.signalAgent("CONT");
        }
        cluster.awaitHealthy();
        writers.awaitWritesAfter(System.nanoTime());
        return writers.lost(cluster.primary());
    }

    /** How long a server was still sent writes that it acknowledged after one on a later timeline had acknowledged some. */
    private static Duration overlap(Prober prober) {
        var firstAcknowledged = new TreeMap<Integer, Long>();
        var lastSent = new TreeMap<Integer, Long>();
        for (Prober.Write write : prober.writes()) {
            firstAcknowledged.merge(write.timeline(), write.acknowledged(), Math::min);
            lastSent.merge(write.timeline(), write.sent(), Math::max);
        }
        long longest = 0;
        for (int older : lastSent.keySet()) {
            for (long newer : firstAcknowledged.tailMap(older, false).values()) {
                longest = Math.max(longest, lastSent.get(older) - newer);
            }
        }
        return Duration.ofNanos(longest);
    }
}

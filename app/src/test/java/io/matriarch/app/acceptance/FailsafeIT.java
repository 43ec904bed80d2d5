package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Acceptance
@DisplayName("failsafe mode: the store stops answering everybody")
class FailsafeIT {

    private static final String KEPT =
            "continue to run as a leader because failsafe mode is enabled and all members are accessible";
    private static final String DEMOTED = "demoted self because DCS is not accessible and I was a leader";

    @Test
    @DisplayName("X-8, X-9, L-8, HA-120: no write fails while all members agree; one that is gone ends it; off ends it")
    void storeIsAway() throws Exception {
        try (var store = Stores.etcd("trixie");
                var cluster = Cluster.onLoopback(3)
                        .store(store.section())
                        .with("ttl", "10")
                        .with("retry_timeout", "3")
                        .edit(yaml -> yaml.replace(
                                "    maximum_lag_on_failover:",
                                "    failsafe_mode: true\n    maximum_lag_on_failover:"))
                        .build()
                        .startHealthy();
                var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            Member leader = cluster.primary();
            awaitMap(cluster, leader);
            allAgree(cluster, store, leader, writers);
            oneIsGone(cluster, store, leader);
            switchedOff(cluster, store, cluster.primary());
            writers.awaitWritesAfter(System.nanoTime());
            prober.assertOneWritable();
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + Cluster.allTails(), e);
        }
    }

    private static void awaitMap(Cluster cluster, Member leader) {
        Await.until("all members in /failsafe", cluster.patience(), () -> {
            String map = leader.rest("GET", "/failsafe").body();
            return cluster.members().stream().allMatch(member -> map.contains('"' + member.name() + '"'));
        });
    }

    private static void allAgree(Cluster cluster, Stores store, Member leader, Writers writers) throws Exception {
        long failures = writers.failures();
        int mark = leader.logMark();
        long away = System.nanoTime();
        store.suspend();
        Duration outage = cluster.ttl().multipliedBy(3).plusSeconds(2);
        assertThat(Await.holdsFor(outage, () -> leader.rest("GET", "/primary").status() == 200))
                .describedAs("/primary of %s stays 200", leader)
                .isTrue();
        assertThat(leader.logSince(mark)).contains(KEPT);
        for (Member member : cluster.members()) {
            assertThat(member.rest("GET", "/patroni").body())
                    .describedAs("%s", member)
                    .contains("\"failsafe_mode_is_active\": true");
        }
        store.resume();
        Await.until(
                "the leader holds the lock in the store again",
                cluster.patience(),
                () -> !leader.rest("GET", "/patroni").body().contains("failsafe_mode_is_active"));
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(leader);
        writers.awaitWritesAfter(System.nanoTime());
        assertThat(writers.failures() - failures)
                .describedAs("connections that writers have lost")
                .isZero();
        Figures.note("failsafe mode: longest write gap of a store's outage", List.of(writers.longestGap(away)));
    }

    private static void oneIsGone(Cluster cluster, Stores store, Member leader) throws Exception {
        int mark = leader.logMark();
        store.suspend();
        Await.until(
                "the leader goes on",
                cluster.patience(),
                () -> leader.logSince(mark).contains(KEPT));
        Member gone = cluster.others(leader).getFirst();
        gone.killAgent();
        long killed = System.nanoTime();
        awaitReadOnly(cluster, leader);
        // Its last consent is at most as old as the last question: a ttl later nothing may be written.
        assertThat(Duration.ofNanos(System.nanoTime() - killed))
                .isLessThan(cluster.ttl().plus(Duration.ofSeconds(3)));
        assertThat(leader.logSince(mark)).contains("not all members agree that I go on (" + gone.name());
        store.resume();
        gone.start();
        cluster.awaitHealthy();
    }

    private static void switchedOff(Cluster cluster, Stores store, Member leader) throws Exception {
        cluster.ctl()
                .run("edit-config", "-q", "-s", "failsafe_mode=false", "--force")
                .succeeded();
        Await.until(
                "nobody promises anything",
                cluster.patience(),
                () -> cluster.members().stream()
                        .allMatch(member ->
                                member.rest("GET", "/metrics").body().contains("patroni_failsafe_mode_enabled{")
                                        && member.rest("GET", "/metrics")
                                                .body()
                                                .lines()
                                                .filter(line -> line.startsWith("patroni_failsafe_mode_enabled{"))
                                                .allMatch(line -> line.endsWith(" 0"))));
        int mark = leader.logMark();
        store.suspend();
        awaitReadOnly(cluster, leader);
        assertThat(leader.logSince(mark)).doesNotContain(KEPT);
        store.resume();
        cluster.awaitHealthy();
    }

    /** Not primary to health checks, and not to clients: in recovery, or down. */
    private static void awaitReadOnly(Cluster cluster, Member leader) {
        Await.until("no primary without the store", cluster.patience(), () -> {
            if (leader.rest("GET", "/primary").status() == 200) {
                return false;
            }
            try {
                return leader.query("SELECT pg_is_in_recovery()").equals("t");
            } catch (SQLException e) {
                return leader.logText().contains(DEMOTED)
                        || leader.postmasterPid().isEmpty();
            }
        });
    }
}

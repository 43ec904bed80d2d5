package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The same YAML with one section changed: bootstrap, switchover and the loss of the primary's host. */
@Acceptance
@DisplayName("other stores: etcd 3.4.23, etcd 3.5.16 and Consul 1.8.7")
class StoresIT {

    @Test
    @Order(1)
    @DisplayName("etcd 3.4.23")
    void etcd34() throws Exception {
        try (var store = Stores.etcd("bookworm")) {
            story("etcd 3.4", store, Map.of());
        }
    }

    @Test
    @Order(2)
    @DisplayName("etcd 3.5.16")
    void etcd35() throws Exception {
        try (var store = Stores.etcd("trixie")) {
            story("etcd 3.5", store, Map.of());
        }
    }

    @Test
    @Order(3)
    @DisplayName("Consul 1.8.7, whose sessions live for ten seconds or more")
    void consul() throws Exception {
        try (var store = Stores.consul()) {
            story("Consul", store, Map.of("ttl", "20"));
        }
    }

    private static void story(String name, Stores store, Map<String, String> values) throws Exception {
        var builder = Cluster.onLoopback(3).store(store.section()).with("use_pg_rewind", "true");
        values.forEach(builder::with);
        try (var cluster = builder.build().startHealthy();
                var prober = Prober.start(cluster);
                var writers = Writers.start(cluster, 2)) {
            Member first = cluster.primary();
            Member candidate = cluster.others(first).getFirst();
            long asked = System.nanoTime();
            assertThat(cluster.ctl()
                            .run("switchover", "--candidate", candidate.name(), "--force")
                            .succeeded()
                            .out())
                    .contains("Successfully switched over to \"" + candidate.name() + "\"");
            assertThat(cluster.awaitOtherPrimary(first)).isEqualTo(candidate);
            writers.awaitWritesAfter(System.nanoTime());
            Figures.note(name + ": switchover, write gap", List.of(writers.longestGap(asked)));
            cluster.awaitHealthy();
            long killed = System.nanoTime();
            candidate.crash();
            cluster.awaitOtherPrimary(candidate);
            writers.awaitWritesAfter(System.nanoTime());
            Figures.note(name + ": node loss, to the first write", List.of(writers.longestGap(killed)));
            candidate.start();
            cluster.awaitHealthy();
            assertThat(cluster.ctl().list()).hasSize(3);
            prober.assertOneWritable();
        } catch (AssertionError e) {
            throw new AssertionError(name + ": " + e.getMessage() + "\n" + Cluster.allTails(), e);
        }
    }
}

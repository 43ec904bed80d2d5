package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.adapters.raft.rpc.TransportSecurity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RaftClusterTest {

    @TempDir
    Path directory;

    @Test
    @DisplayName("three nodes without a secret elect, replicate, fail over and keep their state")
    void openCluster() throws Exception {
        liveAndFailOver(new TransportSecurity.Open(Set.of("127.0.0.1")));
    }

    @Test
    @DisplayName("three nodes with a shared secret elect, replicate, fail over and keep their state")
    void secretCluster() throws Exception {
        liveAndFailOver(new TransportSecurity.SharedSecret("correct horse"));
    }

    @Test
    @DisplayName("three nodes with certificates elect, replicate, fail over and keep their state")
    void certificateCluster() throws Exception {
        var certificates = new TestCertificates(directory.resolve("tls"), "EC");
        liveAndFailOver(certificates.issue("member", TestCertificates.KeyFormat.PKCS8));
    }

    private void liveAndFailOver(TransportSecurity security) throws IOException {
        try (var cluster = new RaftTestCluster(directory, security, 3)) {
            cluster.startAll();
            int first = cluster.awaitLeader();
            cluster.add(1);
            cluster.add(2);
            cluster.awaitSum(3);
            for (int i = 0; i < 3; i++) {
                int reader = i;
                Await.until("a linearizable read on " + i, () -> cluster.tryRead(reader));
            }

            cluster.stop(first);
            int second = cluster.awaitLeader();
            assertThat(second).isNotEqualTo(first);
            cluster.add(4);
            cluster.awaitSum(7);
            cluster.start(first);
            cluster.awaitSum(7);

            for (int i = 0; i < 3; i++) {
                cluster.stop(i);
            }
            cluster.startAll();
            cluster.awaitLeader();
            cluster.awaitSum(7);
            cluster.add(8);
            cluster.awaitSum(15);
        }
    }

    @Test
    @DisplayName("a follower that missed more than the log still has gets a snapshot")
    void snapshotIsInstalled() throws Exception {
        try (var cluster = new RaftTestCluster(directory, new TransportSecurity.SharedSecret("s"), 3)) {
            cluster.startAll();
            int leader = cluster.awaitLeader();
            int away = (leader + 1) % 3;
            cluster.stop(away);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 100; i++) {
                    cluster.add(1);
                }
                snapshotEverywhere(cluster, away);
            }
            assertThat(cluster.group(cluster.awaitLeader()).log().getFirstLogIndex())
                    .isGreaterThan(50);
            cluster.start(away);
            cluster.awaitSum(300);
            cluster.add(5);
            cluster.awaitSum(305);
            cluster.stop(away);
            cluster.start(away);
            cluster.awaitSum(305);
        }
    }

    private static void snapshotEverywhere(RaftTestCluster cluster, int except) {
        for (int i = 0; i < 3; i++) {
            if (i != except) {
                var done = new java.util.concurrent.atomic.AtomicBoolean();
                cluster.group(i).node().snapshot(status -> done.set(true));
                Await.until("a snapshot", done::get);
            }
        }
    }
}

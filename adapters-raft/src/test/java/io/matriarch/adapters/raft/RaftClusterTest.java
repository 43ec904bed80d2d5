package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.raft.rpc.TransportSecurity;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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

    @Test
    @DisplayName("a member with the wrong secret takes no part, and the others go on while the port is pestered")
    void wrongSecretAndNoise() throws Exception {
        try (var cluster = new RaftTestCluster(directory, new TransportSecurity.SharedSecret("right"), 3);
                var noise = new Noise()) {
            cluster.start(0);
            cluster.start(1);
            int leader = cluster.awaitLeader();
            cluster.start(2, new TransportSecurity.SharedSecret("wrong"));
            noise.idle(cluster.endpoint(leader).getPort(), 300);
            noise.junk(cluster.endpoint(leader).getPort(), 50);
            for (int i = 0; i < 50; i++) {
                assertThat(cluster.tryAdd(1)).isTrue();
            }
            assertThat(cluster.leader()).contains(leader);
            assertThat(cluster.machine(2).sum()).isZero();
            cluster.stop(2);
            cluster.start(2);
            cluster.awaitSum(50);
            assertThat(cluster.leader()).contains(leader);
        }
    }

    @Test
    @DisplayName("a leader cut off from the network is replaced and steps down, and comes back as a follower")
    void cutOff() throws Exception {
        try (var cluster = new RaftTestCluster(directory, new TransportSecurity.SharedSecret("s"), 3)) {
            cluster.startAll();
            int first = cluster.awaitLeader();
            cluster.add(1);
            cluster.cut(first);
            int second = cluster.awaitLeader();
            assertThat(second).isNotEqualTo(first);
            cluster.add(2);
            Await.until(
                    "the old leader to step down",
                    () -> !cluster.group(first).node().isLeader());
            cluster.stop(first);
            cluster.start(first);
            cluster.awaitSum(3);
        }
    }

    @Test
    @DisplayName("a node does not start on a corrupt log and names the file; it starts once the log is whole again")
    void corruptLog() throws Exception {
        var security = new TransportSecurity.Open(Set.of("127.0.0.1"));
        try (var cluster = new RaftTestCluster(directory, security, 1)) {
            cluster.startAll();
            cluster.awaitLeader();
            for (int i = 0; i < 10; i++) {
                cluster.add(1);
            }
            cluster.stop(0);
            var file = directory.resolve("n0/log/log-00000000000000000001-0000000001");
            var whole = Files.readAllBytes(file);
            var damaged = whole.clone();
            damaged[100] ^= 1;
            Files.write(file, damaged);
            assertThatThrownBy(() -> cluster.start(0))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("at offset");
            Files.write(file, whole);
            cluster.start(0);
            cluster.awaitSum(10);
        }
    }

    /** Connections that mean no good. */
    private static final class Noise implements AutoCloseable {
        private final List<Socket> sockets = new ArrayList<>();

        void idle(int port, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                sockets.add(new Socket("127.0.0.1", port));
            }
        }

        void junk(int port, int count) throws IOException {
            var random = new Random(1);
            var junk = new byte[500];
            for (int i = 0; i < count; i++) {
                try (var socket = new Socket("127.0.0.1", port)) {
                    random.nextBytes(junk);
                    socket.getOutputStream().write(junk);
                }
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}

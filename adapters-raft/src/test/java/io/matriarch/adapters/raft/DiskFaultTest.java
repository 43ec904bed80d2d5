package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.log.FaultyFiles;
import io.matriarch.adapters.raft.log.FaultyFiles.Fault;
import io.matriarch.adapters.raft.rpc.TransportSecurity;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("a disk that fails under the log of the group")
class DiskFaultTest {

    private static final TransportSecurity OPEN = new TransportSecurity.Open(Set.of("127.0.0.1"));
    private static final Duration ASK = Duration.ofSeconds(2);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @ParameterizedTest(name = "{0}: the leader gives the leadership up, nothing acknowledged is lost, it comes back")
    @EnumSource(names = {"TORN_WRITE", "FAILED_SYNC", "FULL_DISK"})
    void leadersDisk(Fault fault) throws Exception {
        try (var cluster = new RaftTestCluster(directory, OPEN, 3)) {
            var disks = disks(cluster);
            cluster.startAll();
            int failing = cluster.awaitLeader();
            long acknowledged = add(cluster, 0, 5);
            disks.get(failing).arm(fault);
            // Those of the failing leader may be lost, or be committed by the others.
            acknowledged |= cluster.tryAdd(1) ? 1 : 0;
            Await.until(
                    "another leader",
                    () -> cluster.leader().filter(leader -> leader != failing).isPresent());
            assertThat(cluster.group(failing).log().refusing()).isPresent();
            assertThat(cluster.group(failing).node().isLeader()).isFalse();
            acknowledged |= add(cluster, 6, 10);

            cluster.stop(failing);
            disks.get(failing).arm(Fault.NONE);
            cluster.start(failing);
            acknowledged |= add(cluster, 10, 12);
            long sum = cluster.machine(cluster.awaitLeader()).sum();
            assertThat(sum & acknowledged).isEqualTo(acknowledged);
            cluster.awaitSum(sum);
        }
    }

    @ParameterizedTest(name = "{0} on every member: nothing is acknowledged")
    @EnumSource(names = {"TORN_WRITE", "FAILED_SYNC", "FULL_DISK"})
    void everyDisk(Fault fault) throws Exception {
        try (var cluster = new RaftTestCluster(directory, OPEN, 3)) {
            var disks = disks(cluster);
            cluster.startAll();
            cluster.awaitLeader();
            long acknowledged = add(cluster, 0, 3);
            disks.forEach(disk -> disk.arm(fault));
            for (int bit = 3; bit < 6; bit++) {
                assertThat(cluster.tryAdd(1L << (2 * bit))).as("bit %d", bit).isFalse();
            }
            for (int i = 0; i < 3; i++) {
                cluster.stop(i);
            }
            disks.forEach(disk -> disk.arm(Fault.NONE));
            cluster.startAll();
            acknowledged |= add(cluster, 6, 8);
            long sum = cluster.machine(cluster.awaitLeader()).sum();
            assertThat(sum & acknowledged).isEqualTo(acknowledged);
            cluster.awaitSum(sum);
        }
    }

    private static List<FaultyFiles> disks(RaftTestCluster cluster) {
        var disks = new ArrayList<FaultyFiles>();
        for (int i = 0; i < 3; i++) {
            disks.add(new FaultyFiles());
            cluster.disk(i, disks.get(i));
        }
        return disks;
    }

    /** Adds the numbers with one of these bits until each is acknowledged once. */
    private static long add(RaftTestCluster cluster, int from, int to) {
        long added = 0;
        for (int bit = from; bit < to; bit++) {
            long amount = 1L << (2 * bit + 16);
            cluster.add(amount);
            added |= amount;
        }
        return added;
    }

    @Test
    @DisplayName("a process whose disk is full gives the leadership up, says so, and comes back once there is room")
    void fullDisk() throws Exception {
        var addresses =
                TestGroup.freeAddresses(3).stream().map(Endpoint::toString).toList();
        var members = new ArrayList<MemberProcess>();
        for (var self : addresses) {
            var partners =
                    addresses.stream().filter(other -> !other.equals(self)).toList();
            members.add(MemberProcess.start(directory, self, partners, Duration.ofSeconds(3)));
        }
        try (var admin = new RaftProvider()
                .admin(MapSection.of(Map.of("partner_addrs", addresses)))
                .orElseThrow()) {
            for (int i = 0; i < 20; i++) {
                write(admin, "before " + "x".repeat(2000));
            }
            int full = TestGroup.await("a leader", () -> leader(admin, addresses));
            // Below the size of its log, above that of what it prints.
            members.get(full).limitFiles("20000");
            TestGroup.awaitTrue("another leader", () -> {
                admin.put("/service/full/config", "during", ASK);
                return leader(admin, addresses).filter(leader -> leader != full).isPresent();
            });
            write(admin, "after");
            TestGroup.awaitTrue(
                    "it says so",
                    () -> MemberProcess.log(directory, addresses.get(full))
                            .contains("accepts nothing until it is opened again"));
            members.get(full).limitFiles("unlimited");
            TestGroup.awaitTrue("it is back", () -> follows(admin, addresses.get(full)));
            assertThat(admin.get("/service/full/config", ASK)).contains("after");
        } finally {
            members.forEach(MemberProcess::close);
        }
    }

    private static void write(ConsensusAdmin admin, String value) {
        TestGroup.awaitTrue("a write", () -> admin.put("/service/full/config", value, ASK) instanceof WriteResult.Done);
    }

    private static Optional<Integer> leader(ConsensusAdmin admin, List<String> addresses) {
        for (int i = 0; i < addresses.size(); i++) {
            try {
                if (admin.status(addresses.get(i), ASK).state() == 2) {
                    return Optional.of(i);
                }
            } catch (DcsUnavailableException _) {
                continue;
            }
        }
        return Optional.empty();
    }

    private static boolean follows(ConsensusAdmin admin, String address) {
        try {
            var status = admin.status(address, ASK);
            return status.leader().isPresent() && status.lastApplied() == status.leaderCommitIndex();
        } catch (DcsUnavailableException _) {
            return false;
        }
    }
}

package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.NodeCopy;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@DisplayName("SAF-019 a store whose majority is lost")
class RecoveryTest {

    private static final Logger LOG = LoggerFactory.getLogger("figures");
    private static final Duration ASK = Duration.ofSeconds(5);
    private static final Duration TTL = Duration.ofSeconds(3);
    private static final String KEY = "/service/recovered/config";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private final List<MemberProcess> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(MemberProcess::close);
    }

    private static ConsensusAdmin admin(List<String> addresses) {
        return new RaftProvider()
                .admin(MapSection.of(Map.of("partner_addrs", addresses)))
                .orElseThrow();
    }

    private void start(List<String> addresses) throws Exception {
        for (var self : addresses) {
            var partners =
                    addresses.stream().filter(other -> !other.equals(self)).toList();
            processes.add(MemberProcess.start(directory, self, partners, TTL));
        }
    }

    private static void write(ConsensusAdmin admin, String value) {
        TestGroup.awaitTrue("a write", () -> admin.put(KEY, value, ASK) instanceof WriteResult.Done);
    }

    @Test
    @DisplayName("goes on with two of five during a partition, and takes nobody back when that heals")
    void twoOfFive() throws Exception {
        var addresses =
                TestGroup.freeAddresses(5).stream().map(Endpoint::toString).toList();
        start(addresses);
        try (var all = admin(addresses)) {
            write(all, "before");
        }
        var survivors = addresses.subList(0, 2);
        var dead = addresses.subList(2, 5);
        for (int i = 2; i < 5; i++) {
            processes.get(i).suspend();
        }
        try (var admin = admin(survivors)) {
            var copies = TestGroup.await("nobody leads", () -> leaderless(admin, survivors.getFirst()));
            assertThat(copies).hasSize(5);
            assertThat(copies.stream().filter(NodeCopy::answers).map(NodeCopy::address))
                    .containsExactlyInAnyOrderElementsOf(survivors);
            var best = Collections.max(copies.stream().filter(NodeCopy::answers).toList())
                    .address();
            var other = survivors.get(1 - survivors.indexOf(best));
            assertThat(admin.recover(best, List.of(other), dead.subList(0, 2), ASK))
                    .as("one is not named")
                    .isInstanceOf(WriteResult.Refused.class);
            var everybody = new ArrayList<>(dead);
            everybody.add(other);
            assertThat(admin.recover(best, List.of(), everybody, ASK))
                    .as("one that answers is named")
                    .isInstanceOf(WriteResult.Refused.class);
            recover(admin, best, List.of(other), dead);
            assertThat(admin.get(KEY, ASK)).contains("before");
            write(admin, "after");
            assertThat(admin.status(best, ASK).partners().keySet()).containsExactly(other);
            assertThat(admin.recover(best, List.of(other), dead, ASK))
                    .as("it has a leader")
                    .isInstanceOf(WriteResult.Refused.class);

            for (int i = 2; i < 5; i++) {
                processes.get(i).resume();
            }
            // The three are a majority of the store as it was, and one of them asks the two for their votes.
            TestGroup.awaitTrue(
                    "somebody is refused",
                    () -> addresses.stream()
                            .anyMatch(address ->
                                    MemberProcess.log(directory, address).contains("another cluster")));
            write(admin, "healed");
            assertThat(admin.get(KEY, ASK)).contains("healed");
            assertThat(admin.status(best, ASK).partners().keySet()).containsExactly(other);
        }
        try (var former = admin(dead)) {
            TestGroup.awaitTrue(
                    "the others have their own store", () -> get(former).equals(Optional.of("before")));
        }
    }

    @Test
    @DisplayName("goes on with one of three, which is still the recovered store after a restart, with its leases")
    void oneOfThree() throws Exception {
        var addresses =
                TestGroup.freeAddresses(3).stream().map(Endpoint::toString).toList();
        start(addresses);
        var survivor = addresses.getFirst();
        try (var all = admin(addresses)) {
            write(all, "before");
        }
        processes.get(1).kill();
        processes.get(2).kill();
        try (var admin = admin(List.of(survivor))) {
            TestGroup.await("nobody leads", () -> leaderless(admin, survivor));
            recover(admin, survivor, List.of(), addresses.subList(1, 3));
            write(admin, "alone");
            processes.getFirst().kill();
            processes.getFirst().awaitEnd();
            start(addresses);
            write(admin, "restarted");
            assertThat(admin.status(survivor, ASK).partners()).isEmpty();
            assertThat(admin.get(KEY, ASK)).contains("restarted");
        }
    }

    private static void recover(ConsensusAdmin admin, String best, List<String> survivors, List<String> dead) {
        var answers = new ArrayList<WriteResult>();
        TestGroup.awaitTrue("the recovery", () -> {
            var answer = admin.recover(best, survivors, dead, Duration.ofSeconds(20));
            if (answers.isEmpty() || !answers.getLast().equals(answer)) {
                LOG.warn("recovery: {}", answer);
            }
            answers.add(answer);
            return answer instanceof WriteResult.Done;
        });
    }

    private static Optional<List<NodeCopy>> leaderless(ConsensusAdmin admin, String address) {
        try {
            return Optional.of(admin.copies(address, Duration.ofSeconds(1)))
                    .filter(copies ->
                            copies.stream().allMatch(copy -> copy.leader().isEmpty()));
        } catch (DcsUnavailableException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> get(ConsensusAdmin admin) {
        try {
            return admin.get(KEY, ASK);
        } catch (DcsUnavailableException e) {
            return Optional.empty();
        }
    }
}

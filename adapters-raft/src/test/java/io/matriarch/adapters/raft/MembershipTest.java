package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.NodeStatus;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("members of a running group, each in a process of its own, that come and go")
class MembershipTest {

    private static final Duration TTL = Duration.ofSeconds(3);
    private static final Duration ASK = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String KEY = "/service/moving/config";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private final List<String> addresses =
            TestGroup.freeAddresses(4).stream().map(Endpoint::toString).toList();
    private final Map<String, MemberProcess> processes = new TreeMap<>();
    private ConsensusAdmin admin;

    @BeforeEach
    void startThree() throws IOException {
        var three = addresses.subList(0, 3);
        for (var self : three) {
            start(self, others(three, self));
        }
        admin = new RaftProvider()
                .admin(MapSection.of(Map.of("partner_addrs", addresses)))
                .orElseThrow();
        write("{}");
    }

    @AfterEach
    void end() {
        admin.close();
        processes.values().forEach(MemberProcess::close);
    }

    private void start(String self, List<String> partners) throws IOException {
        processes.put(self, MemberProcess.start(directory, self, partners, TTL));
    }

    private static List<String> others(List<String> all, String self) {
        return all.stream().filter(other -> !other.equals(self)).toList();
    }

    private void write(String value) {
        TestGroup.awaitTrue("a write", () -> admin.put(KEY, value, ASK) instanceof WriteResult.Done);
    }

    private Optional<NodeStatus> status(String address) {
        try {
            return Optional.of(admin.status(address, ASK));
        } catch (DcsUnavailableException e) {
            return Optional.empty();
        }
    }

    private String leader() {
        return TestGroup.await(
                "a leader",
                () -> processes.keySet().stream()
                        .filter(address -> status(address)
                                .filter(status -> status.state() == 2)
                                .isPresent())
                        .findFirst());
    }

    private String follower() {
        var leader = leader();
        return addresses.stream()
                .limit(3)
                .filter(address -> !address.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    /** Whom the leader has as voters besides itself, all of them connected. */
    private void awaitVoters(List<String> voters) {
        TestGroup.awaitTrue(
                "the voters " + voters,
                () -> status(leader())
                        .filter(status -> status.partners()
                                .keySet()
                                .equals(new java.util.TreeSet<>(others(voters, status.self()))))
                        .filter(status -> !status.partners().containsValue(false))
                        .isPresent());
    }

    /** On a busy machine the lead may change hands amid the removal, which then may or may not have happened. */
    private void remove(String asked, String removed) {
        TestGroup.awaitTrue(
                "the removal of " + removed,
                () -> admin.remove(asked, removed, PATIENCE) instanceof WriteResult.Done
                        || status(asked)
                                .filter(status -> !status.partners().containsKey(removed))
                                .isPresent());
    }

    private void awaitLogged(String address, String text) {
        TestGroup.awaitTrue(
                text + " in the log of " + address,
                () -> MemberProcess.log(directory, address).contains(text));
    }

    @Test
    @DisplayName("a new member joins through any partner, and files that differ from the group's log are reported")
    void joins() throws Exception {
        var newcomer = addresses.get(3);
        start(newcomer, List.of(follower()));
        awaitVoters(addresses);
        for (var member : addresses.subList(0, 3)) {
            awaitLogged(member, "the group's log counts");
            assertThat(TestGroup.await("an answer", () -> status(member)).configured())
                    .doesNotContain(newcomer);
        }
        awaitLogged(newcomer, "the group's log counts");
        // Three of four: the newcomer's vote is one of them.
        processes.get(follower()).kill();
        write("{\"with\":\"the newcomer\"}");
    }

    @Test
    @DisplayName("a member that is replaced, its address kept and its directory lost, leaves no ghost and votes again")
    void replaced() throws Exception {
        var replaced = follower();
        processes.get(replaced).kill();
        processes.get(replaced).awaitEnd();
        deleteAll(directory.resolve(replaced));
        write("{\"without\":1}");
        start(replaced, others(addresses.subList(0, 3), replaced));
        awaitVoters(addresses.subList(0, 3));
        TestGroup.awaitTrue(
                "the vote is back",
                () -> !Files.exists(directory.resolve(replaced).resolve("joining")));
        var gone = leader();
        processes.remove(gone).kill();
        write("{\"by\":\"two\"}");
        assertThat(admin.get(KEY, PATIENCE)).contains("{\"by\":\"two\"}");
        assertThat(status(leader()).orElseThrow().partners()).hasSize(2);
    }

    @Test
    @DisplayName("a removed member is told, has no say, and votes again once it is added")
    void removed() throws Exception {
        var removed = follower();
        var asked = others(addresses.subList(0, 3), removed);
        remove(asked.getFirst(), removed);
        awaitVoters(asked);
        awaitLogged(removed, "was removed from the raft group");
        // Alone among two voters: a third one's vote would make a majority.
        var stopped = others(asked, leader()).getFirst();
        processes.get(stopped).suspend();
        assertThat(admin.put(KEY, "{\"alone\":1}", ASK)).isInstanceOf(WriteResult.Unknown.class);
        processes.get(stopped).resume();
        write("{\"two\":2}");
        TestGroup.awaitTrue("it is added", () -> admin.add(leader(), removed, PATIENCE) instanceof WriteResult.Done);
        awaitVoters(addresses.subList(0, 3));
    }

    @Test
    @DisplayName("the leader itself can be removed, and hands its part on; the lead can be given to any voter")
    void leaderRemoved() {
        var former = leader();
        var rest = others(addresses.subList(0, 3), former);
        remove(rest.getFirst(), former);
        write("{\"after\":\"removal\"}");
        awaitVoters(rest);
        for (var next : rest) {
            TestGroup.awaitTrue(
                    "the lead of " + next,
                    () -> admin.transferLeadership(next, next, PATIENCE) instanceof WriteResult.Done
                            && leader().equals(next));
        }
        assertThat(admin.transferLeadership(rest.getFirst(), former, PATIENCE)).isInstanceOf(WriteResult.Refused.class);
        for (int i = 0; i < 30; i++) {
            write("{\"value\":" + i + "}");
        }
        // What came before the last snapshot but one is cut off.
        for (int i = 0; i < 2; i++) {
            assertThat(admin.snapshot(rest.getFirst(), PATIENCE)).isInstanceOf(WriteResult.Done.class);
            write("{\"snapshot\":" + i + "}");
        }
        assertThat(status(rest.getFirst()).orElseThrow().logLength()).isLessThan(30);
    }

    private static void deleteAll(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

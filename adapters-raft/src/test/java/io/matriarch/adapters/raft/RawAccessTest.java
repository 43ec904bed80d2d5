package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.RawEntry;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.WriteResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("the store's keys past the agents, on members in processes of their own")
class RawAccessTest {

    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final Duration QUICK = Duration.ofSeconds(3);
    private static final String KEY = "/service/raw/config";

    @TempDir
    Path directory;

    private final List<MemberProcess> members = new ArrayList<>();
    private List<String> addresses = List.of();

    @AfterEach
    void end() {
        members.forEach(MemberProcess::close);
    }

    private ConsensusAdmin group(int size) throws IOException {
        addresses =
                TestGroup.freeAddresses(size).stream().map(Endpoint::toString).toList();
        for (var self : addresses) {
            var partners =
                    addresses.stream().filter(other -> !other.equals(self)).toList();
            members.add(MemberProcess.start(directory, self, partners, Duration.ofSeconds(3)));
        }
        var admin = admin(addresses);
        TestGroup.awaitTrue("a first write", () -> admin.put(KEY, "{}", WAIT) instanceof WriteResult.Done);
        return admin;
    }

    private static ConsensusAdmin admin(List<String> addresses) {
        return new RaftProvider()
                .admin(MapSection.of(Map.of("partner_addrs", addresses)))
                .orElseThrow();
    }

    @Test
    @DisplayName("what is set is there for everybody, and what is deleted is not")
    void setGetDelete() throws Exception {
        try (var admin = group(1)) {
            assertThat(admin.get(KEY, WAIT)).contains("{}");
            assertThat(admin.put("/service/raw/optime/leader", "1", WAIT)).isInstanceOf(WriteResult.Done.class);
            assertThat(admin.put("/other", "text", WAIT)).isInstanceOf(WriteResult.Done.class);
            assertThat(admin.dump("/service/raw/", WAIT))
                    .extracting(RawEntry::path)
                    .containsExactly(KEY, "/service/raw/optime/leader");
            assertThat(admin.dump("/", WAIT)).hasSize(3);
            assertThat(admin.delete("/other", WAIT)).isInstanceOf(WriteResult.Done.class);
            assertThat(admin.delete("/other", WAIT)).isInstanceOf(WriteResult.Refused.class);
            assertThat(admin.get("/other", WAIT)).isEmpty();
        }
    }

    @Test
    @DisplayName("SAF-013 a key that lives by a lease is neither written nor ended past its holder")
    void leases() throws Exception {
        try (var group = new TestGroup(directory, 1, Duration.ofSeconds(30)).startAll();
                var dcs = group.dcs(0, "node0", "raw", TestGroup.timing(Duration.ofSeconds(30)));
                var admin = admin(List.of(group.addresses.getFirst().toString()))) {
            var name = new io.matriarch.domain.cluster.MemberName("node0");
            assertThat(dcs.acquireLeaderLock(name, io.matriarch.ports.dcs.Change.NONE))
                    .isInstanceOf(LockResult.Held.class);
            assertThat(dcs.publishMember(name, "{}")).isInstanceOf(WriteResult.Done.class);
            for (var path : List.of("/service/raw/leader", "/service/raw/members/node0")) {
                assertThat(admin.put(path, "x", WAIT)).isInstanceOf(WriteResult.Refused.class);
                assertThat(admin.delete(path, WAIT)).isInstanceOf(WriteResult.Refused.class);
                assertThat(admin.dump(path, WAIT).getFirst().lease()).isPresent();
            }
            assertThat(admin.get("/service/raw/leader", WAIT)).contains("node0");
            for (var path : List.of("no/slash", "/", "/a/", "", "/a//b")) {
                assertThat(admin.put(path, "x", WAIT)).as(path).isInstanceOf(WriteResult.Refused.class);
            }
        }
    }

    @Test
    @DisplayName("a member that stands still holds up no reader: the next one answers")
    void standstill() throws Exception {
        try (var warm = group(3)) {
            int follower = TestGroup.await("a follower", () -> with(warm, 0));
            var first = new ArrayList<>(addresses);
            first.remove(addresses.get(follower));
            first.addFirst(addresses.get(follower));
            members.get(follower).suspend();
            try (var admin = admin(first)) {
                var took = took(() -> assertThat(admin.get(KEY, WAIT)).contains("{}"));
                assertThat(took).isLessThan(Duration.ofSeconds(3));
                assertThat(admin.put(KEY, "{\"a\":1}", QUICK)).isInstanceOf(WriteResult.Done.class);
            }
            members.get(follower).resume();
            int leader = TestGroup.await("a leader", () -> with(warm, 2));
            members.get(leader).suspend();
            // The others elect a new one first.
            assertThat(warm.get(KEY, WAIT)).contains("{\"a\":1}");
        }
    }

    @Test
    @DisplayName("with nobody there, or all standing still, a reader and a writer are told so in time")
    void nobody() throws Exception {
        try (var admin = group(1)) {
            members.getFirst().suspend();
            var took = took(() -> {
                assertThatThrownBy(() -> admin.get(KEY, QUICK)).isInstanceOf(DcsUnavailableException.class);
                assertThat(admin.put(KEY, "x", QUICK)).isInstanceOf(WriteResult.Unknown.class);
                assertThat(admin.delete(KEY, QUICK)).isInstanceOf(WriteResult.Unknown.class);
            });
            assertThat(took).isBetween(QUICK, QUICK.multipliedBy(4));
        }
        members.getFirst().kill();
        members.getFirst().awaitEnd();
        try (var admin = admin(addresses)) {
            var took = took(() -> assertThatThrownBy(() -> admin.get(KEY, WAIT))
                    .isInstanceOf(DcsUnavailableException.class)
                    .hasMessageContaining(addresses.getFirst()));
            assertThat(took).isLessThan(QUICK);
        }
    }

    /** The number of a member in this state. */
    private Optional<Integer> with(ConsensusAdmin admin, int state) {
        for (int i = 0; i < addresses.size(); i++) {
            try {
                var status = admin.status(addresses.get(i), QUICK);
                if (status.state() == state && status.leader().isPresent()) {
                    return Optional.of(i);
                }
            } catch (DcsUnavailableException _) {
                continue;
            }
        }
        return Optional.empty();
    }

    private interface Step {
        void run() throws Exception;
    }

    private static Duration took(Step step) throws Exception {
        long start = System.nanoTime();
        step.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}

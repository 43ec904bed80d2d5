package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("members of the embedded store that come, go and fail")
class RaftGroupTest {

    private static final Duration TTL = Duration.ofSeconds(5);
    private static final MemberName NODE0 = new MemberName("node0");

    @TempDir
    Path directory;

    private Optional<TestGroup> opened = Optional.empty();

    private TestGroup group(int members) {
        var group = new TestGroup(directory, members, TTL);
        opened = Optional.of(group);
        return group;
    }

    @AfterEach
    void stop() {
        opened.ifPresent(TestGroup::close);
    }

    private static RaftDcs dcs(TestGroup group, int member) {
        return group.dcs(member, "node" + member, "batman", TestGroup.timing(TTL));
    }

    private static void put(Dcs dcs, StoreKey key, String value) {
        TestGroup.awaitTrue(
                "a write", () -> dcs.write(Optional.empty(), Change.NONE.put(key, value)) instanceof WriteResult.Done);
    }

    private static String text(Dcs dcs, StoreKey key) {
        return TestGroup.await("a read", () -> {
            try {
                return Optional.of(dcs.load().get(key).map(StoredValue::text).orElse("(absent)"));
            } catch (DcsUnavailableException e) {
                return Optional.empty();
            }
        });
    }

    @Test
    @DisplayName("a restart of one member and then of all keeps every key, also over a snapshot")
    void restarts() {
        var group = group(3).startAll();
        put(dcs(group, 0), StoreKey.CONFIG, "{\"a\":1}");
        for (int i = 0; i < 3; i++) {
            group.stop(i);
            put(dcs(group, (i + 1) % 3), StoreKey.STATUS, "without " + i);
            group.start(i);
            assertThat(text(dcs(group, i), StoreKey.STATUS)).isEqualTo("without " + i);
        }
        var snapshot = new java.util.concurrent.CompletableFuture<com.alipay.sofa.jraft.Status>();
        group.node(1).raft().snapshot(snapshot::complete);
        assertThat(snapshot.join().isOk()).isTrue();
        put(dcs(group, 1), StoreKey.HISTORY, "[]");
        var id = group.node(1).clusterId();
        for (int i = 0; i < 3; i++) {
            group.crash(i);
        }
        group.startAll();
        for (int i = 0; i < 3; i++) {
            assertThat(text(dcs(group, i), StoreKey.CONFIG)).isEqualTo("{\"a\":1}");
            assertThat(text(dcs(group, i), StoreKey.STATUS)).isEqualTo("without 2");
            assertThat(text(dcs(group, i), StoreKey.HISTORY)).isEqualTo("[]");
            assertThat(group.node(i).clusterId()).isEqualTo(id).isNotEmpty();
        }
    }

    @Test
    @DisplayName("SAF-071 SAF-072 a crash of the Raft leader costs a live holder elsewhere no lease at ttl 5")
    void leaderCrash() {
        var group = group(3).startAll();
        for (int round = 0; round < 3; round++) {
            int leader = group.leader();
            int holder = (leader + 1) % 3;
            var name = new MemberName("node" + holder);
            var dcs = dcs(group, holder);
            var lease = TestGroup.await(
                    "the lock",
                    () -> dcs.acquireLeaderLock(name, Change.NONE) instanceof LockResult.Held held
                            ? Optional.of(held.lease())
                            : Optional.empty());
            group.crash(leader);
            var end = group.clock.now().plus(Duration.ofSeconds(8));
            while (!group.clock.now().hasReached(end)) {
                if (dcs.renewLeaderLock(name, lease) instanceof LockResult.Held held) {
                    lease = lease.extendedTo(held.lease().deadline());
                }
                assertThat(group.clock.now().hasReached(lease.deadline()))
                        .as("round %d: the lease is over", round)
                        .isFalse();
                Pause.millis(500);
            }
            assertThat(dcs.releaseLeaderLock(lease, Change.NONE)).isInstanceOf(WriteResult.Done.class);
            group.start(leader);
            put(dcs(group, leader), StoreKey.STATUS, "round " + round);
        }
    }

    @Test
    @DisplayName(
            "SAF-010 a rebuild of the node inside the process keeps the notes: a dead holder's lease ends in its time")
    void rebuild() {
        var group = group(1).startAll();
        var dcs = dcs(group, 0);
        var held = (LockResult.Held) dcs.acquireLeaderLock(NODE0, Change.NONE);
        Pause.millis(1500);
        group.node(0).rebuild("a test wants it");
        var freed = TestGroup.await(
                "the end of the lease",
                () -> group.node(0).machine().leaderTerm() > 0
                                && group.node(0).read(table -> table.leases().isEmpty())
                        ? Optional.of(group.clock.now())
                        : Optional.empty());
        assertThat(freed.hasReached(held.lease().deadline()))
                .as("not before its deadline")
                .isTrue();
        assertThat(freed.since(held.lease().deadline())).isLessThan(Duration.ofMillis(1500));
    }

    @Test
    @DisplayName("a node that has stopped by itself is rebuilt")
    void stoppedNode() {
        var group = group(3).startAll();
        put(dcs(group, 0), StoreKey.CONFIG, "{}");
        var broken = group.node(0).raft();
        broken.shutdown();
        TestGroup.awaitTrue("another node", () -> group.node(0).raft() != broken);
        assertThat(text(dcs(group, 0), StoreKey.CONFIG)).isEqualTo("{}");
    }

    @Test
    @DisplayName("SAF-012 without a leader a renewal is dropped after a third of its ttl, and not carried out later")
    void renewalWithoutLeader() {
        var group = group(3);
        group.start(0);
        var dcs = dcs(group, 0);
        var lease = new Lease(new LeaseId("L"), MonotonicTime.ofNanos(0));
        var before = group.clock.now();
        assertThat(dcs.renewLeaderLock(NODE0, lease)).isInstanceOf(LockResult.Unknown.class);
        assertThat(group.clock.now().since(before)).isBetween(TTL.dividedBy(3).minusMillis(20), Duration.ofSeconds(4));
        assertThatThrownBy(() ->
                        group.dcs(0, "node0", "batman", TestGroup.timing(TTL)).load())
                .isInstanceOf(DcsUnavailableException.class);
    }

    @Test
    @DisplayName("DCS-069 DCS-072 without a quorum the lock's answer is unknown, within the bound")
    void noQuorum() {
        var group = group(3).startAll();
        var dcs = dcs(group, 0);
        var held = (LockResult.Held) dcs.acquireLeaderLock(NODE0, Change.NONE);
        group.crash(1);
        group.crash(2);
        var before = group.clock.now();
        assertThat(dcs.renewLeaderLock(NODE0, held.lease())).isInstanceOf(LockResult.Unknown.class);
        assertThat(dcs.write(Optional.empty(), Change.NONE.put(StoreKey.STATUS, "lost")))
                .isInstanceOf(WriteResult.Unknown.class);
        assertThat(group.clock.now().since(before)).isLessThan(Duration.ofSeconds(12));
    }

    @Test
    @DisplayName("a torn last record is cut off and the member catches up")
    void tornRecord() throws IOException {
        var group = group(3).startAll();
        put(dcs(group, 0), StoreKey.CONFIG, "{}");
        int torn = (group.leader() + 1) % 3;
        group.crash(torn);
        try (var files = Files.list(group.settings(torn).directory().resolve("log"))) {
            var last = files.filter(file -> file.toFile().length() > 0)
                    .filter(file -> file.getFileName().toString().matches(".*[0-9].*"))
                    .max(java.util.Comparator.naturalOrder())
                    .orElseThrow();
            try (var file = new java.io.RandomAccessFile(last.toFile(), "rw")) {
                file.setLength(file.length() - 3);
            }
        }
        put(dcs(group, (torn + 1) % 3), StoreKey.STATUS, "meanwhile");
        group.start(torn);
        assertThat(text(dcs(group, torn), StoreKey.STATUS)).isEqualTo("meanwhile");
        assertThat(text(dcs(group, torn), StoreKey.CONFIG)).isEqualTo("{}");
    }

    @Test
    @DisplayName("a member that lost its disk takes no part until the group has given it the log")
    void lostDisk() throws IOException {
        var group = group(3).startAll();
        put(dcs(group, 0), StoreKey.CONFIG, "{}");
        int leader = group.leader();
        int behind = (leader + 1) % 3;
        int wiped = (leader + 2) % 3;
        TestGroup.awaitTrue("settled", () -> group.node(behind).raft().getLastLogIndex() > 1);
        group.crash(wiped);
        deleteAll(group.settings(wiped).directory());
        group.crash(leader);
        // One that may lack what the two others had committed, and one that has forgotten it: they must not elect
        // anyone.
        group.start(wiped);
        var end = group.clock.now().plus(Duration.ofSeconds(5));
        while (!group.clock.now().hasReached(end)) {
            assertThat(group.node(wiped).raft().getLastLogIndex()).isZero();
            assertThat(group.node(behind).leads()).isFalse();
            Pause.millis(100);
        }
        group.start(leader);
        assertThat(text(dcs(group, wiped), StoreKey.CONFIG)).isEqualTo("{}");
        TestGroup.awaitTrue(
                "the vote is back", () -> group.node(wiped).formation().mayVote());
    }

    @Test
    @DisplayName("two clients that write the same key at once see one order, and no write is lost")
    void concurrentClients() throws Exception {
        var group = group(3).startAll();
        var first = dcs(group, 0);
        var second = dcs(group, 1);
        try (var threads = Executors.newFixedThreadPool(2)) {
            var left = threads.submit(() -> increment(first));
            var right = threads.submit(() -> increment(second));
            left.get();
            right.get();
        }
        assertThat(text(dcs(group, 2), StoreKey.STATUS)).isEqualTo("40");
    }

    private static boolean increment(RaftDcs dcs) throws DcsUnavailableException {
        for (int done = 0; done < 20; ) {
            var read = dcs.load();
            int value = read.get(StoreKey.STATUS)
                    .map(StoredValue::text)
                    .map(Integer::parseInt)
                    .orElse(0);
            var change = Change.NONE
                    .when(StoreKey.STATUS, read.revision(StoreKey.STATUS))
                    .put(StoreKey.STATUS, Integer.toString(value + 1));
            if (dcs.write(Optional.empty(), change) instanceof WriteResult.Done) {
                done++;
            }
        }
        return true;
    }

    @Test
    @DisplayName("on close the Raft leadership is handed on, so that nobody waits for an election")
    void handsOn() {
        var group = group(3).startAll();
        int leader = group.leader();
        group.stop(leader);
        var before = group.clock.now();
        group.leader();
        assertThat(group.clock.now().since(before)).isLessThan(Duration.ofMillis(900));
    }

    @Test
    @DisplayName("SAF-071 the member that holds the leader lock for long gets the Raft leadership")
    void leadershipFollows() {
        var group = group(3).startAll();
        int holder = (group.leader() + 1) % 3;
        var name = new MemberName("node" + holder);
        var dcs = group.dcs(holder, name.value(), "batman", TestGroup.timing(Duration.ofSeconds(2)));
        var held = (LockResult.Held) dcs.acquireLeaderLock(name, Change.NONE);
        TestGroup.awaitTrue("the leadership", () -> {
            dcs.renewLeaderLock(name, held.lease());
            Pause.millis(200);
            return group.leader() == holder;
        });
        assertThat(dcs.renewLeaderLock(name, held.lease())).isInstanceOf(LockResult.Held.class);
    }

    @Test
    @DisplayName("a member alone is a group")
    void alone() {
        var group = group(1).startAll();
        put(dcs(group, 0), StoreKey.CONFIG, "{}");
        TestGroup.awaitTrue("an identity", () -> !group.node(0).clusterId().isEmpty());
        assertThat(group.node(0).formation().phase()).isEqualTo(Phase.SETTLED);
    }

    @Test
    @DisplayName("DCS-048 DCS-064 a client without a member hears of changes too")
    void remoteWatch() throws Exception {
        var group = group(3).startAll();
        var heard = new AtomicBoolean();
        try (var client = ClientModeTest.client(group, "batman");
                var _ = client.watch(() -> heard.set(true))) {
            TestGroup.awaitTrue("a hint", () -> {
                put(dcs(group, 0), StoreKey.CONFIG, "{\"now\":" + System.nanoTime() + "}");
                Pause.millis(100);
                return heard.get();
            });
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

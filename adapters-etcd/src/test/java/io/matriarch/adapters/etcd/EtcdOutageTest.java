package io.matriarch.adapters.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.NanoClock;
import io.matriarch.ports.testing.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of the lock when members of etcd stop, hang or lose their majority. */
class EtcdOutageTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final MemberName NODE1 = new MemberName("node1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final NanoClock clock = new NanoClock();
    private final String scope = "outage-" + UUID.randomUUID();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var resource : opened.reversed()) {
            resource.close();
        }
    }

    private EtcdCluster cluster(EtcdCluster.Version version, int size, String... options) {
        var cluster = EtcdCluster.start(version, size, options);
        opened.add(cluster);
        return cluster;
    }

    private EtcdDcs client(List<String> hosts, DcsTiming timing) {
        var dcs = EtcdContract.client(hosts, scope, timing);
        opened.add(dcs);
        return dcs;
    }

    private static DcsTiming timing(double ttl, double retryTimeout) {
        return new DcsTiming(seconds(ttl), Duration.ofSeconds(1), seconds(retryTimeout));
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1000));
    }

    private static Lease held(LockResult result) {
        assertThat(result).isInstanceOf(LockResult.Held.class);
        return ((LockResult.Held) result).lease();
    }

    private Duration took(Runnable action) {
        var before = clock.now();
        action.run();
        return clock.now().since(before);
    }

    private void eventually(String what, BooleanSupplier condition) {
        var end = clock.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            assertThat(clock.now().hasReached(end))
                    .as("not within %s: %s", PATIENCE, what)
                    .isFalse();
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    @ParameterizedTest
    @EnumSource(EtcdCluster.Version.class)
    @DisplayName("SAF-020 an etcd leader without its majority answers keep-alives, and no renewal counts them")
    void leaderWithoutMajority(EtcdCluster.Version version) throws Exception {
        var etcd = cluster(version, 3, "--election-timeout=5000", "--heartbeat-interval=500");
        int leader = etcd.leader();
        var dcs = client(List.of(etcd.hosts().get(leader)), timing(30, 3));
        var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));

        for (int i = 0; i < etcd.size(); i++) {
            if (i != leader) {
                etcd.member(i).suspend();
            }
        }
        var answered = keepAliveAlone(etcd, leader, lease);
        var renewed = dcs.renewLeaderLock(NODE0, lease);
        for (int i = 0; i < etcd.size(); i++) {
            if (i != leader) {
                etcd.member(i).resume();
            }
        }

        assertThat(renewed).isInstanceOf(LockResult.Unknown.class);
        if (version == EtcdCluster.Version.ETCD_3_4) {
            assertThat(answered)
                    .as("the fault that this test is about: a keep-alive without majority")
                    .isTrue();
        }
        eventually("the renewal works again", () -> dcs.renewLeaderLock(NODE0, lease) instanceof LockResult.Held);
    }

    /** The mutation "keep-alive alone": whether it would have prolonged the lease. */
    private boolean keepAliveAlone(EtcdCluster etcd, int member, Lease lease) {
        long number = EtcdLeases.number(lease.id()).orElseThrow();
        var answer = etcd.post(member, "/v3/lease/keepalive", "{\"ID\":\"" + number + "\"}", Duration.ofSeconds(2));
        var ttl = EtcdCluster.field(answer, "TTL");
        return !ttl.isEmpty() && Long.parseLong(ttl) > 0;
    }

    @ParameterizedTest
    @EnumSource(EtcdCluster.Version.class)
    @DisplayName("SAF-020 a stopped etcd leader: its client's renewals never outlast what the majority grants")
    void stoppedLeader(EtcdCluster.Version version) {
        var etcd = cluster(version, 3);
        int leader = etcd.leader();
        var timing = timing(4, 2);
        var holder = client(List.of(etcd.hosts().get(leader)), timing);
        var others = new ArrayList<>(etcd.hosts());
        others.remove(leader);
        var rival = client(others, timing);
        var last = new Lease[] {held(holder.acquireLeaderLock(NODE0, Change.NONE))};
        last[0] = held(holder.renewLeaderLock(NODE0, last[0]));

        etcd.member(leader).suspend();
        assertThat(holder.renewLeaderLock(NODE0, last[0])).isInstanceOf(LockResult.Unknown.class);
        eventually(
                "the rival has the lock", () -> rival.acquireLeaderLock(NODE1, Change.NONE) instanceof LockResult.Held);
        assertThat(clock.now().hasReached(last[0].deadline()))
                .as("the holder's deadline is over")
                .isTrue();

        etcd.member(leader).resume();
        eventually("the thawed member says no", () -> {
            var late = holder.renewLeaderLock(NODE0, last[0]);
            assertThat(late).isNotInstanceOf(LockResult.Held.class);
            return late instanceof LockResult.Refused;
        });
        assertThat(holder.write(Optional.of(last[0]), Change.NONE.put(StoreKey.STATUS, "late")))
                .isInstanceOf(WriteResult.Refused.class);
    }

    @Test
    @DisplayName("DCS-052 SAF-070 the holder keeps its lock while the etcd leader it talks to hangs")
    void holderSurvivesHungMember() {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_5, 3);
        int leader = etcd.leader();
        var hosts = new ArrayList<>(etcd.hosts());
        var first = hosts.remove(leader);
        hosts.addFirst(first);
        var dcs = client(hosts, timing(12, 4));
        var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));

        etcd.member(leader).suspend();
        int unknown = 0;
        var end = clock.now().plus(Duration.ofSeconds(14));
        while (!clock.now().hasReached(end)) {
            assertThat(clock.now().hasReached(lease.deadline()))
                    .as("the lock is lost")
                    .isFalse();
            switch (dcs.renewLeaderLock(NODE0, lease)) {
                case LockResult.Held(var renewed) -> lease = lease.extendedTo(renewed.deadline());
                case LockResult.Unknown _ -> unknown++;
                case LockResult.Refused(var why) -> throw new AssertionError(why);
            }
            LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        }
        etcd.member(leader).resume();
        assertThat(unknown).as("attempts that the hung member cost").isPositive();
    }

    @Test
    @DisplayName("DCS-052 a member that is down costs no call")
    void memberDown() {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_4, 1);
        var closed = "127.0.0.1:" + ServerProcess.freePorts(1).getFirst();
        var dcs = client(List.of(closed, etcd.hosts().getFirst()), timing(5, 5));

        var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));
        held(dcs.renewLeaderLock(NODE0, lease));
    }

    @Test
    @DisplayName("DCS-052 a client that was told one member learns the others from etcd and outlives it")
    void learnsMembers() throws Exception {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_5, 3);
        var dcs = EtcdContract.client(etcd.hosts().subList(0, 1), scope, timing(5, 5), true);
        opened.add(dcs);
        dcs.load();
        etcd.member(0).kill();

        eventually("a write through another member", () -> {
            var result = dcs.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "{}"));
            return result instanceof WriteResult.Done;
        });
        dcs.load();
    }

    @Test
    @DisplayName("DCS-053 a member that restarts within the retry timeout costs a reader nothing but time")
    void loadOutlastsRestart() throws Exception {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_5, 1);
        var dcs = client(etcd.hosts(), timing(60, 30));
        dcs.load();
        etcd.member(0).kill();
        var restart = Thread.ofVirtual().start(() -> {
            LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
            etcd.restart(0);
        });
        assertThat(dcs.load().keys()).isEmpty();
        restart.join();
    }

    @Test
    @DisplayName("DCS-053 DCS-072 DCS-073 nothing reachable: unavailable or unknown, each within its bound")
    void nothingReachable() {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_4, 1);
        var timing = timing(6, 3);
        var dcs = client(etcd.hosts(), timing);
        var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));
        etcd.member(0).suspend();
        assertBounded(dcs, lease, timing);
        etcd.member(0).kill();
        assertBounded(dcs, lease, timing);
    }

    private void assertBounded(EtcdDcs dcs, Lease lease, DcsTiming timing) {
        var slack = Duration.ofSeconds(2);
        assertThat(took(() -> assertThat(dcs.renewLeaderLock(NODE0, lease)).isInstanceOf(LockResult.Unknown.class)))
                .isLessThan(timing.ttl().dividedBy(3).plus(slack));
        assertThat(took(() -> assertThatThrownBy(dcs::load).isInstanceOf(DcsUnavailableException.class)))
                .isLessThan(timing.retryTimeout().plus(slack));
        assertThat(took(() ->
                        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Unknown.class)))
                .isLessThan(timing.retryTimeout().plus(slack));
        assertThat(took(() -> assertThat(dcs.write(Optional.of(lease), Change.NONE.put(StoreKey.STATUS, "x")))
                        .isInstanceOf(WriteResult.Unknown.class)))
                .isLessThan(timing.retryTimeout().plus(slack));
        assertThat(took(() -> assertThat(dcs.offerLease(NODE0)).isEmpty()))
                .isLessThan(timing.retryTimeout().plus(slack));
    }

    @Test
    @DisplayName("DCS-048 a watch goes on after etcd was restarted, and reports what it may have missed")
    void watchSurvivesRestart() throws Exception {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_5, 1);
        var dcs = client(etcd.hosts(), timing(5, 5));
        var hints = new AtomicInteger();
        try (var _ = dcs.watch(hints::incrementAndGet)) {
            eventually("the watch is open", () -> hints.get() > 0);
            etcd.restart(0);
            eventually("the watch is open again", () -> hints.get() > 1);
            eventually("a hint after the restart", () -> {
                int before = hints.get();
                var result = dcs.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "{}"));
                LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
                return result instanceof WriteResult.Done && hints.get() > before;
            });
        }
    }

    @Test
    @DisplayName("SAF-012 an acquisition that gets no answer leaves a lock that ends by itself")
    void unansweredAcquisition() {
        var etcd = cluster(EtcdCluster.Version.ETCD_3_4, 3);
        var dcs = client(List.of(etcd.hosts().getFirst()), timing(3, 2));
        for (int i = 1; i < 3; i++) {
            etcd.member(i).suspend();
        }
        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Unknown.class);
        for (int i = 1; i < 3; i++) {
            etcd.member(i).resume();
        }
        eventually("the lock can be taken", () -> dcs.acquireLeaderLock(NODE1, Change.NONE) instanceof LockResult.Held);
    }
}

package io.matriarch.adapters.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.MapSection;
import io.matriarch.ports.testing.NanoClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Keys that others wrote, and who may come in. */
class EtcdSharedClusterTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static EtcdCluster etcd;

    private final String scope = "shared-" + UUID.randomUUID();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdCluster.start(EtcdCluster.Version.ETCD_3_4, 1);
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @AfterEach
    void close() throws Exception {
        for (var resource : opened.reversed()) {
            resource.close();
        }
    }

    private Dcs client(EtcdCluster cluster, Map<String, Object> more) {
        var section = new java.util.HashMap<String, Object>(Map.of("hosts", cluster.hosts()));
        section.putAll(more);
        var context = new DcsContext(
                new Scope("service", scope),
                Optional.of(NODE0),
                new DcsTiming(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(5)),
                new NanoClock());
        var dcs = new EtcdProvider().client(new MapSection("etcd3", section), context);
        opened.add(dcs);
        return dcs;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private void foreignPut(String key, String value, String lease) {
        var body = "{\"key\":\"" + base64("/service/" + scope + "/" + key) + "\",\"value\":\"" + base64(value)
                + "\",\"lease\":\"" + lease + "\"}";
        assertThat(etcd.post(0, "/v3/kv/put", body)).contains("revision");
    }

    @Test
    @DisplayName("DCS-039 a Patroni member's hold reads as held by its lease, is respected, and ends with it")
    void patroniHolds() throws Exception {
        var dcs = client(etcd, Map.of());
        var granted = etcd.post(0, "/v3/lease/grant", "{\"TTL\":\"60\"}");
        var lease = EtcdCluster.field(granted, "ID");
        foreignPut("leader", "patroni1", lease);
        foreignPut("members/patroni1", "{\"state\":\"running\"}", lease);
        foreignPut("members/patroni1/deeper", "{}", lease);
        foreignPut("unheard-of", "{}", "0");

        var seen = dcs.load();
        var leader = seen.get(StoreKey.LEADER).orElseThrow();
        assertThat(leader.text()).isEqualTo("patroni1");
        assertThat(leader.lease()).contains(new LeaseId(Long.toHexString(Long.parseLong(lease))));
        assertThat(seen.members().keySet()).containsExactly(new MemberName("patroni1"));
        assertThat(seen.members().get(new MemberName("patroni1")).lease()).isEqualTo(leader.lease());
        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Refused.class);
        assertThat(dcs.adoptLeaderLock(NODE0, leader.lease().orElseThrow())).isInstanceOf(LockResult.Refused.class);

        etcd.post(0, "/v3/lease/revoke", "{\"ID\":\"" + lease + "\"}");
        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Held.class);
        assertThat(dcs.load().members()).isEmpty();
    }

    @Test
    @DisplayName("DCS-006 a leader key without a name in it can be acquired, conditions and change included")
    void emptyLeader() throws Exception {
        var dcs = client(etcd, Map.of());
        foreignPut("leader", "", "0");
        var absent = Change.NONE.when(StoreKey.EPOCH, dcs.load().revision(StoreKey.EPOCH));
        foreignPut("epoch", "7", "0");
        assertThat(dcs.acquireLeaderLock(NODE0, absent)).isInstanceOf(LockResult.Refused.class);

        var change = Change.NONE
                .when(StoreKey.EPOCH, dcs.load().revision(StoreKey.EPOCH))
                .put(StoreKey.EPOCH, "8");
        assertThat(dcs.acquireLeaderLock(NODE0, change)).isInstanceOf(LockResult.Held.class);
        assertThat(dcs.load().get(StoreKey.LEADER).map(StoredValue::text)).contains("node0");
        assertThat(dcs.load().get(StoreKey.EPOCH).map(StoredValue::text)).contains("8");
    }

    @Test
    @DisplayName("SAF-013 a lease's name that etcd never gave is refused, not misread")
    void foreignLeaseNames() {
        var dcs = client(etcd, Map.of());
        var foreign = new io.matriarch.domain.cluster.Lease(new LeaseId("no-number"), new NanoClock().now());
        assertThat(dcs.renewLeaderLock(NODE0, foreign)).isInstanceOf(LockResult.Refused.class);
        assertThat(dcs.write(Optional.of(foreign), Change.NONE)).isInstanceOf(WriteResult.Refused.class);
        assertThat(dcs.adoptLeaderLock(NODE0, foreign.id())).isInstanceOf(LockResult.Refused.class);
    }

    @Test
    @DisplayName("DCS-047 DCS-045 a member's key gets a new lease when the ttl changes and when the old one is gone")
    void memberLease() throws Exception {
        var dcs = client(etcd, Map.of());
        dcs.publishMember(NODE0, "{}");
        var first = lease(dcs);
        dcs.publishMember(NODE0, "{}");
        assertThat(lease(dcs)).isEqualTo(first);

        dcs.adopt(new DcsTiming(Duration.ofSeconds(9), Duration.ofSeconds(1), Duration.ofSeconds(3)));
        assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
        var second = lease(dcs);
        assertThat(second).isNotEqualTo(first);

        etcd.post(
                0, "/v3/lease/revoke", "{\"ID\":\"" + EtcdLeases.number(second).orElseThrow() + "\"}");
        assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
        assertThat(lease(dcs)).isNotEqualTo(second);
    }

    private static LeaseId lease(Dcs dcs) throws DcsUnavailableException {
        return dcs.load().members().get(NODE0).lease().orElseThrow();
    }

    @Test
    @DisplayName("a ttl below etcd's minimum is lengthened, and the longer one is told")
    void minimumTtl() {
        try (var slow = EtcdCluster.start(
                EtcdCluster.Version.ETCD_3_5, 1, "--election-timeout=4000", "--heartbeat-interval=400")) {
            var dcs = client(slow, Map.of());
            var wanted = new DcsTiming(Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofSeconds(5));
            dcs.adopt(wanted);
            var before = new NanoClock().now();
            var result = dcs.acquireLeaderLock(NODE0, Change.NONE);
            assertThat(result).isInstanceOf(LockResult.Held.class);
            var after = new NanoClock().now();
            assertThat(after.until(((LockResult.Held) result).lease().deadline()))
                    .isLessThanOrEqualTo(wanted.ttl());
            assertThat(before.until(((LockResult.Held) result).lease().deadline()))
                    .isGreaterThanOrEqualTo(wanted.ttl());
            assertThat(dcs.adopt(wanted).ttl()).isEqualTo(Duration.ofSeconds(6));
        }
    }

    @Test
    @DisplayName("DCS-054 DCS-055 name and password: a lost token is renewed, a wrong password says so")
    void authentication() throws Exception {
        try (var locked = EtcdCluster.start(EtcdCluster.Version.ETCD_3_5, 1)) {
            locked.post(0, "/v3/auth/user/add", "{\"name\":\"root\",\"password\":\"s3cret\"}");
            locked.post(0, "/v3/auth/role/add", "{\"name\":\"root\"}");
            locked.post(0, "/v3/auth/user/grant", "{\"user\":\"root\",\"role\":\"root\"}");
            assertThat(locked.post(0, "/v3/auth/enable", "{}")).contains("header");

            var dcs = client(locked, Map.of("username", "root", "password", "s3cret"));
            assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
            assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Held.class);

            // Simple tokens live in etcd's memory: a restart forgets them.
            locked.restartWithAuthentication(0);
            dcs.load();
            assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);

            var wrong = client(locked, Map.of("username", "root", "password", "guess"));
            assertThatThrownBy(wrong::load)
                    .isInstanceOf(DcsUnavailableException.class)
                    .hasMessageContaining("authentication failed");
            var nobody = client(locked, Map.of());
            assertThatThrownBy(nobody::load).isInstanceOf(DcsUnavailableException.class);
        }
    }
}

package io.matriarch.adapters.consul;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Keys and sessions that operators and other agents touch too. */
class ConsulSharedClusterTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final MemberName NODE1 = new MemberName("node1");
    private static final DcsTiming TIMING =
            new DcsTiming(Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(20));

    private static ConsulServer consul;

    private String scope;
    private Dcs dcs;

    @BeforeAll
    static void start() {
        consul = ConsulServer.start(ConsulServer.SHORT_SESSIONS);
    }

    @AfterAll
    static void stop() {
        consul.close();
    }

    @BeforeEach
    void open() {
        scope = "shared-" + UUID.randomUUID();
        dcs = consul.client(NODE0, scope, TIMING, Map.of());
    }

    @AfterEach
    void close() {
        dcs.close();
    }

    private String key(String path) {
        return "kv/service/" + scope + "/" + path;
    }

    private static Lease held(LockResult result) {
        assertThat(result).isInstanceOf(LockResult.Held.class);
        return ((LockResult.Held) result).lease();
    }

    private static void assertDone(WriteResult result) {
        assertThat(result).isInstanceOf(WriteResult.Done.class);
    }

    private static String newSession() {
        var body = "{\"Name\":\"other\",\"Behavior\":\"delete\",\"LockDelay\":\"0.001s\",\"Checks\":[]}";
        return consul.call("PUT", "session/create", body).replaceAll(".*\"ID\":\"([^\"]*)\".*", "$1");
    }

    private static void endSession(String id) {
        assertThat(consul.call("PUT", "session/destroy/" + id, "")).contains("true");
    }

    @Test
    @DisplayName("DCS-002 DCS-005 keys have no leading slash, and the leader key holds the name alone")
    void layout() {
        held(dcs.acquireLeaderLock(NODE0, Change.NONE.put(StoreKey.EPOCH, "1 node0")));
        assertThat(consul.call("GET", key("leader?raw"), "")).isEqualTo("node0");
        assertThat(consul.call("GET", key("epoch?raw"), "")).isEqualTo("1 node0");
    }

    @Test
    @DisplayName("DCS-006 a leader key without a name is free, one with a name is not, whatever it lives by")
    void emptyLeader() {
        consul.call("PUT", key("leader"), "");
        held(dcs.acquireLeaderLock(NODE0, Change.NONE.put(StoreKey.EPOCH, "1 node0")));
        assertThat(consul.call("GET", key("leader?raw"), "")).isEqualTo("node0");

        assertDone(dcs.removeCluster());
        consul.call("PUT", key("leader"), "node7");
        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Refused.class);
        assertThat(consul.call("GET", key("leader?raw"), "")).isEqualTo("node7");
    }

    @Test
    @DisplayName(
            "DCS-060 SAF-013 a session that an operator ends ends the hold at once, and nobody waits for a lock delay")
    void endedSession() {
        var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));
        long ended = System.nanoTime();
        endSession(lease.id().value());

        assertThat(dcs.renewLeaderLock(NODE0, lease)).isInstanceOf(LockResult.Refused.class);
        try (var other = consul.client(NODE1, scope, TIMING, Map.of())) {
            held(other.acquireLeaderLock(NODE1, Change.NONE));
        }
        // Consul's own lock delay is 15 s.
        assertThat(Duration.ofNanos(System.nanoTime() - ended)).isLessThan(Duration.ofSeconds(14));
    }

    @Test
    @DisplayName(
            "DCS-060 DCS-063 a member whose session ended, or whose key is somebody else's, is there again at once")
    void memberSession() throws DcsUnavailableException {
        assertDone(dcs.publishMember(NODE0, "{\"state\":\"running\"}"));
        var first = dcs.load().members().get(NODE0).lease().orElseThrow();
        endSession(first.value());
        assertThat(dcs.load().members()).isEmpty();

        assertDone(dcs.publishMember(NODE0, "{\"state\":\"running\"}"));
        var second = dcs.load().members().get(NODE0).lease().orElseThrow();
        assertThat(second).isNotEqualTo(first);

        assertDone(dcs.removeCluster());
        var foreign = newSession();
        assertThat(consul.call("PUT", key("members/node0?acquire=" + foreign), "{}"))
                .contains("true");
        assertDone(dcs.publishMember(NODE0, "{\"state\":\"running\"}"));
        var now = dcs.load().members().get(NODE0);
        assertThat(now.lease()).contains(second);
        assertThat(now.text()).isEqualTo("{\"state\":\"running\"}");
        endSession(foreign);
        assertThat(dcs.load().members()).containsKey(NODE0);
    }

    @Test
    @DisplayName("a member's key moves to a session of the new length without being away")
    void memberWithNewTtl() throws DcsUnavailableException {
        assertDone(dcs.publishMember(NODE0, "{}"));
        var before = dcs.load().members().get(NODE0).lease().orElseThrow();
        dcs.adopt(new DcsTiming(Duration.ofSeconds(40), TIMING.loopWait(), TIMING.retryTimeout()));

        assertDone(dcs.publishMember(NODE0, "{}"));

        var after = dcs.load().members().get(NODE0).lease().orElseThrow();
        assertThat(after).isNotEqualTo(before);
        assertThat(consul.call("GET", "session/info/" + after.value(), "")).contains("\"TTL\":\"20s\"");
    }

    @Test
    @DisplayName("SAF-014 SAF-022 a key that another agent holds in our name is not ours")
    void foreignHoldOfOurName() {
        var foreign = newSession();
        assertThat(consul.call("PUT", key("leader?acquire=" + foreign), "node0"))
                .contains("true");

        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Refused.class);
        endSession(foreign);
        var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));
        assertThat(dcs.renewLeaderLock(NODE0, lease)).isInstanceOf(LockResult.Held.class);
    }

    @Test
    @DisplayName("a text too large for Consul is refused, and the client goes on")
    void tooLarge() {
        var change = Change.NONE.put(StoreKey.HISTORY, "x".repeat(1 << 20));
        assertThat(dcs.write(Optional.empty(), change)).isInstanceOf(WriteResult.Refused.class);
        assertDone(dcs.write(Optional.empty(), Change.NONE.put(StoreKey.HISTORY, "[]")));
    }
}

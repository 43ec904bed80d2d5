package io.matriarch.app.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.TimelineHistory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterCodecTest {

    private static final Revision REVISION = new Revision(7);
    private static final MemberName A = new MemberName("a");

    private static StoreSnapshot keys(Object... keysAndTexts) {
        var keys = new EnumMap<StoreKey, StoredValue>(StoreKey.class);
        for (int i = 0; i < keysAndTexts.length; i += 2) {
            keys.put(
                    (StoreKey) keysAndTexts[i],
                    new StoredValue((String) keysAndTexts[i + 1], REVISION, Optional.empty()));
        }
        return new StoreSnapshot(keys, new TreeMap<>());
    }

    private static ClusterView decode(Object... keysAndTexts) {
        return ClusterCodec.decode(keys(keysAndTexts));
    }

    @Test
    void nothingIsTheEmptyCluster() {
        assertThat(decode()).isEqualTo(ClusterView.EMPTY);
    }

    @Test
    @DisplayName("DCS-077 initialize: absent, in progress, done, and what is no identifier")
    void initialize() {
        assertThat(decode().initialize()).isEqualTo(new InitializeKey.Absent());
        assertThat(decode(StoreKey.INITIALIZE, "").initialize()).isEqualTo(new InitializeKey.InProgress(REVISION));
        assertThat(decode(StoreKey.INITIALIZE, "7711102280255504572").initialize())
                .isEqualTo(new InitializeKey.Done(new SystemIdentifier("7711102280255504572"), REVISION));
        assertThat(decode(StoreKey.INITIALIZE, "123").initialize())
                .isEqualTo(new InitializeKey.Invalid("123", REVISION));
    }

    @Test
    @DisplayName("DCS-005 DCS-006 DCS-007 leader: the plain name; empty is free; no member key is needed")
    void leader() {
        assertThat(decode(StoreKey.LEADER, "").leaderLock()).isEqualTo(new LeaderLock.Free());
        ClusterView view = decode(StoreKey.LEADER, "a");
        assertThat(view.leaderLock()).isEqualTo(new LeaderLock.Held(A, new LeaseId("revision:7")));
        assertThat(view.leader()).contains(Member.named(A));
        StoreSnapshot leased = new StoreSnapshot(
                Map.of(StoreKey.LEADER, new StoredValue("a", REVISION, Optional.of(new LeaseId("42")))),
                new TreeMap<>());
        assertThat(ClusterCodec.decode(leased).leaderLock()).isEqualTo(new LeaderLock.Held(A, new LeaseId("42")));
    }

    @Test
    @DisplayName("DCS-008 failover: {} is none, {member} manual, {leader} a switchover to any")
    void failover() {
        assertThat(decode(StoreKey.FAILOVER, "{}").request()).isEmpty();
        assertThat(decode(StoreKey.FAILOVER, "{}").failoverRevision()).isEqualTo(REVISION);
        assertThat(decode(StoreKey.FAILOVER, "[1]").request()).isEmpty();
        assertThat(decode(StoreKey.FAILOVER, "{\"member\":\"x\"}").request())
                .contains(request("", "x", Optional.empty()));
        assertThat(decode(StoreKey.FAILOVER, "{\"leader\":\"a\",\"extra\":[1]}").request())
                .contains(request("a", "", Optional.empty()));
        assertThat(decode(StoreKey.FAILOVER, "{\"leader\":\"a\",\"member\":\"x/y\"}")
                        .request())
                .isEmpty();
    }

    private static SwitchoverRequest request(String leader, String candidate, Optional<Instant> at) {
        return new SwitchoverRequest(
                ClusterCodec.memberName(leader), ClusterCodec.memberName(candidate), at, Optional.empty(), REVISION);
    }

    @Test
    @DisplayName("DCS-009 failover: the old text leader:candidate")
    void legacyFailover() {
        assertThat(decode(StoreKey.FAILOVER, "a:b").request()).contains(request("a", "b", Optional.empty()));
        assertThat(decode(StoreKey.FAILOVER, "a:").request()).contains(request("a", "", Optional.empty()));
        assertThat(decode(StoreKey.FAILOVER, "").request()).isEmpty();
    }

    @Test
    @DisplayName("DCS-010 failover: scheduled_at with a zone; a text that is no time is kept to be named")
    void scheduled() {
        Instant at = Instant.parse("2030-01-01T00:00:00Z");
        for (String text : List.of(
                "2030-01-01T00:00:00+00:00",
                "2030-01-01T02:00:00+02:00",
                "2030-01-01 00:00Z",
                "2029-12-31T20:30:00.000000-0330")) {
            assertThat(decode(StoreKey.FAILOVER, "{\"leader\":\"a\",\"scheduled_at\":\"" + text + "\"}")
                            .request())
                    .contains(request("a", "", Optional.of(at)));
        }
        SwitchoverRequest broken = decode(StoreKey.FAILOVER, "{\"leader\":\"a\",\"scheduled_at\":\"soon\"}")
                .request()
                .orElseThrow();
        assertThat(broken.scheduledAt()).isEmpty();
        assertThat(broken.scheduleText()).contains("soon");
        assertThat(ClusterCodec.encodeFailover(request("a", "b", Optional.of(at))))
                .isEqualTo("{\"leader\":\"a\",\"member\":\"b\",\"scheduled_at\":\"2030-01-01T00:00:00+00:00\"}");
        assertThat(ClusterCodec.encodeFailover(broken)).isEqualTo("{\"leader\":\"a\",\"scheduled_at\":\"soon\"}");
        assertThat(ClusterCodec.NO_REQUEST).isEqualTo("{}");
    }

    @Test
    @DisplayName("DCS-011 DCS-082 sync: field order, names sorted, null when empty")
    void syncIsWritten() {
        SyncState sync = new SyncState(
                Optional.of(new MemberName("node0")),
                List.of(new MemberName("node2"), new MemberName("node1")),
                0,
                REVISION);
        assertThat(ClusterCodec.encodeSync(sync))
                .isEqualTo("{\"leader\":\"node0\",\"quorum\":0,\"sync_standby\":\"node1,node2\"}");
        assertThat(ClusterCodec.encodeSync(SyncState.NONE))
                .isEqualTo("{\"leader\":null,\"quorum\":0,\"sync_standby\":null}");
    }

    @Test
    @DisplayName("DCS-012 DCS-013 sync: missing quorum is 0, no leader is empty, blanks and empty items are dropped")
    void syncIsRead() {
        SyncState sync = decode(StoreKey.SYNC, "{\"leader\":\"a\",\"sync_standby\":\" c,, B ,\"}")
                .sync();
        assertThat(sync)
                .isEqualTo(
                        new SyncState(Optional.of(A), List.of(new MemberName("B"), new MemberName("c")), 0, REVISION));
        assertThat(sync.lists(new MemberName("b"))).isTrue();
        assertThat(decode(StoreKey.SYNC, "{\"leader\":\"a\",\"quorum\":2,\"sync_standby\":\"b\"}")
                        .sync()
                        .quorum())
                .isEqualTo(2);
        for (String empty : List.of("{\"leader\":null,\"quorum\":3,\"sync_standby\":\"b\"}", "{}", "[]", "rubbish")) {
            assertThat(decode(StoreKey.SYNC, empty).sync())
                    .isEqualTo(new SyncState(Optional.empty(), List.of(), 0, REVISION));
        }
    }

    @Test
    @DisplayName("DCS-014 DCS-015 status: wins over optime/leader; an integer is a position; rubbish is nothing")
    void statusIsRead() {
        assertThat(decode(StoreKey.STATUS, "17", StoreKey.LEGACY_OPTIME, "99").status())
                .isEqualTo(ClusterStatus.of(new Lsn(17), Map.of()));
        assertThat(decode(StoreKey.LEGACY_OPTIME, "99").status()).isEqualTo(ClusterStatus.of(new Lsn(99), Map.of()));
        assertThat(decode(StoreKey.STATUS, "rubbish", StoreKey.LEGACY_OPTIME, "99")
                        .status())
                .isEqualTo(ClusterStatus.NONE);
        ClusterStatus full = new ClusterStatus(
                new Lsn(67108912),
                new TreeMap<>(Map.of("node1", new Lsn(67108912), "my_logical", new Lsn(67100000))),
                List.of("node1", "node2"));
        assertThat(decode(
                                StoreKey.STATUS,
                                "{\"optime\":67108912,\"slots\":{\"node1\":67108912,\"my_logical\":67100000},"
                                        + "\"retain_slots\":[\"node1\",\"node2\"]}")
                        .status())
                .isEqualTo(full);
        assertThat(decode(
                                StoreKey.STATUS,
                                "{\"optime\":\"67108912\",\"slots\":\"{\\\"node1\\\":67108912,\\\"my_logical\\\":67100000}\","
                                        + "\"retain_slots\":\"[\\\"node1\\\",\\\"node2\\\"]\"}")
                        .status())
                .isEqualTo(full);
        assertThat(decode(StoreKey.STATUS, "{\"optime\":5,\"slots\":\"x\",\"retain_slots\":7}")
                        .status())
                .isEqualTo(ClusterStatus.of(new Lsn(5), Map.of()));
    }

    @Test
    @DisplayName("DCS-004 DCS-082 status: compact, empty parts left out")
    void statusIsWritten() {
        assertThat(ClusterCodec.encodeStatus(ClusterStatus.of(new Lsn(67108912), Map.of())))
                .isEqualTo("{\"optime\":67108912}");
        assertThat(ClusterCodec.encodeStatus(new ClusterStatus(
                        new Lsn(67108912),
                        new TreeMap<>(Map.of("node1", new Lsn(67108912), "my_logical", new Lsn(67100000))),
                        List.of("node1", "node2"))))
                .isEqualTo("{\"optime\":67108912,\"slots\":{\"my_logical\":67100000,\"node1\":67108912},"
                        + "\"retain_slots\":[\"node1\",\"node2\"]}");
    }

    @Test
    @DisplayName("DCS-016 DCS-037 the same keys and the same texts are no change")
    void sameContent() {
        assertThat(ClusterCodec.sameContent("{\"a\":1,\"b\":\"2\"}", "{\"b\":2,\"a\":1}"))
                .isTrue();
        assertThat(ClusterCodec.sameContent("{\"a\":1}", "{\"a\":1,\"b\":2}")).isFalse();
        assertThat(ClusterCodec.sameContent("rubbish", "{}")).isFalse();
    }

    @Test
    @DisplayName("DCS-022 history: [] is timeline 1, absent and garbage are unknown, old lines are shorter")
    void history() {
        assertThat(decode(StoreKey.HISTORY, "[]").history().clusterTimeline()).isEqualTo(Timeline.FIRST);
        assertThat(decode().history().clusterTimeline()).isEqualTo(Timeline.UNKNOWN);
        assertThat(decode(StoreKey.HISTORY, "rubbish").history()).isEqualTo(TimelineHistory.UNKNOWN);
        assertThat(decode(StoreKey.HISTORY, "[[\"x\",1]]").history()).isEqualTo(TimelineHistory.UNKNOWN);
        String text = "[[1,83886560,\"no recovery target specified\"],"
                + "[2,84300776,\"no recovery target specified\",\"2026-11-22T21:00:52.394806+00:00\"],"
                + "[3,84300999,\"no recovery target specified\",\"2026-11-22T21:10:52.394806+00:00\",\"pg1\"]]";
        TimelineHistory history = decode(StoreKey.HISTORY, text).history();
        assertThat(history.clusterTimeline()).isEqualTo(new Timeline(4));
        assertThat(history.lines().getLast().leader()).contains("pg1");
        assertThat(ClusterCodec.encodeHistory(history)).isEqualTo(text);
    }

    @Test
    @DisplayName("DCS-023 failsafe: garbage is unknown")
    void failsafe() {
        assertThat(ClusterCodec.failsafe(keys(StoreKey.FAILSAFE, "rubbish"))).isEmpty();
        assertThat(ClusterCodec.failsafe(keys())).isEmpty();
        String text = "{\"node0\":\"http://10.0.0.1:8008/patroni\",\"node1\":\"http://10.0.0.2:8008/patroni\"}";
        FailsafeMap map = decode(StoreKey.FAILSAFE, text).failsafe();
        assertThat(ClusterCodec.encodeFailsafe(map.members().orElseThrow())).isEqualTo(text);
        assertThat(ClusterCodec.failsafe(keys(StoreKey.FAILSAFE, text)).orElseThrow())
                .containsOnlyKeys("node0", "node1");
        assertThat(decode(StoreKey.FAILSAFE, "rubbish").failsafe().binds()).isFalse();
        assertThat(decode(StoreKey.FAILSAFE, "{}").failsafe().binds()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rubbish", "[]", "1", "\"text\"", "null", "{} {}", "{\"a\":", ""})
    @DisplayName("DCS-024 config: only a JSON object is one")
    void invalidConfig(String text) {
        assertThat(ClusterCodec.config(keys(StoreKey.CONFIG, text))).isEmpty();
        assertThat(decode(StoreKey.CONFIG, text).hasConfig()).isFalse();
        // What is to replace it names what it replaces.
        assertThat(decode(StoreKey.CONFIG, text).configRevision()).isEqualTo(REVISION);
    }

    @Test
    void validConfig() {
        assertThat(ClusterCodec.config(keys(StoreKey.CONFIG, " {\"ttl\": 30, \"postgresql\": {}} ")))
                .contains(Map.of("ttl", 30, "postgresql", Map.of()));
        assertThat(decode(StoreKey.CONFIG, "{}").hasConfig()).isTrue();
        assertThat(decode(StoreKey.CONFIG, "{}").configRevision()).isEqualTo(REVISION);
    }

    @Test
    @DisplayName("the epoch keeps its revision, also when it is garbage")
    void epoch() {
        assertThat(decode(StoreKey.EPOCH, "{\"epoch\":5,\"holder\":\"a\"}").epoch())
                .isEqualTo(new Epoch(5, Optional.of(A), Timeline.UNKNOWN, REVISION));
        assertThat(decode(StoreKey.EPOCH, "x").epoch())
                .isEqualTo(new Epoch(0, Optional.empty(), Timeline.UNKNOWN, REVISION));
        Epoch first = Epoch.NONE.followedBy(A, new Timeline(2));
        String text = ClusterCodec.encodeEpoch(first);
        assertThat(text).isEqualTo("{\"epoch\":1,\"holder\":\"a\",\"timeline\":2}");
        assertThat(decode(StoreKey.EPOCH, text).epoch())
                .isEqualTo(new Epoch(1, Optional.of(A), new Timeline(2), REVISION));
    }
}

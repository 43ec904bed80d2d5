package io.matriarch.adapters.raft.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseTableTest {

    private static final String SCOPE = "/service/batman/";
    private static final String LEADER = SCOPE + "leader";

    private final LeaseTable table = new LeaseTable();
    private long index;

    private Effect apply(RaftCommand command) {
        return table.apply(++index, command);
    }

    private boolean applied(RaftCommand command) {
        return apply(command).outcome() instanceof Outcome.Applied;
    }

    private static RaftCommand acquire(String holder, String lease, Edit edit) {
        return new RaftCommand.Acquire(RequestId.fresh(), SCOPE, holder, lease, 5000, edit);
    }

    private static Edit put(String key, String value) {
        return new Edit(List.of(), List.of(new Edit.Put(key, Optional.of(value))));
    }

    private static Edit when(String key, long revision) {
        return new Edit(List.of(new Edit.Condition(key, revision)), List.of());
    }

    private long seq(String lease) {
        return table.lease(lease).orElseThrow().seq();
    }

    @Test
    @DisplayName("SAF-011 a renewal committed between the leader's check and its proposal wins")
    void renewalWins() {
        apply(acquire("node0", "L1", Edit.NONE));
        var expire = new RaftCommand.Expire("L1", seq("L1"));

        assertThat(applied(new RaftCommand.Renew(SCOPE, "L1", 5000, 7))).isTrue();

        assertThat(applied(expire)).isFalse();
        assertThat(table.get(LEADER)).isPresent();
        assertThat(applied(new RaftCommand.Expire("L1", seq("L1")))).isTrue();
        assertThat(table.get(LEADER)).isEmpty();
    }

    @Test
    @DisplayName("SAF-012 a renewal echoes its nonce, and a lease that ended cannot be renewed")
    void nonce() {
        apply(acquire("node0", "L1", Edit.NONE));
        var outcome = apply(new RaftCommand.Renew(SCOPE, "L1", 5000, 42)).outcome();
        assertThat(outcome).isEqualTo(new Outcome.Applied(index, 42));

        apply(new RaftCommand.Expire("L1", seq("L1")));
        assertThat(applied(new RaftCommand.Renew(SCOPE, "L1", 5000, 43))).isFalse();
    }

    @Test
    @DisplayName("SAF-013 a released lease holds nothing any more, nor when it is handed the lock or adopts")
    void released() {
        apply(acquire("node0", "L1", Edit.NONE));
        assertThat(applied(new RaftCommand.Release(RequestId.fresh(), SCOPE, "L1", Edit.NONE)))
                .isTrue();
        assertThat(applied(acquire("node0", "L1", Edit.NONE))).isFalse();

        apply(acquire("node1", "L2", Edit.NONE));
        assertThat(applied(new RaftCommand.HandOver(RequestId.fresh(), SCOPE, "L2", "node0", "L1", 5000, Edit.NONE)))
                .isFalse();
        assertThat(applied(new RaftCommand.Adopt(RequestId.fresh(), SCOPE, "node1", "L2", "L1", 5000)))
                .isFalse();
        assertThat(table.get(LEADER).orElseThrow().lease()).contains("L2");
    }

    @Test
    @DisplayName(
            "SAF-014 ownership is the lease: a member of the same name neither renews, releases, writes nor acquires")
    void ownership() {
        apply(acquire("node0", "L1", Edit.NONE));

        assertThat(applied(acquire("node0", "L2", Edit.NONE))).isFalse();
        assertThat(applied(new RaftCommand.Renew(SCOPE, "L2", 5000, 0))).isFalse();
        assertThat(applied(new RaftCommand.Release(RequestId.fresh(), SCOPE, "L2", Edit.NONE)))
                .isFalse();
        assertThat(applied(new RaftCommand.Write(RequestId.fresh(), SCOPE, Optional.of("L2"), put("sync", "x"))))
                .isFalse();
        assertThat(applied(new RaftCommand.Adopt(RequestId.fresh(), SCOPE, "node1", "L1", "L3", 5000)))
                .isFalse();
        assertThat(applied(new RaftCommand.Adopt(RequestId.fresh(), SCOPE, "node0", "L1", "L3", 5000)))
                .isTrue();
        assertThat(applied(new RaftCommand.Renew(SCOPE, "L1", 5000, 0))).isFalse();
        assertThat(applied(new RaftCommand.Renew(SCOPE, "L3", 5000, 0))).isTrue();
    }

    @Test
    @DisplayName("SAF-015 the ttl is the entry's: of the grant, then of each renewal")
    void ttlOfTheEntry() {
        apply(acquire("node0", "L1", Edit.NONE));
        assertThat(table.lease("L1").orElseThrow().ttlMillis()).isEqualTo(5000);
        apply(new RaftCommand.Renew(SCOPE, "L1", 3000, 0));
        assertThat(table.lease("L1").orElseThrow().ttlMillis()).isEqualTo(3000);
    }

    @Test
    @DisplayName("SAF-016 SAF-017 SAF-018 an acquisition and its writes are one: all or nothing, on the revisions read")
    void acquisitionIsOne() {
        apply(new RaftCommand.Write(RequestId.fresh(), SCOPE, Optional.empty(), put("epoch", "1")));
        long read = table.get(SCOPE + "epoch").orElseThrow().revision();
        apply(new RaftCommand.Write(RequestId.fresh(), SCOPE, Optional.empty(), put("epoch", "2")));
        var stale =
                new Edit(List.of(new Edit.Condition("epoch", read)), List.of(new Edit.Put("epoch", Optional.of("3"))));

        assertThat(applied(acquire("node0", "L1", stale))).isFalse();
        assertThat(table.get(LEADER)).isEmpty();
        assertThat(table.get(SCOPE + "epoch").orElseThrow().value()).isEqualTo("2");

        long now = table.get(SCOPE + "epoch").orElseThrow().revision();
        var fresh =
                new Edit(List.of(new Edit.Condition("epoch", now)), List.of(new Edit.Put("epoch", Optional.of("3"))));
        assertThat(applied(acquire("node0", "L1", fresh))).isTrue();
        assertThat(table.get(SCOPE + "epoch").orElseThrow().value()).isEqualTo("3");
        assertThat(applied(acquire("node1", "L2", when("epoch", now)))).isFalse();
    }

    @Test
    @DisplayName("SAF-017 a fenced write needs the lease also where it creates a key")
    void fencedCreation() {
        apply(acquire("node0", "L1", Edit.NONE));
        apply(new RaftCommand.Expire("L1", seq("L1")));

        var create = new Edit(
                List.of(new Edit.Condition("history", 0)), List.of(new Edit.Put("history", Optional.of("[]"))));
        assertThat(applied(new RaftCommand.Write(RequestId.fresh(), SCOPE, Optional.of("L1"), create)))
                .isFalse();
        assertThat(table.get(SCOPE + "history")).isEmpty();
    }

    @Test
    @DisplayName("a request delivered twice is applied once and answered alike, also after a snapshot")
    void duplicates() throws Exception {
        var once = acquire("node0", "L1", Edit.NONE);
        var outcome = apply(once).outcome();
        apply(new RaftCommand.Release(RequestId.fresh(), SCOPE, "L1", Edit.NONE));

        assertThat(apply(once).outcome()).isEqualTo(outcome);
        assertThat(table.get(LEADER)).isEmpty();
        var loaded = TableCodec.decode(TableCodec.encode(table));
        assertThat(loaded.apply(++index, once).outcome()).isEqualTo(outcome);
        assertThat(loaded.get(LEADER)).isEmpty();
    }

    @Test
    @DisplayName("a refused request stays refused when it comes again at a better time")
    void refusedStaysRefused() {
        apply(acquire("node0", "L1", Edit.NONE));
        var late = acquire("node1", "L2", Edit.NONE);
        assertThat(applied(late)).isFalse();
        apply(new RaftCommand.Release(RequestId.fresh(), SCOPE, "L1", Edit.NONE));
        assertThat(applied(late)).isFalse();
    }

    @Test
    @DisplayName("what is remembered is bounded")
    void bounded() {
        for (int i = 0; i < 2000; i++) {
            apply(acquire("node0", "L" + i, Edit.NONE));
            apply(new RaftCommand.Release(RequestId.fresh(), SCOPE, "L" + i, Edit.NONE));
        }
        assertThat(table.remembered()).hasSize(LeaseTable.REMEMBERED);
        assertThat(table.ended()).hasSize(LeaseTable.ENDED);
    }

    @Test
    @DisplayName("a store has one identity, given once")
    void identity() {
        assertThat(applied(new RaftCommand.NameCluster("c1"))).isTrue();
        assertThat(applied(new RaftCommand.NameCluster("c2"))).isFalse();
        assertThat(table.clusterId()).isEqualTo("c1");
    }

    @Test
    @DisplayName("SAF-019 a recovered store has another identity, and what was counted before it ends no lease")
    void recovered() {
        apply(new RaftCommand.NameCluster("c1"));
        apply(acquire("node0", "L1", Edit.NONE));
        var before = new RaftCommand.Expire("L1", seq("L1"));

        var effect = apply(new RaftCommand.Recover("c2"));

        assertThat(effect.outcome()).isInstanceOf(Outcome.Applied.class);
        assertThat(effect.leases()).containsExactly(new Effect.Counted("L1", index));
        assertThat(table.clusterId()).isEqualTo("c2");
        assertThat(applied(before)).isFalse();
        assertThat(applied(new RaftCommand.Recover("c2"))).isFalse();
        assertThat(table.get(LEADER)).isPresent();
    }

    @Test
    @DisplayName(
            "a renewal and a member's new position change no print and wake nobody; what a turn looks at does both")
    void prints() {
        apply(acquire("node0", "L1", Edit.NONE));
        apply(new RaftCommand.PublishMember(SCOPE, "node0", "1", "M0", 5000));
        long print = table.print(SCOPE);

        assertThat(apply(new RaftCommand.Renew(SCOPE, "L1", 5000, 0)).woken()).isEmpty();
        assertThat(apply(new RaftCommand.PublishMember(SCOPE, "node0", "2", "M0", 5000))
                        .woken())
                .isEmpty();
        assertThat(apply(new RaftCommand.Write(RequestId.fresh(), SCOPE, Optional.of("L1"), put("status", "{}")))
                        .woken())
                .isEmpty();
        assertThat(table.print(SCOPE)).isEqualTo(print);

        assertThat(apply(new RaftCommand.PublishMember(SCOPE, "node1", "1", "M1", 5000))
                        .woken())
                .containsExactly(SCOPE);
        assertThat(table.print(SCOPE)).isNotEqualTo(print);
    }

    @Test
    @DisplayName(
            "the leader's and the members' keys are not written as plain keys, and nothing is larger than its limit")
    void limits() {
        assertThatThrownBy(() -> put("leader", "node0")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> put("members/node0", "{}")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> put("config", "x".repeat(Limits.VALUE + 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RaftCommand.Renew(SCOPE, "L", 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RaftCommand.Renew("batman", "L", 1, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}

package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.app.config.ValueParser;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One read of a cluster.
 *
 * @param name what the operator calls it
 * @param group which one of a cluster of clusters
 * @param snapshot what is in the store
 * @param view what it means
 * @param config the dynamic configuration, empty when there is none
 */
record Cluster(
        String name, Optional<Integer> group, StoreSnapshot snapshot, ClusterView view, Map<String, Object> config) {

    static Cluster of(String name, Optional<Integer> group, StoreSnapshot snapshot) {
        return new Cluster(
                name,
                group,
                snapshot,
                ClusterCodec.decode(snapshot),
                ClusterCodec.config(snapshot).orElse(Map.of()));
    }

    /** A member's key as it stands, for what is shown unread. */
    Map<String, Object> document(MemberName member) {
        StoredValue value = snapshot.members().get(member);
        return value == null ? Map.of() : ClusterCodec.memberDocument(value);
    }

    boolean isLeader(Member member) {
        return view.leaderName().filter(member.name()::equals).isPresent();
    }

    boolean isPaused() {
        return Trees.truthy(config.get("pause"));
    }

    boolean isSynchronous() {
        Object mode = config.get("synchronous_mode");
        return isQuorum() || ValueParser.bool(mode == null ? "off" : mode).orElse(false);
    }

    boolean isQuorum() {
        return config.get("synchronous_mode") instanceof String mode && mode.equalsIgnoreCase("quorum");
    }

    boolean leaderIsStandby() {
        return view.leader()
                .flatMap(Member::role)
                .filter(Role.STANDBY_LEADER::equals)
                .isPresent();
    }

    /** Seconds between two turns of the agents. */
    Object loopWait() {
        return config.getOrDefault("loop_wait", 10);
    }

    long loopWaitSeconds() {
        return ValueParser.integer(loopWait(), "s").orElse(10);
    }

    /** The system identifier, or what stands in for it while there is none. */
    String identity() {
        return snapshot.get(StoreKey.INITIALIZE)
                .map(value -> value.text().isEmpty() ? "initializing" : value.text())
                .orElse("uninitialized");
    }

    /** Members with a role by name; a leader without a key of its own is none. */
    List<Member> members(RoleFilter role) {
        return view.members().stream()
                .filter(member -> role.matches(member, isLeader(member)))
                .toList();
    }

    /** Everybody with an API, the leader first. */
    List<Member> reachable() {
        return view.members().stream()
                .filter(member -> member.apiUrl().isPresent())
                .sorted((a, b) -> Boolean.compare(isLeader(b), isLeader(a)))
                .toList();
    }

    Optional<Member> member(String name) {
        return view.members().stream()
                .filter(member -> member.name().value().equals(name))
                .findFirst();
    }
}

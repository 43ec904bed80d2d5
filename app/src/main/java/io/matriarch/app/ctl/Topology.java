package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/** Who streams from whom: the leader, its replicas, theirs. Every member is shown, also one of a ring. */
final class Topology {

    private final Cluster cluster;
    private final Map<MemberName, List<Member>> below = new TreeMap<>();
    private final List<Member> attached = new ArrayList<>();
    private final TreeSet<MemberName> shown = new TreeSet<>();

    Topology(Cluster cluster) {
        this.cluster = cluster;
        for (Member member : cluster.view().members()) {
            if (!cluster.isLeader(member)) {
                parent(member)
                        .ifPresentOrElse(
                                name -> below.computeIfAbsent(name, _ -> new ArrayList<>())
                                        .add(member),
                                () -> attached.add(member));
            }
        }
    }

    /** Another replica it streams from; the leader, itself and strangers do not count. */
    private Optional<MemberName> parent(Member member) {
        return member.tags()
                .replicatefrom()
                .filter(name -> !name.equals(member.name()))
                .flatMap(cluster.view()::member)
                .filter(other -> !cluster.isLeader(other))
                .map(Member::name);
    }

    /** Visits every member with what stands before its name. */
    void walk(BiConsumer<Member, String> visitor) {
        cluster.view().members().stream().filter(cluster::isLeader).forEach(leader -> visitor.accept(leader, ""));
        attached.forEach(member -> walk(member, 1, visitor));
        // Who is left streams in a ring; the ring is cut at its first member by name.
        for (Member member : cluster.view().members()) {
            if (!cluster.isLeader(member) && !shown.contains(member.name())) {
                walk(member, 1, visitor);
            }
        }
    }

    private void walk(Member member, int depth, BiConsumer<Member, String> visitor) {
        if (shown.add(member.name())) {
            visitor.accept(member, "  ".repeat(depth - 1) + "+ ");
            below.getOrDefault(member.name(), List.of()).forEach(child -> walk(child, depth + 1, visitor));
        }
    }
}

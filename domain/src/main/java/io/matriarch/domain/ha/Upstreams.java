package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.StandbyCluster;
import io.matriarch.domain.postgres.Upstream;
import java.util.Optional;

/** Whom a member streams from, is compared with and copies (ha-decisions §9.5). */
final class Upstreams {

    private Upstreams() {}

    /** Whom this member should stream from. */
    static Upstream wanted(Situation now) {
        return now.settings()
                .standbyCluster()
                .map(other -> within(now, other))
                .orElseGet(() -> now.seen().tags().nostream() ? new Upstream.Nobody() : member(now));
    }

    /** In a standby cluster: whoever leads, and everybody while nobody does, follows the other cluster. */
    private static Upstream within(Situation now, StandbyCluster other) {
        if (now.seen().tags().nostream()) {
            return other.restoreCommand().isPresent()
                    ? new Upstream.Remote(other.withoutServers())
                    : new Upstream.Nobody();
        }
        boolean itself = now.cluster()
                .leaderName()
                .map(now.self()::equals)
                .orElse(!now.settings().paused());
        if (itself) {
            return new Upstream.Remote(other);
        }
        return member(now) instanceof Upstream.Of of ? new Upstream.Cascade(of, other) : new Upstream.Nobody();
    }

    private static Upstream member(Situation now) {
        Optional<Member> preferred = now.seen()
                .tags()
                .replicatefrom()
                .filter(name -> !name.equals(now.self()))
                .flatMap(now.cluster()::member)
                .filter(member -> member.connUrl().isPresent());
        return preferred.or(now::otherLeader).<Upstream>flatMap(Upstreams::of).orElse(new Upstream.Nobody());
    }

    static Optional<Upstream.Of> of(Member member) {
        return member.connUrl().map(url -> new Upstream.Of(member.name(), url));
    }

    /** A member as the source of a copy. */
    static Optional<Upstream.Source> copy(Situation now, Member member) {
        return of(member)
                .map(of -> now.settings()
                        .standbyCluster()
                        .<Upstream.Source>map(other -> new Upstream.Cascade(of, other))
                        .orElse(of));
    }

    /** The leader as the source of a copy, if it is another member that can be reached. */
    static Optional<Upstream.Source> copyOfLeader(Situation now) {
        return now.otherLeader().flatMap(leader -> copy(now, leader));
    }

    /**
     * Whose history is the right one: the primary's that leads, and in a standby cluster the other cluster's, whoever
     * leads here.
     */
    static Optional<Upstream.Source> authority(Situation now) {
        Optional<StandbyCluster> other = now.settings().standbyCluster();
        if (other.isPresent()) {
            return other.filter(StandbyCluster::streams).map(Upstream.Remote::new);
        }
        return now.otherLeader()
                .filter(member -> member.role().map(Role::isPrimary).orElse(false))
                .flatMap(Upstreams::of);
    }
}

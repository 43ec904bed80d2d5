package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The two places of quorum mode as they stand.
 *
 * @param me the primary
 * @param leader the register's leader
 * @param quorum votes a candidate needs besides its own
 * @param voters the register's voters, its leader not among them
 * @param number how many of {@code standbys} a commit waits for
 * @param standbys the names in {@code synchronous_standby_names}
 */
record QuorumState(
        MemberName me, MemberName leader, int quorum, Set<MemberName> voters, int number, Set<MemberName> standbys) {

    QuorumState {
        voters = Collections.unmodifiableSet(new TreeSet<>(voters));
        standbys = Collections.unmodifiableSet(new TreeSet<>(standbys));
    }

    /** Those who may be elected. */
    Set<MemberName> electable() {
        return plus(voters, List.of(leader));
    }

    /**
     * Whether every commit that these standbys can acknowledge is known to somebody in every group that can elect: the
     * primary and {@code number} standbys on one side, {@code quorum + 1} electable members on the other, have one in
     * common (I-Q). Without voters nobody but the register's leader is electable.
     */
    boolean intersects() {
        if (voters.isEmpty() && leader.equals(me)) {
            return true;
        }
        Set<MemberName> all = plus(electable(), standbys);
        all.remove(me);
        return all.size() <= quorum + number;
    }

    /** I-Q as the resolver reads it: also one of the two sides, each with its leader, contains the other. */
    boolean isRegular() {
        if (voters.isEmpty()) {
            return true;
        }
        Set<MemberName> server = plus(standbys, List.of(me));
        return intersects() && (server.containsAll(electable()) || electable().containsAll(server));
    }

    static Set<MemberName> plus(Collection<MemberName> one, Collection<MemberName> other) {
        Set<MemberName> all = new TreeSet<>(one);
        all.addAll(other);
        return all;
    }

    static Set<MemberName> minus(Collection<MemberName> one, Collection<MemberName> other) {
        Set<MemberName> all = new TreeSet<>(one);
        all.removeAll(other);
        return all;
    }

    static Set<MemberName> both(Collection<MemberName> one, Collection<MemberName> other) {
        Set<MemberName> all = new TreeSet<>(one);
        all.retainAll(other);
        return all;
    }
}

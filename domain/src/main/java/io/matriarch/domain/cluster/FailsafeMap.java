package io.matriarch.domain.cluster;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The members that take part in failsafe mode, as the leader has registered them: on their consent it may go on without
 * the store, so nobody else may lead meanwhile.
 *
 * @param members name and API address; empty when there is no such key or it cannot be read
 * @param revision the key's revision
 */
public record FailsafeMap(Optional<SortedMap<MemberName, String>> members, Revision revision) {

    public static final FailsafeMap NONE = new FailsafeMap(Optional.empty(), Revision.ABSENT);

    public FailsafeMap {
        members = members.map(all -> Collections.unmodifiableSortedMap(new TreeMap<>(all)));
    }

    public static FailsafeMap of(SortedMap<MemberName, String> members, Revision revision) {
        return new FailsafeMap(Optional.of(members), revision);
    }

    /** Whether it names somebody: an empty or unreadable one binds nobody. */
    public boolean binds() {
        return members.filter(all -> !all.isEmpty()).isPresent();
    }

    public boolean lists(MemberName name) {
        return members.filter(all -> all.containsKey(name)).isPresent();
    }
}

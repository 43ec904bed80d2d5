package io.matriarch.domain.cluster;

import io.matriarch.domain.postgres.Lsn;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the leader last said of its position.
 *
 * @param position its position, zero if it never said any
 * @param slots positions of replication slots by name
 * @param retained slots of absent members that are kept for a while, sorted
 */
public record ClusterStatus(Lsn position, SortedMap<String, Lsn> slots, List<String> retained) {

    public static final ClusterStatus NONE = new ClusterStatus(Lsn.ZERO, Collections.emptySortedMap(), List.of());

    public ClusterStatus {
        slots = Collections.unmodifiableSortedMap(new TreeMap<>(slots));
        retained = List.copyOf(retained);
    }

    public static ClusterStatus of(Lsn position, Map<String, Lsn> slots) {
        return new ClusterStatus(position, new TreeMap<>(slots), List.of());
    }

    /** The same slots with another position. */
    public ClusterStatus at(Lsn other) {
        return new ClusterStatus(other, slots, retained);
    }
}

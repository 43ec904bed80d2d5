package io.matriarch.domain.cluster;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator has said about a member.
 *
 * @param nofailover never a leader; wins over the priority where both are given
 * @param failoverPriority among equal positions the higher one wins; 0 or less is the same as {@code nofailover}
 * @param noloadbalance not for read-only traffic
 * @param clonefrom preferred as the source of new replicas
 * @param nosync never synchronous
 * @param syncPriority among synchronous standbys the higher one is preferred
 * @param replicatefrom streams from this member instead of the leader
 * @param nostream never streams, lives off the archive
 * @param published what the member's key shows, custom tags included
 */
public record Tags(
        boolean nofailover,
        int failoverPriority,
        boolean noloadbalance,
        boolean clonefrom,
        boolean nosync,
        int syncPriority,
        Optional<MemberName> replicatefrom,
        boolean nostream,
        Map<String, Object> published) {

    public static final Tags NONE =
            new Tags(false, 1, false, false, false, 1, Optional.empty(), false, Collections.emptyMap());

    public Tags {
        published = Collections.unmodifiableMap(new LinkedHashMap<>(published));
    }

    /** The same, asking not to be a synchronous standby. */
    public Tags withoutSync() {
        Map<String, Object> shown = new LinkedHashMap<>(published);
        shown.put("nosync", true);
        shown.put("sync_priority", 0);
        return new Tags(
                nofailover, failoverPriority, noloadbalance, clonefrom, true, 0, replicatefrom, nostream, shown);
    }

    /** Priority in the race: 0 for a member that must not win it. */
    public int effectivePriority() {
        return nofailover ? 0 : failoverPriority;
    }
}

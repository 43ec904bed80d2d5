package io.matriarch.domain.failsafe;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a leader without the store says of itself when it asks the others whether it may go on.
 *
 * @param leader who asks
 * @param connUrl where it is streamed from
 * @param apiUrl its REST API
 * @param slots positions of its replication slots
 * @param lease by which it leads; empty if it is a member of the reference, which has none to tell
 * @param epoch number of the acquisition by which it leads; empty if it is a member of the reference
 * @param ttl for how long it relies on the answer; empty if it is a member of the reference
 */
public record FailsafeClaim(
        MemberName leader,
        String connUrl,
        String apiUrl,
        SortedMap<String, Lsn> slots,
        Optional<LeaseId> lease,
        Optional<Long> epoch,
        Optional<Duration> ttl) {

    public FailsafeClaim {
        slots = Collections.unmodifiableSortedMap(new TreeMap<>(slots));
    }
}

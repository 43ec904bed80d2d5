package io.matriarch.domain.cluster;

import io.matriarch.domain.time.MonotonicTime;

/**
 * Our hold on the leader lock.
 *
 * @param id who holds: ownership is this identity, never the member's name (SAF-014)
 * @param deadline when the hold ends unless it is renewed, counted from before the request left (SAF-012)
 */
public record Lease(LeaseId id, MonotonicTime deadline) {

    /** The same hold with the later of the two deadlines: an answer that comes late takes nothing back. */
    public Lease extendedTo(MonotonicTime other) {
        return new Lease(id, deadline.max(other));
    }
}

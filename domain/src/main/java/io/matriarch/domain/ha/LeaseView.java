package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;

/** Our own hold on the leader lock, as the agent keeps count of it. */
public sealed interface LeaseView {

    /** None. */
    record None() implements LeaseView {}

    /** We have offered to hold the lock with this lease if somebody hands it over. */
    record Offered(LeaseId id) implements LeaseView {}

    /**
     * We do not count it any more, but it was a lease of this data directory's agent: of the process before this one,
     * which is gone, or one that we gave away without learning the outcome. Only such a lease may be adopted (SAF-014).
     */
    record Former(LeaseId id) implements LeaseView {}

    /** We hold it, or did when the deadline was counted. */
    record Mine(Lease lease) implements LeaseView {}
}

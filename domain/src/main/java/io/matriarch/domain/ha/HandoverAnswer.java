package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;

/** What the candidate of a hand-over said. */
public sealed interface HandoverAnswer {

    /** It has flushed this much, and this is the lease it would hold the lock with. */
    record Ready(Timeline timeline, Lsn flushed, LeaseId offered) implements HandoverAnswer {}

    /** It has not enough, or said nothing in time. */
    record NotReady(String why) implements HandoverAnswer {}
}

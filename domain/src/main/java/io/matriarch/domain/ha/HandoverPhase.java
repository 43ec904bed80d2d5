package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopProof;

/** How far a planned hand-over of the lock has come on the leader's side (SAF-060). */
public sealed interface HandoverPhase {

    /** None is under way. */
    record None() implements HandoverPhase {}

    /** Checkpoints are being written on both. */
    record Preparing(String action, Member candidate) implements HandoverPhase {}

    /** The server is being stopped, the lease renewed meanwhile. */
    record Stopping(String action, Member candidate) implements HandoverPhase {}

    /** It has stopped cleanly; the candidate is asked whether it has everything. */
    record Awaiting(String action, Member candidate, StopProof proof, ShutdownPosition position)
            implements HandoverPhase {}

    /** It has: the lock goes to its lease. */
    record HandingOver(String action, Member candidate, StopProof proof, ShutdownPosition position, LeaseId offered)
            implements HandoverPhase {}

    /** It did not work out: start again as primary under the same lease. */
    record Abandoned(String action, String why) implements HandoverPhase {}
}

package io.matriarch.ports.dcs;

import io.matriarch.domain.cluster.Lease;

/** The answer to an attempt on the leader lock. */
public sealed interface LockResult {

    /** We hold the lock until the lease's deadline, counted from before the request left. */
    record Held(Lease lease) implements LockResult {}

    /** The store answered, and the lock is not ours: somebody holds it, or what was decided on has changed. */
    record Refused(String why) implements LockResult {}

    /** No answer. The write may or may not have happened: read again before acting on it. */
    record Unknown(String why) implements LockResult {}
}

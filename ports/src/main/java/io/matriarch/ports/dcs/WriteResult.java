package io.matriarch.ports.dcs;

import io.matriarch.domain.cluster.Revision;

/** The answer to a write. */
public sealed interface WriteResult {

    /**
     * Written, and durable as the store understands it.
     *
     * @param revision what every key written by it has from now on
     */
    record Done(Revision revision) implements WriteResult {}

    /** The store answered: a condition does not hold, or the lease that fences the write is not the holder's. */
    record Refused(String why) implements WriteResult {}

    /** No answer. The write may or may not have happened. */
    record Unknown(String why) implements WriteResult {}
}

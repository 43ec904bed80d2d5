package io.matriarch.ports.dcs;

/** The answer to a write. */
public sealed interface WriteResult {

    /** Written, and durable as the store understands it. */
    record Done() implements WriteResult {}

    /** The store answered: a condition does not hold, or the lease that fences the write is not the holder's. */
    record Refused(String why) implements WriteResult {}

    /** No answer. The write may or may not have happened. */
    record Unknown(String why) implements WriteResult {}
}

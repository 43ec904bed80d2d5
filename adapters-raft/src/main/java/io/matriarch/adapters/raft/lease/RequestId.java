package io.matriarch.adapters.raft.lease;

import java.util.concurrent.ThreadLocalRandom;

/** Names one command of a member, so that the same one delivered twice is applied once. */
public record RequestId(long high, long low) {

    /** A name that nobody else has used. It need not be secret, only different. */
    public static RequestId fresh() {
        var random = ThreadLocalRandom.current();
        return new RequestId(random.nextLong(), random.nextLong());
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;

/** What a member has said about how far its WAL reaches, for those who count votes (SAF-050). */
public sealed interface Promise {

    /**
     * Its WAL receiver has ended while it saw the lock free, and it streams again only from whoever holds the lock by a
     * later acquisition: it confirms nothing more for anybody who held it before.
     *
     * @param epoch number of the last acquisition when it saw the lock free
     * @param position flushed up to here
     */
    record Given(long epoch, Timeline timeline, Lsn position) implements Promise {}

    /** It has not promised anything. */
    record None() implements Promise {}

    /** It is a member of the reference, which gives no promises: its position counts as it is. */
    record Reference() implements Promise {}
}

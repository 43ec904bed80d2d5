package io.matriarch.adapters.raft.message;

import io.matriarch.domain.time.MonotonicTime;

/** What became of a question to another member. */
public sealed interface Asked {

    /**
     * @param sentAt the clock before the question's first byte left
     */
    record Answered(StoreReply reply, MonotonicTime sentAt) implements Asked {}

    /** No byte of the question left. */
    record NotSent(String why) implements Asked {}

    /** It left, or some of it, and no answer came. */
    record Lost(String why) implements Asked {}
}

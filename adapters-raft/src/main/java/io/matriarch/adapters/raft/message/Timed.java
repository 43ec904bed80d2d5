package io.matriarch.adapters.raft.message;

import io.matriarch.domain.time.MonotonicTime;

/**
 * An answer, and the clock before the request had any effect: what a lease is counted from.
 *
 * @param sentAt the clock of who asked
 */
public record Timed(StoreReply reply, MonotonicTime sentAt) {}

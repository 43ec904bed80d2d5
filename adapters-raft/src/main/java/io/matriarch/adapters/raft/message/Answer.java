package io.matriarch.adapters.raft.message;

/** How a {@link StoreReply} travels. */
public record Answer(StoreReply reply) {}

package io.matriarch.adapters.raft.message;

/** How a {@link StoreRequest} travels: the transport knows messages by their exact class. */
public record Question(StoreRequest request) {}

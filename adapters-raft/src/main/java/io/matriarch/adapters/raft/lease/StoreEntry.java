package io.matriarch.adapters.raft.lease;

import java.util.Optional;

/**
 * A key's value as replicated.
 *
 * @param revision the log index of the last change
 * @param lease the lease the key lives by, for the leader's and the members' keys
 */
public record StoreEntry(String value, long revision, Optional<String> lease) {}

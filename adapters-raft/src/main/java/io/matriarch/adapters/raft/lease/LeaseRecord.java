package io.matriarch.adapters.raft.lease;

/**
 * A lease as replicated.
 *
 * @param holder the member it was given to, for people only: ownership is the id (SAF-014)
 * @param path the one key that lives by it, with its scope
 * @param seq the log index of the grant or the last renewal
 * @param ttlMillis from that entry (SAF-015)
 */
public record LeaseRecord(String id, String holder, String path, long seq, long ttlMillis) {}

package io.matriarch.adapters.raft.message;

import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.StoreEntry;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** An answer from a member's Raft port. */
public sealed interface StoreReply {

    /** The command was applied; this is what became of it. */
    record Decided(Outcome outcome) implements StoreReply {}

    /** Nothing was done, for certain: this member does not lead and did not pass the request on. */
    record NotLeader(Optional<String> leader) implements StoreReply {}

    /** It did not work, or nobody knows whether it did. */
    record Failed(String why) implements StoreReply {}

    /** A change of the group was carried out. */
    record Changed() implements StoreReply {}

    record Entries(SortedMap<String, StoreEntry> entries) implements StoreReply {}

    record Printed(long print) implements StoreReply {}

    /**
     * How a member sees the group.
     *
     * @param state 0 follower, 1 candidate, 2 leader
     * @param phase how far the member is in its life
     * @param leaderCommitIndex what the leader has committed as far as this member knows, 0 without one
     * @param peers the other voters; how they are is known only if they were asked
     * @param configured the members its configuration names, itself included
     * @param lastLogTerm with the index it says whose log is ahead
     * @param clients connections from processes that do not vote
     */
    record Status(
            String self,
            int state,
            Phase phase,
            Optional<String> leader,
            String clusterId,
            long term,
            long commitIndex,
            long leaderCommitIndex,
            long lastApplied,
            long lastLogIndex,
            long lastLogTerm,
            long logLength,
            boolean quorum,
            List<Peer> peers,
            List<String> configured,
            int clients,
            long uptimeMillis,
            String version)
            implements StoreReply {

        public Status {
            peers = List.copyOf(peers);
            configured = List.copyOf(configured);
        }
    }

    /**
     * Another voter.
     *
     * @param match the last entry it is known to have; 0 if this member does not lead
     * @param next the next entry to send to it; 0 if this member does not lead
     */
    record Peer(String address, boolean connected, long match, long next) {}

    /** How far a member is in its life; the numbers travel. */
    enum Phase {
        /** Its log is empty, or holds no more than a first leader's first entry: nothing can be lost with it. */
        BLANK,
        /** It has a log that counts. */
        SETTLED
    }
}

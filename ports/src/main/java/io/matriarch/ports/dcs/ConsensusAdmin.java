package io.matriarch.ports.dcs;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/** Administration of an embedded consensus store, from outside of it. Addresses are {@code host:port}. */
public interface ConsensusAdmin extends AutoCloseable {

    /** What one node says of itself and of the others. */
    NodeStatus status(String address, Duration timeout) throws DcsUnavailableException;

    /** Makes a node a voter; asks any node, which forwards to the leader. */
    WriteResult add(String address, String voter, Duration timeout);

    /** Ends a node's vote; asks any other node, which forwards to the leader. */
    WriteResult remove(String address, String voter, Duration timeout);

    /** Hands the leadership to a voter. */
    WriteResult transferLeadership(String address, String voter, Duration timeout);

    /** Makes the asked node write a snapshot and drop the log before it. */
    WriteResult snapshot(String address, Duration timeout);

    /** The text under a key with its full path, {@code /service/batman/leader}, read linearizably. */
    Optional<String> get(String path, Duration timeout) throws DcsUnavailableException;

    /** Every key whose full path starts like this, in the order of their paths, read linearizably. */
    List<RawEntry> dump(String prefix, Duration timeout) throws DcsUnavailableException;

    /** Writes a key, whoever holds the leader lock. A leader's or a member's key is refused: those live by leases. */
    WriteResult put(String path, String value, Duration timeout);

    /** Ends a key. Refused like {@link #put}, and when there is no such key. */
    WriteResult delete(String path, Duration timeout);

    /**
     * What each copy of a store without a majority has, the asked node's and those of the voters it knows.
     *
     * @throws DcsUnavailableException if the asked node does not answer
     */
    List<NodeCopy> copies(String address, Duration timeout) throws DcsUnavailableException;

    /**
     * Makes a working store out of one copy, under another identity (SAF-019). The other survivors join it.
     *
     * @param address the node whose copy it is
     * @param survivors the other voters that answer
     * @param dead the voters that never come back
     * @return refused with the reason if a voter is neither, or the group has a leader
     */
    WriteResult recover(String address, List<String> survivors, List<String> dead, Duration timeout);

    @Override
    void close();

    /**
     * A voter's copy of the log.
     *
     * @param answers whether the rest is known
     * @param term of the last entry: of two copies that with the higher one is ahead, else the longer one
     * @param leader whom the voter follows
     */
    record NodeCopy(
            String address, boolean answers, long term, long lastIndex, long commitIndex, Optional<String> leader)
            implements Comparable<NodeCopy> {

        /** Who is ahead is greater. */
        @Override
        public int compareTo(NodeCopy other) {
            return Comparator.comparingLong(NodeCopy::term)
                    .thenComparingLong(NodeCopy::lastIndex)
                    .thenComparing(NodeCopy::address)
                    .compare(this, other);
        }
    }

    /**
     * A key as it is stored.
     *
     * @param revision grows with each change of the key
     * @param lease what the key lives by, for a leader's and a member's key
     */
    record RawEntry(String path, String value, long revision, Optional<String> lease) {}

    /**
     * One node's view.
     *
     * @param self the asked node's address
     * @param state 0 follower, 1 candidate, 2 leader
     * @param leader the leader's address as the node knows it
     * @param quorum whether the node sees a majority of the voters, itself included
     * @param partners the other voters: whether the node is connected with them
     * @param matchIndex on the leader: the last entry each other voter is known to have
     * @param nextIndex on the leader: the next entry to send to each other voter
     * @param configured the voters that the node's configuration names, itself included; the group's log counts
     * @param clients connections that do not vote
     */
    record NodeStatus(
            String self,
            int state,
            Optional<String> leader,
            long term,
            long commitIndex,
            long leaderCommitIndex,
            long lastApplied,
            long logLength,
            boolean quorum,
            SortedMap<String, Boolean> partners,
            SortedMap<String, Long> matchIndex,
            SortedMap<String, Long> nextIndex,
            SortedSet<String> configured,
            int clients,
            Duration uptime,
            String version) {}
}

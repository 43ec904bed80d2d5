package io.matriarch.simulation.raft;

import io.matriarch.domain.cluster.MemberName;
import java.util.List;

/** What voters tell each other. */
sealed interface Message {

    /** Would you vote for me? It changes nothing for anybody (jraft's pre-vote). */
    record PreVote(long term, MemberName candidate, long lastIndex, long lastTerm) implements Message {}

    record PreVoteAnswer(long term, MemberName voter, boolean granted, long asked) implements Message {}

    /** Vote for me in this term. */
    record Vote(long term, MemberName candidate, long lastIndex, long lastTerm) implements Message {}

    record VoteAnswer(long term, MemberName voter, boolean granted) implements Message {}

    /**
     * Entries after a known one, or a heartbeat.
     *
     * @param round of the leader's reads that wait for a quorum
     */
    record Append(
            long term,
            MemberName leader,
            long previousIndex,
            long previousTerm,
            List<LogEntry> entries,
            long commit,
            long round)
            implements Message {}

    /**
     * @param match the last entry that is known to be the leader's; the last one there is where it is refused
     */
    record AppendAnswer(long term, MemberName follower, boolean success, long match, long round) implements Message {}

    record Install(long term, MemberName leader, long index, long indexTerm, byte[] snapshot) implements Message {}

    /** A follower wants to know what it has to apply for a linearizable read. */
    record ReadIndex(long id, MemberName follower) implements Message {}

    /**
     * @param index negative if the one that was asked cannot say
     */
    record ReadIndexAnswer(long id, long index) implements Message {}

    /** Somebody would like to lead. */
    record Transfer(MemberName receiver) implements Message {}

    /** Campaign at once. */
    record TimeoutNow(long term) implements Message {}
}

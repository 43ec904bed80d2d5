package io.matriarch.ports.member;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.time.Duration;
import java.util.List;

/** Asks the other members' REST API. Never throws: who does not answer is unreachable. */
public interface PeerClient {

    /** Asks all of them at once, without a second try; returns after {@code patience} at the latest. */
    List<PeerAnswer> poll(List<Member> members, Duration patience);

    /**
     * Asks the candidate of a hand-over for a restart point, so that its promotion and the old primary's return are
     * quick; best effort.
     */
    void requestCheckpoint(Member candidate, Duration patience);

    /**
     * Waits until the candidate has flushed everything up to a position, as it says itself (SAF-060).
     *
     * @param leader who asks
     * @param timeline the stopped primary's timeline
     * @param end first byte after its shutdown checkpoint
     */
    HandoverAnswer awaitPosition(Member candidate, MemberName leader, Timeline timeline, Lsn end, Duration patience);

    /** A candidate's answer. */
    sealed interface HandoverAnswer {

        /** It has everything, and this is the lease it would hold the lock with. */
        record Ready(Timeline timeline, Lsn flushed, LeaseId offered) implements HandoverAnswer {}

        /** It has not, or said nothing in time. */
        record NotReady(String why) implements HandoverAnswer {}
    }
}

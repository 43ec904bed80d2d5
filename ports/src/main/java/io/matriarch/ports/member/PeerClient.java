package io.matriarch.ports.member;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Asks the other members' REST API. Never throws: who does not answer is unreachable. */
public interface PeerClient {

    /**
     * Asks all of them at once, without a second try. Returns when all have answered, after {@code patience} at the
     * latest, and shortly after everybody but {@code suspect} has answered: who is most likely dead is not waited for.
     */
    List<PeerAnswer> poll(List<Member> members, Optional<MemberName> suspect, Duration patience);

    /**
     * Asks all of them at once whether this member may go on leading without the store ({@code POST /failsafe}).
     *
     * @param patience for each of at most two tries; it returns after twice that at the latest
     * @return one answer for each member asked
     */
    List<FailsafeAnswer> askFailsafe(List<Member> members, FailsafeClaim claim, Duration patience);

    /**
     * Whether somebody else than this very process answers at the member's address, whatever the answer is (CFG-110).
     * Silence, a refused connection and an address that cannot be asked are no.
     */
    boolean isAnotherProcess(Member namesake, Duration patience);

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
}

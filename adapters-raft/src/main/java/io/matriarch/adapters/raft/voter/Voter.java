package io.matriarch.adapters.raft.voter;

import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;

/** A voter of the group, as {@link RequestService} needs it. */
public interface Voter {

    /** The clocks leases are counted on. */
    MonotonicTime now();

    /** Nanoseconds of a clock that only bounds waits. */
    long nanos();

    void pause(Duration length);

    /** Whether this voter believes that it leads. It may be the last to learn that it does not. */
    boolean leads();

    /** The leader's address as far as it is known, whoever it is. */
    Optional<String> leader();

    /** The same, unless it is this voter. */
    Optional<String> leaderElsewhere();

    Duration electionTimeout();

    /** Puts a command into the log and waits for its end; empty when the time is over before. */
    Optional<ProposalEnd> propose(RaftCommand command, Duration within);

    /**
     * Waits until this voter has applied everything that was committed anywhere when it was asked (ReadIndex).
     *
     * @return why it could not; empty when it has
     */
    Optional<String> catchUp(Duration within);

    /** A copy of every key whose path starts like this, as applied here. */
    SortedMap<String, StoreEntry> below(String prefix);

    /** Asks another member once. Blocks for at most this long. */
    Asked ask(String address, StoreRequest request, Duration within);
}

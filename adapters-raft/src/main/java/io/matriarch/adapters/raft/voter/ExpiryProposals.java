package io.matriarch.adapters.raft.voter;

import io.matriarch.adapters.raft.lease.ExpiryRule;
import io.matriarch.adapters.raft.lease.RaftCommand;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Proposes the end of leases whose time is over (SAF-011). Only a leader that has applied an entry of its own term does,
 * and it names that term: a leader that was paused and deposed meanwhile is refused by the log. It also gives a new store
 * its identity.
 */
public final class ExpiryProposals {

    /** The longest time between two looks at the leases. */
    public static final Duration LONGEST = Duration.ofMillis(100);

    private static final Duration AGAIN = Duration.ofMillis(500);

    private final Log log;
    private final Consumer<RaftCommand.Expire> onExpiry;
    private final Map<RaftCommand.Expire, Long> proposed = new HashMap<>();
    private long namedNanos;

    /** The log this voter writes to while it leads. */
    public interface Log {

        /** The term this voter leads in, if it has applied an entry of it; else negative. */
        long leaderTerm();

        String clusterId();

        ExpiryRule.Due due(Duration longest);

        /** Puts a command into the log, if this voter leads in this very term. Returns at once. */
        void propose(RaftCommand command, long expectedTerm);
    }

    /**
     * @param onExpiry is told of each lease that is over, before its end is proposed
     * @param nanos as for {@link #turn}
     */
    public ExpiryProposals(Log log, Consumer<RaftCommand.Expire> onExpiry, long nanos) {
        this.log = log;
        this.onExpiry = onExpiry;
        this.namedNanos = nanos - AGAIN.toNanos();
    }

    /**
     * Proposes what is due.
     *
     * @param now nanoseconds of a clock that only says when to propose again
     * @return when to come again
     */
    public Duration turn(long now) {
        long term = log.leaderTerm();
        if (term < 0) {
            proposed.clear();
            return LONGEST;
        }
        if (log.clusterId().isEmpty() && now - namedNanos > AGAIN.toNanos()) {
            namedNanos = now;
            log.propose(new RaftCommand.NameCluster(UUID.randomUUID().toString()), term);
        }
        var due = log.due(LONGEST);
        proposed.values().removeIf(at -> now - at > AGAIN.toNanos());
        for (var expire : due.expired()) {
            if (proposed.putIfAbsent(expire, now) == null) {
                onExpiry.accept(expire);
                log.propose(expire, term);
            }
        }
        // A nanosecond short of the bound would make this a busy loop.
        return due.next().plusNanos(100_000);
    }
}

package io.matriarch.adapters.raft.lease;

import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Which leases a Raft leader may propose to end (SAF-002, SAF-011): those whose last renewal it has known of for longer
 * than the ttl of that renewal, a thousandth more and 20 ms. The thousandth covers quartz clocks that run apart, the
 * rest the time between two readings of the clocks.
 */
public final class ExpiryRule {

    private static final Duration SLACK = Duration.ofMillis(20);

    private final LeaseNotes notes;

    public ExpiryRule(LeaseNotes notes) {
        this.notes = notes;
    }

    /** How long a grantor waits for a lease of this ttl. */
    public static Duration bound(long ttlMillis) {
        return Duration.ofNanos(Math.multiplyExact(ttlMillis, 1_001_000L)).plus(SLACK);
    }

    /** The proposals that are due, and how long until another one can be. */
    public Due due(Collection<LeaseRecord> leases, MonotonicTime now, Duration longest) {
        var expired = new ArrayList<RaftCommand.Expire>();
        var next = longest;
        for (var lease : leases) {
            var left = bound(lease.ttlMillis()).minus(notes.age(lease.id(), lease.seq(), now));
            if (left.isNegative()) {
                expired.add(new RaftCommand.Expire(lease.id(), lease.seq()));
            } else if (left.compareTo(next) < 0) {
                next = left;
            }
        }
        return new Due(expired, next);
    }

    public record Due(List<RaftCommand.Expire> expired, Duration next) {
        public Due {
            expired = List.copyOf(expired);
        }
    }
}

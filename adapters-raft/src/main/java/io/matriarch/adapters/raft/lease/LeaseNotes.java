package io.matriarch.adapters.raft.lease;

import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * When this process first knew of each lease's last grant or renewal, on its own clocks (SAF-010).
 *
 * <p>Invariant: a note is never older than the moment at which its entry was committed, so nobody who counts a full ttl
 * from a note can end a lease that its holder, who counts from before it asked, still believes in. Nothing is ever
 * restored from a disk or taken from another member: no note means now. The notes outlive a Raft node that is rebuilt
 * inside the process. Safe for several threads.
 */
public final class LeaseNotes {

    private final Map<String, Note> notes = new HashMap<>();

    /** The entry with this index, which grants or renews the lease, was applied, loaded or replayed. */
    public synchronized void counted(String leaseId, long seq, MonotonicTime now) {
        var note = notes.get(leaseId);
        // A replay after a rebuild passes older renewals and the very one again: the note of that one stays.
        if (note == null || note.seq < seq) {
            notes.put(leaseId, new Note(seq, now));
        }
    }

    /** Ids are never used again, so an end is an end also when it is replayed. */
    public synchronized void ended(String leaseId) {
        notes.remove(leaseId);
    }

    /** Time since the note of exactly this renewal as a grantor counts it. Where there is none, it begins now. */
    public synchronized Duration age(String leaseId, long seq, MonotonicTime now) {
        counted(leaseId, seq, now);
        var note = notes.get(leaseId);
        return note.seq == seq ? now.grantorSince(note.at) : Duration.ZERO;
    }

    /** Takes over what a snapshot holds; leases that it says are gone are forgotten. */
    public synchronized void loaded(LeaseTable table, MonotonicTime now) {
        notes.entrySet()
                .removeIf(entry -> entry.getValue().seq <= table.index()
                        && table.lease(entry.getKey()).isEmpty());
        for (var lease : table.leases()) {
            counted(lease.id(), lease.seq(), now);
        }
    }

    private record Note(long seq, MonotonicTime at) {}
}

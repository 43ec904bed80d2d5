package io.matriarch.adapters.raft.voter;

import io.matriarch.adapters.raft.lease.CommandCodec;
import io.matriarch.adapters.raft.lease.Effect;
import io.matriarch.adapters.raft.lease.ExpiryRule;
import io.matriarch.adapters.raft.lease.LeaseNotes;
import io.matriarch.adapters.raft.lease.LeaseTable;
import io.matriarch.adapters.raft.lease.MalformedException;
import io.matriarch.adapters.raft.lease.TableCodec;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** The table as one voter has applied it, with the notes of when that was (SAF-010). Safe for several threads. */
public final class VoterState {

    private final Clock clock;
    private final LeaseNotes notes;
    private final ReentrantLock lock = new ReentrantLock();
    private LeaseTable table = new LeaseTable();
    private volatile MonotonicTime lastApplied;

    /**
     * @param notes of the process: they outlive this object when the node is rebuilt
     */
    public VoterState(Clock clock, LeaseNotes notes) {
        this.clock = clock;
        this.notes = notes;
        this.lastApplied = clock.now();
    }

    /** When the last entry was applied here, or {@link #touch} was called. */
    public MonotonicTime lastApplied() {
        return lastApplied;
    }

    /** An entry without a command was applied. */
    public void touch() {
        lastApplied = clock.now();
    }

    /** Reads the table; what it returns must be a copy. */
    public <T> T read(Function<LeaseTable, T> reader) {
        lock.lock();
        try {
            return reader.apply(table);
        } finally {
            lock.unlock();
        }
    }

    public ExpiryRule.Due due(ExpiryRule rule, Duration longest) {
        // The reading comes after the lock: a renewal that is applied meanwhile must not be noted in the future.
        return read(current -> rule.due(current.leases(), clock.now(), longest));
    }

    /** Applies the entry with this index. */
    public Effect apply(long index, ByteBuffer bytes) throws MalformedException {
        var command = CommandCodec.decode(bytes);
        lock.lock();
        try {
            var effect = table.apply(index, command);
            var now = clock.now();
            for (var event : effect.leases()) {
                switch (event) {
                    case Effect.Counted(var lease, long seq) -> notes.counted(lease, seq, now);
                    case Effect.Ended(var lease) -> notes.ended(lease);
                }
            }
            lastApplied = now;
            return effect;
        } finally {
            lock.unlock();
        }
    }

    /** The table as bytes, for a snapshot. */
    public byte[] save() {
        return read(TableCodec::encode);
    }

    /** Replaces the table by the one of a snapshot. */
    public void load(byte[] snapshot) throws MalformedException {
        var loaded = TableCodec.decode(snapshot);
        lock.lock();
        try {
            table = loaded;
            notes.loaded(loaded, clock.now());
        } finally {
            lock.unlock();
        }
    }
}

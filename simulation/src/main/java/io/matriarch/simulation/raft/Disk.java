package io.matriarch.simulation.raft;

import io.matriarch.domain.cluster.MemberName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What of a voter outlives its process: term, vote, log and snapshot. Of the log only what was synced. */
final class Disk {

    private long term;
    private Optional<MemberName> vote = Optional.empty();
    private final ArrayList<LogEntry> entries = new ArrayList<>();
    private long firstIndex = 1;
    private long synced;
    private long snapshotIndex;
    private long snapshotTerm;
    private Optional<byte[]> snapshot = Optional.empty();

    long term() {
        return term;
    }

    Optional<MemberName> vote() {
        return vote;
    }

    /** Synced before it returns. */
    void vote(long newTerm, Optional<MemberName> newVote) {
        term = newTerm;
        vote = newVote;
    }

    long lastIndex() {
        return firstIndex + entries.size() - 1;
    }

    long lastTerm() {
        return termOf(lastIndex());
    }

    long firstIndex() {
        return firstIndex;
    }

    long synced() {
        return synced;
    }

    void syncedTo(long index) {
        synced = Math.max(synced, Math.min(index, lastIndex()));
    }

    long snapshotIndex() {
        return snapshotIndex;
    }

    long snapshotTerm() {
        return snapshotTerm;
    }

    Optional<byte[]> snapshot() {
        return snapshot;
    }

    /** The term of an entry; negative where the log no longer, or not yet, has it. */
    long termOf(long index) {
        if (index == snapshotIndex) {
            return snapshotTerm;
        }
        return index >= firstIndex && index <= lastIndex() ? entry(index).term() : index == 0 ? 0 : -1;
    }

    LogEntry entry(long index) {
        return entries.get((int) (index - firstIndex));
    }

    boolean has(long index) {
        return index >= firstIndex && index <= lastIndex();
    }

    List<LogEntry> from(long index, int most) {
        int begin = (int) (index - firstIndex);
        return begin >= entries.size()
                ? List.of()
                : List.copyOf(entries.subList(begin, Math.min(entries.size(), begin + most)));
    }

    void append(LogEntry entry) {
        if (entry.index() != lastIndex() + 1) {
            throw new IllegalStateException("entry " + entry.index() + " after " + lastIndex());
        }
        entries.add(entry);
    }

    /** Removes this entry and all after it. */
    void truncate(long index) {
        entries.subList((int) (index - firstIndex), entries.size()).clear();
        synced = Math.min(synced, lastIndex());
    }

    /** The process is gone: what was not synced may be, too. */
    void crash(boolean lossy) {
        if (lossy && synced < lastIndex()) {
            truncate(Math.max(synced + 1, firstIndex));
        }
        synced = lastIndex();
    }

    /** A snapshot of this voter's own: entries before it go, but for some. */
    void compact(long index, byte[] table, int kept) {
        snapshotTerm = termOf(index);
        snapshotIndex = index;
        snapshot = Optional.of(table);
        long first = Math.max(firstIndex, index + 1 - kept);
        entries.subList(0, (int) (first - firstIndex)).clear();
        firstIndex = first;
    }

    /** A leader's snapshot: it stands for the whole log, unless what follows it is here already. */
    void install(long index, long indexTerm, byte[] table) {
        if (termOf(index) == indexTerm && has(index)) {
            compact(index, table, 0);
            return;
        }
        entries.clear();
        firstIndex = index + 1;
        synced = index;
        snapshotIndex = index;
        snapshotTerm = indexTerm;
        snapshot = Optional.of(table);
    }
}

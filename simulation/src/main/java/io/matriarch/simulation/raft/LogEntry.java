package io.matriarch.simulation.raft;

import java.util.Arrays;

/**
 * An entry of the replicated log.
 *
 * @param command its bytes; none for the first entry of a term, which only says that its leader can commit
 */
record LogEntry(long index, long term, byte[] command) {

    static LogEntry beginning(long index, long term) {
        return new LogEntry(index, term, new byte[0]);
    }

    boolean isBeginning() {
        return command.length == 0;
    }

    /** Whether both are the same entry for the state machine. */
    boolean same(LogEntry other) {
        return index == other.index && term == other.term && Arrays.equals(command, other.command);
    }
}

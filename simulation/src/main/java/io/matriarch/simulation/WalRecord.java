package io.matriarch.simulation;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;

/**
 * A record of the log. Two servers have the same one if and only if it is the same object: numbers may repeat on
 * branches, content does not.
 *
 * @param transaction the client's number, 0 for PostgreSQL's own records
 */
final class WalRecord {

    final Lsn start;
    final Lsn end;
    final Timeline timeline;
    final long transaction;
    final boolean checkpoint;

    WalRecord(Lsn start, int size, Timeline timeline, long transaction, boolean checkpoint) {
        this.start = start;
        this.end = start.plus(size);
        this.timeline = timeline;
        this.transaction = transaction;
        this.checkpoint = checkpoint;
    }

    @Override
    public String toString() {
        return "timeline " + timeline + " at " + start
                + (checkpoint ? ", a checkpoint" : ", transaction " + transaction);
    }
}

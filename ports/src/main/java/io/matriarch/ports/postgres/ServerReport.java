package io.matriarch.ports.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.util.List;
import java.util.Optional;

/** What {@code GET /patroni} shows of the server. */
public sealed interface ServerReport {

    /** It did not answer. */
    record NoAnswer(String why) implements ServerReport {}

    /**
     * It answered.
     *
     * @param startTime when the postmaster started, {@code YYYY-MM-DD HH:MM:SS.ffffff+HH:MM} in the server's time zone
     * @param serverVersion as {@code server_version_num}
     * @param position where it stands
     * @param timeline written by a primary, received by a standby; unknown if neither
     * @param walSenders who streams from it
     */
    record Answer(String startTime, int serverVersion, Position position, Timeline timeline, List<WalSender> walSenders)
            implements ServerReport {

        public Answer {
            walSenders = List.copyOf(walSenders);
        }
    }

    /** Where it stands. */
    sealed interface Position {

        /** A primary: WAL on disk up to here. */
        record Primary(Lsn location) implements Position {}

        /**
         * A standby.
         *
         * @param received written by the WAL receiver, or the best substitute
         * @param replayed replayed up to here
         * @param replayedTimestamp time of the last replayed commit, in the same form as the start time
         * @param paused whether replay stands still
         * @param latestEnd the primary's position as the WAL receiver last heard
         * @param replicationState {@code streaming}, {@code in archive recovery} or nothing
         */
        record Standby(
                Lsn received,
                Lsn replayed,
                Optional<String> replayedTimestamp,
                boolean paused,
                Optional<Lsn> latestEnd,
                Optional<String> replicationState)
                implements Position {}
    }

    /** A row of pg_stat_replication. */
    record WalSender(
            String user,
            String applicationName,
            Optional<String> clientAddress,
            String state,
            String syncState,
            int syncPriority) {}
}

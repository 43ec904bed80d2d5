package io.matriarch.domain.postgres;

import java.util.List;
import java.util.Optional;

/** What the server answered to the monitoring query of this turn. */
public sealed interface SqlView {

    /** It did not answer in time, or there was nobody to ask. */
    record NoAnswer(String why) implements SqlView {}

    /**
     * It is a primary.
     *
     * @param timeline the timeline it writes
     * @param flushed its WAL is on disk up to here
     * @param slots replication slots, temporary ones excluded
     * @param replication who streams from it, and whom its commits wait for
     */
    record Primary(Timeline timeline, Lsn flushed, List<SlotView> slots, Replication replication) implements SqlView {

        public Primary {
            slots = List.copyOf(slots);
        }
    }

    /**
     * It is in recovery.
     *
     * @param received flushed to disk by the WAL receiver, zero if it never ran
     * @param replayed replayed up to here
     * @param receivedTimeline the timeline the WAL receiver streams, once it has received something; without it the one
     *     the server says it replays
     * @param receiver its WAL receiver at the moment
     * @param archiveRecovery whether a restore command is set
     * @param replayPaused whether replay stands still on request or because of a parameter
     * @param slots replication slots, temporary ones excluded
     */
    record Standby(
            Lsn received,
            Lsn replayed,
            Optional<Timeline> receivedTimeline,
            WalReceiver receiver,
            boolean archiveRecovery,
            boolean replayPaused,
            List<SlotView> slots)
            implements SqlView {

        public Standby {
            slots = List.copyOf(slots);
        }

        public boolean streaming() {
            return receiver == WalReceiver.STREAMING;
        }

        /** How far its WAL reaches: received or replayed, whichever is further. */
        public Lsn position() {
            return received.max(replayed);
        }
    }
}

package io.matriarch.domain.rewind;

import io.matriarch.domain.postgres.Timeline;
import java.util.List;

/** What a possible leader said over the replication protocol. */
public sealed interface LeaderTimeline {

    /**
     * It is a primary.
     *
     * @param timeline the timeline it writes
     * @param history the switches before it, oldest first
     * @param checkpointed whether its control file is on that timeline already: before that pg_rewind must not run
     */
    record Primary(Timeline timeline, List<HistoryLine> history, boolean checkpointed) implements LeaderTimeline {

        public Primary {
            history = List.copyOf(history);
        }
    }

    /** It is in recovery: nothing can be compared with it. */
    record InRecovery() implements LeaderTimeline {}

    /** It did not answer. */
    record NoAnswer(String why) implements LeaderTimeline {}
}

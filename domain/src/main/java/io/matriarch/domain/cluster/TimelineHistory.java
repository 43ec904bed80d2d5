package io.matriarch.domain.cluster;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.util.List;
import java.util.Optional;

/**
 * The promotions of the cluster as the store keeps them, oldest first.
 *
 * @param known whether the key is there and can be read
 * @param lines one a promotion
 */
public record TimelineHistory(boolean known, List<Line> lines) {

    public static final TimelineHistory UNKNOWN = new TimelineHistory(false, List.of());

    public TimelineHistory {
        lines = List.copyOf(lines);
    }

    /**
     * One promotion.
     *
     * @param timeline the timeline that ended
     * @param switchpoint where it ended
     * @param reason PostgreSQL's text
     * @param timestamp when, ISO 8601 with zone
     * @param leader who was promoted
     */
    public record Line(
            Timeline timeline, Lsn switchpoint, String reason, Optional<String> timestamp, Optional<String> leader) {}

    /** The timeline the cluster is on: one more than the last that ended; unknown if there is no history. */
    public Timeline clusterTimeline() {
        if (!known) {
            return Timeline.UNKNOWN;
        }
        return lines.isEmpty() ? Timeline.FIRST : lines.getLast().timeline().next();
    }
}

package io.matriarch.domain.cluster;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.util.ArrayList;
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

    /** In place of PostgreSQL's reason for a timeline that nobody is known to have been on. */
    public static final String NOT_FOLLOWED = "reserved, not followed";

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
            Timeline timeline, Lsn switchpoint, String reason, Optional<String> timestamp, Optional<String> leader) {

        /** Whether it says when it was and who was promoted: lines of old members do not. */
        public boolean isComplete() {
            return timestamp.isPresent() && leader.isPresent();
        }

        private boolean isOf(Line other) {
            return timeline.equals(other.timeline) && switchpoint.equals(other.switchpoint);
        }

        private Line completedBy(Line other) {
            return new Line(
                    timeline, switchpoint, reason, other.timestamp.or(() -> timestamp), other.leader.or(() -> leader));
        }
    }

    /**
     * What the leader publishes (ha-decisions §9.8): the lines of its own history file, with the times and names that are
     * known of older promotions.
     *
     * @param own the lines of the file, oldest first; the newest says when it was and who we are
     * @param known what is published now
     * @param keep how many lines to keep at most, the newest ones; 0 for all
     */
    public static TimelineHistory published(List<Line> own, TimelineHistory known, Timeline current, int keep) {
        List<Line> lines = own.stream()
                .map(line -> known.lines().stream()
                        .filter(line::isOf)
                        .findFirst()
                        .map(line::completedBy)
                        .orElse(line))
                .toList();
        List<Line> all = of(lines, current).lines();
        int from = keep > 0 ? Math.max(0, all.size() - keep) : 0;
        return new TimelineHistory(true, all.subList(from, all.size()));
    }

    /** Whether it says all there is to say of how {@code current} began. */
    public boolean reaches(Timeline current) {
        return known
                && clusterTimeline().equals(current)
                && (lines.isEmpty() || lines.getLast().isComplete());
    }

    /**
     * The history of a server on {@code current}, whose own file leaves out the timelines that were reserved and never
     * followed: each of them gets a line, so that the last line still says which timeline the cluster is on.
     */
    public static TimelineHistory of(List<Line> followed, Timeline current) {
        var lines = new ArrayList<Line>();
        for (Line line : followed) {
            fill(lines, line.timeline());
            lines.add(line);
        }
        fill(lines, current);
        return new TimelineHistory(true, lines);
    }

    private static void fill(List<Line> lines, Timeline next) {
        while (!lines.isEmpty() && lines.getLast().timeline().next().isBefore(next)) {
            Line last = lines.getLast();
            lines.add(new Line(
                    last.timeline().next(), last.switchpoint(), NOT_FOLLOWED, last.timestamp(), last.leader()));
        }
    }

    /** The timeline the cluster is on: one more than the last that ended; unknown if there is no history. */
    public Timeline clusterTimeline() {
        if (!known) {
            return Timeline.UNKNOWN;
        }
        return lines.isEmpty() ? Timeline.FIRST : lines.getLast().timeline().next();
    }
}

package io.matriarch.domain.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.TimelineHistory.Line;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TimelineHistoryTest {

    private static Line line(int timeline, String switchpoint) {
        return new Line(
                new Timeline(timeline), Lsn.parse(switchpoint), "no reason", Optional.empty(), Optional.of("a"));
    }

    @Test
    @DisplayName("a history without gaps is what it was, and says which timeline the cluster is on")
    void whole() {
        var lines = List.of(line(1, "0/10"), line(2, "0/20"));
        TimelineHistory history = TimelineHistory.of(lines, new Timeline(3));
        assertThat(history.lines()).isEqualTo(lines);
        assertThat(history.clusterTimeline()).isEqualTo(new Timeline(3));
        assertThat(TimelineHistory.of(List.of(), Timeline.FIRST).clusterTimeline())
                .isEqualTo(Timeline.FIRST);
    }

    @Test
    @DisplayName("SAF-016 timelines that were reserved and not followed get a line each, where they would have begun")
    void gaps() {
        TimelineHistory history = TimelineHistory.of(List.of(line(1, "0/10"), line(4, "0/40")), new Timeline(6));
        assertThat(history.lines()).extracting(one -> one.timeline().value()).containsExactly(1, 2, 3, 4, 5);
        assertThat(history.lines().get(2).switchpoint()).isEqualTo(Lsn.parse("0/10"));
        assertThat(history.lines().get(4).switchpoint()).isEqualTo(Lsn.parse("0/40"));
        assertThat(history.lines().get(1).reason()).isEqualTo(TimelineHistory.NOT_FOLLOWED);
        assertThat(history.clusterTimeline()).isEqualTo(new Timeline(6));
    }
}

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

    private static Line told(int timeline, String switchpoint, String when, String who) {
        return new Line(
                new Timeline(timeline), Lsn.parse(switchpoint), "no reason", Optional.of(when), Optional.of(who));
    }

    private static Line bare(int timeline, String switchpoint) {
        return new Line(
                new Timeline(timeline), Lsn.parse(switchpoint), "no reason", Optional.empty(), Optional.empty());
    }

    @Test
    @DisplayName("HA-103 one line a promotion: the newest with its time and our name, older ones as they are known")
    void published() {
        var known = new TimelineHistory(true, List.of(told(1, "0/10", "then", "a"), told(2, "0/99", "never", "x")));
        var own = List.of(bare(1, "0/10"), bare(2, "0/20"), told(3, "0/30", "now", "b"));
        TimelineHistory published = TimelineHistory.published(own, known, new Timeline(4), 0);
        assertThat(published.lines())
                .containsExactly(told(1, "0/10", "then", "a"), bare(2, "0/20"), told(3, "0/30", "now", "b"));
        assertThat(published.reaches(new Timeline(4))).isTrue();
        assertThat(published.reaches(new Timeline(5))).isFalse();
    }

    @Test
    @DisplayName("HA-103 on timeline 1 there are no lines, and lines that say otherwise are behind")
    void first() {
        assertThat(TimelineHistory.published(
                                List.of(), new TimelineHistory(true, List.of(bare(1, "0/10"))), Timeline.FIRST, 0)
                        .lines())
                .isEmpty();
        assertThat(new TimelineHistory(true, List.of(told(1, "0/10", "then", "a"))).reaches(Timeline.FIRST))
                .isFalse();
        assertThat(new TimelineHistory(true, List.of()).reaches(Timeline.FIRST)).isTrue();
        assertThat(TimelineHistory.UNKNOWN.reaches(Timeline.FIRST)).isFalse();
    }

    @Test
    @DisplayName("HA-103 §9.8 a last line without time or name is written anew, once")
    void incomplete() {
        var known = new TimelineHistory(true, List.of(bare(1, "0/10")));
        assertThat(known.reaches(new Timeline(2))).isFalse();
        TimelineHistory published =
                TimelineHistory.published(List.of(told(1, "0/10", "now", "b")), known, new Timeline(2), 0);
        assertThat(published.lines()).containsExactly(told(1, "0/10", "now", "b"));
        assertThat(published.reaches(new Timeline(2))).isTrue();
    }

    @Test
    @DisplayName("HA-103 max_timelines_history keeps the newest lines, and still says which timeline it is")
    void kept() {
        var own = List.of(told(1, "0/10", "1", "a"), told(2, "0/20", "2", "b"), told(3, "0/30", "3", "c"));
        TimelineHistory published = TimelineHistory.published(own, TimelineHistory.UNKNOWN, new Timeline(4), 2);
        assertThat(published.lines()).isEqualTo(own.subList(1, 3));
        assertThat(published.clusterTimeline()).isEqualTo(new Timeline(4));
        assertThat(TimelineHistory.published(own, TimelineHistory.UNKNOWN, new Timeline(4), 7)
                        .lines())
                .hasSize(3);
    }
}

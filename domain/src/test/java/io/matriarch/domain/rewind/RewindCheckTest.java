package io.matriarch.domain.rewind;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.RewindCheck.LocalPosition;
import io.matriarch.domain.rewind.RewindCheck.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The comparison of ha-decisions §12.2: the leader is on timeline 3, having left 1 at 0/3000000 and 2 at 0/5000000. */
class RewindCheckTest {

    private static final Lsn FIRST_SWITCH = Lsn.parse("0/3000000");
    private static final Lsn SECOND_SWITCH = Lsn.parse("0/5000000");
    private static final LeaderTimeline.Primary LEADER = new LeaderTimeline.Primary(
            new Timeline(3),
            List.of(
                    new HistoryLine(new Timeline(1), FIRST_SWITCH, "a"),
                    new HistoryLine(new Timeline(2), SECOND_SWITCH, "b")),
            true);

    private record Row(String name, boolean standby, int timeline, Lsn lsn, Optional<Lsn> end, Verdict verdict) {}

    @TestFactory
    Stream<DynamicTest> rows() {
        return Stream.of(
                        standby("HA-052 same timeline", 3, SECOND_SWITCH.plus(999), Verdict.NOT_NEEDED),
                        standby("HA-052 local timeline greater", 4, FIRST_SWITCH, Verdict.NEEDED),
                        standby("HA-053 standby before the switchpoint", 2, SECOND_SWITCH.plus(-1), Verdict.NOT_NEEDED),
                        standby("HA-053 standby right at the switchpoint", 2, SECOND_SWITCH, Verdict.NOT_NEEDED),
                        standby("HA-053 standby one byte beyond", 2, SECOND_SWITCH.plus(1), Verdict.NEEDED),
                        standby("HA-053 two timelines ago, at that switchpoint", 1, FIRST_SWITCH, Verdict.NOT_NEEDED),
                        standby("HA-053 two timelines ago, one byte beyond", 1, FIRST_SWITCH.plus(1), Verdict.NEEDED),
                        primary(
                                "HA-054 checkpoint ends exactly at the switchpoint",
                                2,
                                -120,
                                Optional.of(SECOND_SWITCH),
                                Verdict.NOT_NEEDED),
                        primary(
                                "HA-054 checkpoint ends one byte before",
                                2,
                                -120,
                                Optional.of(SECOND_SWITCH.plus(-1)),
                                Verdict.NEEDED),
                        primary(
                                "HA-054 checkpoint ends one byte beyond",
                                2,
                                -120,
                                Optional.of(SECOND_SWITCH.plus(1)),
                                Verdict.NEEDED),
                        primary(
                                "HA-054 end of the checkpoint cannot be read",
                                2,
                                -120,
                                Optional.empty(),
                                Verdict.NEEDED),
                        primary(
                                "primary's checkpoint at the switchpoint",
                                2,
                                0,
                                Optional.of(SECOND_SWITCH),
                                Verdict.NEEDED),
                        primary(
                                "primary's checkpoint beyond the switchpoint",
                                2,
                                1,
                                Optional.of(SECOND_SWITCH),
                                Verdict.NEEDED))
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> {
                    var local = new LocalPosition(row.standby(), new Timeline(row.timeline()), row.lsn());
                    assertThat(RewindCheck.compare(local, LEADER, row.end())).isEqualTo(row.verdict());
                }));
    }

    @org.junit.jupiter.api.Test
    @org.junit.jupiter.api.DisplayName("HA-055 local timeline missing from the leader's history")
    void missing() {
        var leader = new LeaderTimeline.Primary(
                new Timeline(3), List.of(new HistoryLine(new Timeline(1), FIRST_SWITCH, "a")), true);
        var local = new LocalPosition(true, new Timeline(2), Lsn.parse("0/1"));
        assertThat(RewindCheck.compare(local, leader, Optional.empty())).isEqualTo(Verdict.NEEDED);
    }

    private static Row standby(String name, int timeline, Lsn lsn, Verdict verdict) {
        return new Row(name, true, timeline, lsn, Optional.empty(), verdict);
    }

    private static Row primary(String name, int timeline, long off, Optional<Lsn> end, Verdict verdict) {
        return new Row(name, false, timeline, SECOND_SWITCH.plus(off), end, verdict);
    }
}

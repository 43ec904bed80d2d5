package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Somebody else leads. */
class FollowingTest {

    private static final Tags NOSTREAM = new Tags(false, 1, false, false, false, 1, Optional.empty(), true, Map.of());

    private static Tags from(MemberName upstream) {
        return new Tags(false, 1, false, false, false, 1, Optional.of(upstream), false, Map.of());
    }

    private static TaskResult compared(Lsn switchpoint) {
        var history = List.of(new HistoryLine(Timeline.FIRST, switchpoint, "test"));
        return new TaskResult.Compared(new LeaderTimeline.Primary(new Timeline(2), history, true), Optional.empty());
    }

    private static Seen paused(int version) {
        Seen seen = follower().replayPaused();
        seen.version = version;
        return seen;
    }

    private static Seen received(Lsn replayed, Lsn received) {
        Seen seen = follower();
        seen.sql = new SqlView.Standby(
                received, replayed, Optional.of(Timeline.FIRST), WalReceiver.NONE, false, false, SLOTS);
        return seen;
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-097 primary without the lock: stop",
                        primary().ledBy(OTHER),
                        Reason.PRIMARY_WITHOUT_LOCK,
                        StopServer.class),
                row(
                        "HA-098 a new leader is followed",
                        follower().upstream(upstream(THIRD)),
                        Reason.FOLLOWING_LEADER,
                        new Follow(upstream(OTHER), Role.REPLICA)),
                row(
                        "HA-071 another one has won the race: said once, and followed",
                        follower().upstream(new Upstream.Nobody()).before(HaState.INITIAL.withWonRace(true)),
                        Reason.RACE_LOST,
                        new Follow(upstream(OTHER), Role.REPLICA)),
                row(
                        "HA-022 a leader whose key is missing: streaming goes on",
                        follower().without(OTHER),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-099 replicatefrom an unknown member falls back to the leader",
                        follower().tagged(from(new MemberName("srv9"))).upstream(upstream(THIRD)),
                        Reason.FOLLOWING_LEADER,
                        new Follow(upstream(OTHER), Role.REPLICA)),
                row(
                        "9.5 replicatefrom",
                        follower().tagged(from(THIRD)),
                        Reason.FOLLOWING_LEADER,
                        new Follow(upstream(THIRD), Role.REPLICA)),
                row(
                        "HA-100 nostream",
                        follower().tagged(NOSTREAM),
                        Reason.FOLLOWING_LEADER,
                        new Follow(new Upstream.Nobody(), Role.REPLICA)),
                row(
                        "HA-101 paused replay goes on",
                        follower().replayPaused(),
                        Reason.FOLLOWING_LEADER,
                        ResumeReplay.class),
                row("HA-101 from version 14 on", paused(140000), Reason.FOLLOWING_LEADER, ResumeReplay.class),
                row(
                        "HA-101 before version 14 only people pause it: left alone",
                        paused(139999),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-061 the leader is on a later timeline and we do not stream: compare",
                        follower().leaderTimeline(2).standbyAt(POSITION, Timeline.FIRST, false),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row("streaming: nothing to compare", follower().leaderTimeline(2), Reason.FOLLOWING_LEADER),
                row(
                        "undecided: not asked again in the same breath",
                        follower()
                                .leaderTimeline(2)
                                .standbyAt(POSITION, Timeline.FIRST, false)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK))
                                .ended(
                                        TaskKind.COMPARE_TIMELINES,
                                        new TaskResult.Compared(new LeaderTimeline.InRecovery(), Optional.empty())),
                        Reason.FOLLOWING_LEADER),
                row(
                        "not needed: not asked again in the same breath either",
                        follower()
                                .leaderTimeline(2)
                                .standbyAt(POSITION, Timeline.FIRST, false)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(POSITION)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-053 what has been received beyond the switchpoint, and not replayed, does not count",
                        received(POSITION, POSITION.plus(1))
                                .leaderTimeline(2)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(POSITION)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-053 one byte beyond the switchpoint: stop and rewind",
                        follower()
                                .leaderTimeline(2)
                                .standbyAt(POSITION.plus(1), Timeline.FIRST, false)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(POSITION)),
                        Reason.STOPPING_TO_REWIND,
                        StopServer.class),
                row(
                        "a failed rewind is not tried again while the leader is the same",
                        follower()
                                .leaderTimeline(2)
                                .standbyAt(POSITION, Timeline.FIRST, false)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.FAILED)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-056 a failed rewind is judged anew once the same leader has been promoted again",
                        follower()
                                .epochOf(OTHER, 3)
                                .leaderTimeline(3)
                                .standbyAt(POSITION, Timeline.FIRST, false)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.FAILED)),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row(
                        "HA-024 a promotion that nobody wants any more is stopped",
                        follower().promoting(),
                        Reason.LOST_BEFORE_PROMOTE,
                        StopServer.class));
    }
}

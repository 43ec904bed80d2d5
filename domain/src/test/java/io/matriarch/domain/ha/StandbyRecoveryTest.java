package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.PROOF;
import static io.matriarch.domain.ha.Seen.REMOTE;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.cascade;
import static io.matriarch.domain.ha.Seen.follower;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.replica;
import static io.matriarch.domain.ha.Seen.standbyLeader;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.ha.Decision.CompareTimelines;
import io.matriarch.domain.ha.Decision.CopyFrom;
import io.matriarch.domain.ha.Decision.DisarmGuard;
import io.matriarch.domain.ha.Decision.DisarmWatchdog;
import io.matriarch.domain.ha.Decision.RecoverCrash;
import io.matriarch.domain.ha.Decision.ReleaseLeaderLock;
import io.matriarch.domain.ha.Decision.RenewLeaderLock;
import io.matriarch.domain.ha.Decision.Rewind;
import io.matriarch.domain.ha.Decision.StartStandby;
import io.matriarch.domain.ha.Decision.StopServer;
import io.matriarch.domain.ha.Decision.WriteStatus;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.rewind.RewindProgress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class StandbyRecoveryTest {

    private static final Upstream.Remote THERE = new Upstream.Remote(REMOTE);

    private static Duration start() {
        return Duration.ofSeconds(60);
    }

    private static Seen stoppedPrimary() {
        return leader().standbyCluster().stopped(ControlData.State.SHUT_DOWN).role(Role.DEMOTED);
    }

    @TestFactory
    Stream<DynamicTest> recovers() {
        return Row.tests(
                row(
                        "S-21 HA-027 §7 a crashed primary of a standby cluster is no primary again: its start recovers it",
                        Seen.crashed().holding().standbyCluster().noRewind(),
                        Reason.STARTING_AS_STANDBY_LEADER,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new StartStandby(THERE, Role.STANDBY_LEADER, start(), "restarting after failure")),
                row(
                        "§7 one that does not hold the lock is recovered first",
                        Seen.crashed().standbyCluster(),
                        Reason.RECOVERING_CRASH,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        RecoverCrash.class),
                row(
                        "§12.4 compared with the other cluster, whoever leads here",
                        stoppedPrimary(),
                        Reason.COMPARING_TIMELINES,
                        RenewLeaderLock.class,
                        new CompareTimelines(THERE)),
                row(
                        "§12.4 the same for a secondary of the standby leader",
                        cascade().stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY),
                        Reason.COMPARING_TIMELINES,
                        new CompareTimelines(THERE)),
                row(
                        "§12.4 rewound from the other cluster",
                        stoppedPrimary()
                                .before(HaState.INITIAL
                                        .withLastLocked(SELF, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)),
                        Reason.REWINDING,
                        RenewLeaderLock.class,
                        new Rewind(THERE, PROOF)),
                row(
                        "§7 nobody leads: it follows the other cluster",
                        replica().standbyCluster().noRewind().stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY),
                        Reason.FOLLOWING_REMOTE_WITHOUT_LEADER,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new StartStandby(THERE, Role.REPLICA, start(), "restarting after failure")),
                row(
                        "§7 a secondary comes back to the standby leader",
                        cascade().noRewind().stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new StartStandby(cascade(OTHER), Role.REPLICA, start(), "restarting after failure")),
                row(
                        "HA-059 no rewind, and a diverged directory is not made anew in a standby cluster",
                        removing(cascade())
                                .noRewind()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-059 but in a cluster of its own it is",
                        removing(follower())
                                .noRewind()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)),
                        Reason.REINITIALIZING_DIVERGED,
                        CopyFrom.class),
                row(
                        "§9.6 the other cluster has promoted, and the stream stands still: compare",
                        standbyLeader().laterHistory().standbyAt(POSITION, Timeline.FIRST, false),
                        Reason.COMPARING_TIMELINES,
                        RenewLeaderLock.class,
                        new CompareTimelines(THERE)),
                row(
                        "§9.6 it streams: nothing to compare",
                        standbyLeader().laterHistory(),
                        Reason.STANDBY_LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        WriteStatus.class),
                row(
                        "§12.4 diverged from the other cluster: the standby leader stops to be rewound, under its lock",
                        standbyLeader()
                                .laterHistory()
                                .standbyAt(POSITION.plus(1), Timeline.FIRST, false)
                                .before(HaState.INITIAL
                                        .withLastLocked(SELF, 2, List.of())
                                        .withRewind(RewindProgress.CHECK))
                                .ended(
                                        TaskKind.COMPARE_TIMELINES,
                                        new TaskResult.Compared(
                                                new LeaderTimeline.Primary(
                                                        new Timeline(2),
                                                        List.of(new HistoryLine(Timeline.FIRST, POSITION, "x")),
                                                        true),
                                                Optional.empty())),
                        Reason.STOPPING_TO_REWIND,
                        RenewLeaderLock.class,
                        StopServer.class),
                row(
                        "§7 a standby leader whose server does not start gives the lock to others",
                        standbyLeader()
                                .stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY)
                                .before(HaState.INITIAL.withStartFailed(true)),
                        Reason.START_FAILED_WITH_LOCK,
                        DisarmWatchdog.class,
                        Decision.MarkDemoted.class,
                        ReleaseLeaderLock.class));
    }

    private static Seen removing(Seen seen) {
        return seen.settings(
                seen.settings.edit().removeOnDivergedTimelines(true).build());
    }
}

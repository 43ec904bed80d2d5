package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The server does not run. */
class RecoveryTest {

    private static final HaSettings AT_ONCE =
            HaSettings.DEFAULTS.edit().primaryStartTimeout(Duration.ZERO).build();

    private static HaSettings remove(boolean failed, boolean diverged) {
        return HaSettings.DEFAULTS
                .edit()
                .removeOnRewindFailure(failed)
                .removeOnDivergedTimelines(diverged)
                .build();
    }

    private static TaskResult compared(boolean checkpointed) {
        var history = List.of(new HistoryLine(Timeline.FIRST, Lsn.parse("0/3000000"), "test"));
        return new TaskResult.Compared(
                new LeaderTimeline.Primary(new Timeline(2), history, checkpointed),
                Optional.of(Lsn.parse("0/40000A0")));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-044 crash of the locked primary: started on its timeline, guard first",
                        crashed().holding(),
                        Reason.STARTING_PRIMARY_AFTER_FAILURE,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        StartPrimary.class),
                row(
                        "stopped under the lock, nobody has led since: started as primary",
                        crashed().holding().stopped(ControlData.State.SHUT_DOWN),
                        Reason.STARTING_PRIMARY_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        StartPrimary.class),
                row(
                        "SAF-016 under the lock, but another one has led since: read-only",
                        crashed().holding().epochOf(OTHER),
                        Reason.STARTING_READONLY_WITH_LOCK,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-050 a stopped standby with the lock: read-only",
                        replica()
                                .stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY)
                                .holding(),
                        Reason.STARTING_READONLY_WITH_LOCK,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-045 the restart failed: the lock goes",
                        crashed().holding().ended(TaskKind.START_PRIMARY, new TaskResult.Failed("x")),
                        Reason.START_FAILED_WITH_LOCK,
                        DisarmWatchdog.class,
                        MarkDemoted.class,
                        new ReleaseLeaderLock(Optional.of(PROOF), Optional.empty())),
                row(
                        "HA-046 primary_start_timeout 0: the others are asked",
                        crashed().holding().settings(AT_ONCE),
                        Reason.POLLING_MEMBERS,
                        RenewLeaderLock.class,
                        PollMembers.class),
                row(
                        "HA-046 and somebody is fit: the lock goes",
                        crashed().holding().settings(AT_ONCE).peers(peer(OTHER, POSITION)),
                        Reason.CRASH_FAILOVER,
                        DisarmWatchdog.class,
                        ReleaseLeaderLock.class),
                row(
                        "HA-047 nobody is: started again",
                        crashed().holding().settings(AT_ONCE).peers(dead(OTHER), dead(THIRD)),
                        Reason.STARTING_PRIMARY_AFTER_FAILURE,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        StartPrimary.class),
                row(
                        "HA-048 unclean, rewind possible: single-user recovery",
                        crashed().ledBy(OTHER),
                        Reason.RECOVERING_CRASH,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        RecoverCrash.class),
                row(
                        "HA-048 once an episode",
                        crashed()
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NOT_NEEDED)
                                        .withCrashRecoveryTried(true)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-048 unclean, lock free: single-user recovery even without rewind",
                        crashed().noRewind(),
                        Reason.RECOVERING_CRASH,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        RecoverCrash.class),
                row(
                        "unclean, led by another, no rewind: just a standby",
                        crashed().noRewind().ledBy(OTHER),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-051 stopped replica: a secondary",
                        replica()
                                .stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NOT_NEEDED)
                                        .withCrashRecoveryTried(true)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "a former primary is compared with the leader before it starts",
                        crashed().stopped(ControlData.State.SHUT_DOWN).ledBy(OTHER),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row(
                        "HA-057 no answer: started as a standby and compared again there",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .ended(
                                        TaskKind.COMPARE_TIMELINES,
                                        new TaskResult.Compared(new LeaderTimeline.NoAnswer("x"), Optional.empty())),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-056 diverged, but the leader has not checkpointed: not yet rewound",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .ended(TaskKind.COMPARE_TIMELINES, compared(false))
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-055 diverged: rewound",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .ended(TaskKind.COMPARE_TIMELINES, compared(true))
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK)),
                        Reason.REWINDING,
                        new Rewind(upstream(OTHER), PROOF)),
                row(
                        "HA-062 diverged, but it ended in the middle of replay: recovered before it is rewound",
                        crashed()
                                .stopped(ControlData.State.IN_ARCHIVE_RECOVERY)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)),
                        Reason.RECOVERING_CRASH,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        RecoverCrash.class),
                row(
                        "HA-062 once an episode",
                        crashed()
                                .stopped(ControlData.State.IN_ARCHIVE_RECOVERY)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)
                                        .withCrashRecoveryTried(true)),
                        Reason.REWINDING,
                        Rewind.class),
                row(
                        "HA-049 an unfinished base backup is recovered by the server itself, not in single-user mode",
                        crashed().withBackupLabel().ledBy(OTHER),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row(
                        "diverged, but the leader is not primary yet: a standby meanwhile",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .lock(new LeaderLock.Held(OTHER, THEIRS))
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)
                                        .withCrashRecoveryTried(true)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "rewound: started",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.REWIND, new TaskResult.Done()),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-058 rewind failed: is the leader healthy?",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.REWIND, new TaskResult.Failed("x")),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row(
                        "another leader came while it was rewound: compared with that one",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.CHECK)
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.REWIND, new TaskResult.Done()),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row(
                        "HA-058 it is, no option: started as a standby",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(true)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-058 once is not enough: a leader that was away for a moment is back",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(true)),
                        Reason.REWINDING,
                        Rewind.class),
                row(
                        "12.4 it is not reachable: a standby for now",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.UNSURE)
                                        .withCrashRecoveryTried(true))
                                .ended(
                                        TaskKind.COMPARE_TIMELINES,
                                        new TaskResult.Compared(new LeaderTimeline.NoAnswer("x"), Optional.empty())),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-056 needed against the leader before: this one is asked first",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(THIRD)
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)
                                        .withCrashRecoveryTried(true)),
                        Reason.COMPARING_TIMELINES,
                        CompareTimelines.class),
                row(
                        "HA-058 rewind failed, removal after failure set",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .settings(remove(true, false))
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(true)),
                        Reason.REMOVING_AFTER_REWIND_FAILURE,
                        RemoveDataDirectory.class),
                row(
                        "HA-058 rewind failed, removal of diverged ones set",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .settings(remove(false, true))
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withFailedRewind()
                                        .withCrashRecoveryTried(true))
                                .ended(TaskKind.COMPARE_TIMELINES, compared(true)),
                        Reason.REMOVING_AFTER_REWIND_FAILURE,
                        RemoveDataDirectory.class),
                row(
                        "HA-059 rewind impossible, removal of diverged ones set: copied",
                        crashed()
                                .noRewind()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .settings(remove(false, true))
                                .before(HaState.INITIAL
                                        .withLastLocked(OTHER, 1, List.of())
                                        .withRewind(RewindProgress.NEEDED)
                                        .withCrashRecoveryTried(true)),
                        Reason.REINITIALIZING_DIVERGED,
                        CopyFrom.class),
                row(
                        "16.3 a stopped replica is reinitialized",
                        replica()
                                .stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY)
                                .ledBy(OTHER)
                                .requests(new OperatorRequest.Reinitialize(1, false, false)),
                        Reason.REINITIALIZING,
                        Reply.class,
                        CopyFrom.class));
    }
}

package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Automation is off (ha-decisions §15). */
class PauseTest {

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "primary with the lock: renewed, unguarded",
                        leader().paused(),
                        Reason.LEADER_WITH_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        RenewLeaderLock.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-127 manual primary, lock free: takes it",
                        primary().paused(),
                        Reason.ACQUIRING_AS_PRIMARY,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        AcquireLeaderLock.class),
                row(
                        "HA-127 not with a system identifier that is not the cluster's",
                        primary()
                                .initialize(new InitializeKey.Done(FOREIGN, new Revision(1)))
                                .paused(),
                        Reason.FOLLOWING_NOBODY),
                row(
                        "primary without the lock goes on",
                        primary().ledBy(OTHER).paused(),
                        Reason.PAUSED_PRIMARY_WITHOUT_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class),
                row(
                        "HA-128 holder that is no primary gives it back",
                        replica().holding().paused(),
                        Reason.PAUSED_LOCK_NOT_PRIMARY,
                        ReleaseLeaderLock.class),
                row(
                        "HA-128 the named candidate promotes",
                        replica().holding().switchover(OTHER, SELF).paused(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        Promote.class),
                row(
                        "6.8 stopped with the lock: the lock goes",
                        crashed().holding().paused(),
                        Reason.PAUSED_STOPPED_WITH_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        ReleaseLeaderLock.class),
                row(
                        "S-18 stopped: not started",
                        crashed().paused(),
                        Reason.PAUSED_STOPPED,
                        PauseGuard.class,
                        DisarmWatchdog.class),
                row(
                        "S-18 replica, lock free: no race",
                        replica().paused().peers(dead(OTHER)),
                        Reason.FOLLOWING_NOBODY,
                        PauseGuard.class,
                        DisarmWatchdog.class),
                row(
                        "the named candidate takes a free lock",
                        replica().switchover(null, SELF).paused(),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "S-12 but not with nofailover",
                        replica().tagged(nofailover()).switchover(null, SELF).paused(),
                        Reason.FOLLOWING_NOBODY,
                        PauseGuard.class,
                        DisarmWatchdog.class),
                row(
                        "replica is pointed to a new leader",
                        follower().upstream(upstream(THIRD)).paused(),
                        Reason.FOLLOWING_LEADER,
                        new Follow(upstream(OTHER), Role.REPLICA)),
                row(
                        "switchover only to a named candidate",
                        leader().switchover(SELF, null).paused(),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ClearRequest.class),
                row(
                        "HA-091 what is scheduled waits",
                        leader().scheduled(Duration.ZERO, OTHER).paused(),
                        Reason.LEADER_WITH_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        RenewLeaderLock.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-041 foreign directory: the lock goes, the agent stays",
                        leader().initialize(new InitializeKey.Done(FOREIGN, new Revision(1)))
                                .paused(),
                        Reason.SYSTEM_ID_MISMATCH_PAUSED,
                        ReleaseLeaderLock.class),
                row(
                        "HA-026 a task with a lost lock is not interrupted",
                        primary().ledBy(OTHER).paused().task(TaskKind.RESTART, "restart"),
                        Reason.TASK_RUNNING),
                row(
                        "SAF-045 a task in pause does not arm the guard",
                        leader().paused().task(TaskKind.CHECKPOINT, "checkpoint"),
                        Reason.TASK_WITH_LOCK,
                        RenewLeaderLock.class),
                row(
                        "somebody else holds our lease: dropped, nothing stopped",
                        leader().lock(new LeaderLock.Held(OTHER, THEIRS)).paused(),
                        Reason.LEASE_DISAGREES,
                        DropLease.class),
                row(
                        "resume: the guard comes back",
                        leader().before(HaState.INITIAL.withPaused(true)),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        WriteStatus.class,
                        ChangeSlots.class));
    }
}

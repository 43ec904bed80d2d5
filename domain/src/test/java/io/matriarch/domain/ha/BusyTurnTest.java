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

/** A task runs, or the server is starting up. */
class BusyTurnTest {

    private static HaState since(int seconds) {
        return HaState.INITIAL.withStartingSince(Optional.of(NOW.minus(Duration.ofSeconds(seconds))));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-023 with the lock: renewed",
                        leader().task(TaskKind.CHECKPOINT, "checkpoint"),
                        Reason.TASK_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class),
                row("without the lock: waits", follower().task(TaskKind.COPY, "copy"), Reason.TASK_RUNNING),
                row(
                        "start as primary, lock lost: aborted",
                        primary().starting(Role.PRIMARY).ledBy(OTHER).task(TaskKind.START_PRIMARY, "start"),
                        Reason.TASK_LOST_LOCK,
                        DropLease.class,
                        AbortTask.class),
                row(
                        "HA-025 restart of a primary, lock lost: aborted",
                        primary().ledBy(OTHER).task(TaskKind.RESTART, "restart"),
                        Reason.TASK_LOST_LOCK,
                        DropLease.class,
                        AbortTask.class),
                row(
                        "checkpoint of a primary, lock lost: aborted, then demoted",
                        primary().ledBy(OTHER).task(TaskKind.CHECKPOINT, "checkpoint"),
                        Reason.TASK_LOST_LOCK,
                        DropLease.class,
                        AbortTask.class),
                row(
                        "restart of a replica is not its lock's concern",
                        follower().task(TaskKind.RESTART, "restart"),
                        Reason.TASK_RUNNING),
                row(
                        "HA-026 a bootstrap is not interrupted",
                        primary()
                                .ledBy(OTHER)
                                .before(HaState.INITIAL.withBootstrap(BootstrapStep.CREATING_ROLES, Optional.empty()))
                                .task(TaskKind.POST_BOOTSTRAP, "post_bootstrap"),
                        Reason.TASK_RUNNING),
                row(
                        "busy: a restart is refused",
                        follower()
                                .task(TaskKind.COPY, "copy")
                                .requests(new OperatorRequest.Restart(1, RestartFilters.NONE, Optional.empty())),
                        Reason.TASK_RUNNING,
                        new Reply(1, false, "copy already in progress")),
                row(
                        "16.3 busy: forced reinitialize ends the task",
                        follower()
                                .task(TaskKind.COPY, "copy")
                                .requests(new OperatorRequest.Reinitialize(1, true, false)),
                        Reason.REINITIALIZING,
                        AbortTask.class),
                row(
                        "starting primary with the lock",
                        leader().starting(Role.PRIMARY),
                        Reason.STARTING_UP,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class),
                row(
                        "HA-029 starting primary, lock lost",
                        primary().starting(Role.PRIMARY).ledBy(OTHER),
                        Reason.START_LOST_LOCK,
                        StopServer.class),
                row(
                        "HA-030 starting standby does not matter",
                        follower().starting(Role.REPLICA),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-030 a standby that was started while nobody led is pointed to the leader, consistent or not",
                        follower().upstream(new Upstream.Nobody()).starting(Role.REPLICA),
                        Reason.FOLLOWING_LEADER,
                        new Follow(upstream(OTHER), Role.REPLICA)),
                row(
                        "HA-028 a second before the timeout",
                        leader().starting(Role.PRIMARY).before(since(299)),
                        Reason.STARTING_UP,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class),
                row(
                        "HA-028 over the timeout: the others are asked",
                        leader().starting(Role.PRIMARY).before(since(300)),
                        Reason.POLLING_MEMBERS,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        PollMembers.class),
                row(
                        "HA-028 somebody is fit: stopped",
                        leader().starting(Role.PRIMARY).before(since(300)).peers(peer(OTHER, POSITION)),
                        Reason.START_TIMED_OUT,
                        RenewLeaderLock.class,
                        StopServer.class),
                row(
                        "HA-027 the recovery of a crash under the lock is a start as any: stopped in time",
                        leader().standbyCluster(REMOTE)
                                .starting(Role.STANDBY_LEADER)
                                .before(since(300))
                                .peers(peer(OTHER, POSITION)),
                        Reason.START_TIMED_OUT,
                        RenewLeaderLock.class,
                        StopServer.class),
                row(
                        "HA-028 nobody streams from a server that starts: that speaks against no candidate",
                        leader().starting(Role.PRIMARY).before(since(300)).peers(Seen.silentPeer(OTHER, POSITION)),
                        Reason.START_TIMED_OUT,
                        RenewLeaderLock.class,
                        StopServer.class),
                row(
                        "HA-028 nobody is: it goes on",
                        leader().starting(Role.PRIMARY).before(since(300)).peers(dead(OTHER)),
                        Reason.START_TIMED_OUT_ALONE,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class),
                row(
                        "HA-028 stopped for it: the lock goes",
                        crashed().holding().before(HaState.INITIAL.withStartFailed(true)),
                        Reason.START_FAILED_WITH_LOCK,
                        DisarmWatchdog.class,
                        MarkDemoted.class,
                        ReleaseLeaderLock.class));
    }
}

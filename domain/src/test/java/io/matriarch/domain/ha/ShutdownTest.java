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

/** The agent is asked to end. */
class ShutdownTest {

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "the primary is stopped under its lock",
                        leader().shutdown(),
                        Reason.SHUTDOWN_STOPPING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        StopServer.class),
                row("the replica is stopped", follower().shutdown(), Reason.SHUTDOWN_STOPPING, StopServer.class),
                row(
                        "while it stops the lease is renewed: SAF-044",
                        leader().task(TaskKind.STOP, "stop").shutdown(),
                        Reason.SHUTDOWN_WAITING,
                        RenewLeaderLock.class,
                        ArmGuard.class),
                row(
                        "another task is ended first",
                        follower().task(TaskKind.COPY, "copy").shutdown(),
                        Reason.SHUTDOWN_WAITING,
                        AbortTask.class),
                row(
                        "HA-133 stopped: the lock goes with proof and position",
                        leader().stopped(ControlData.State.SHUT_DOWN)
                                .ended(
                                        TaskKind.STOP,
                                        new TaskResult.Stopped(
                                                PROOF,
                                                false,
                                                Optional.of(new ShutdownPosition(Timeline.FIRST, POSITION))))
                                .shutdown(),
                        Reason.SHUTDOWN_RELEASING,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new ReleaseLeaderLock(Optional.of(PROOF), Optional.of(POSITION)),
                        Exit.class),
                row(
                        "stopped without the lock: the end",
                        follower()
                                .stopped(ControlData.State.SHUT_DOWN_IN_RECOVERY)
                                .shutdown(),
                        Reason.SHUTDOWN_DONE,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        Exit.class),
                row(
                        "SAF-030 something is left: killed first",
                        leader().remains().shutdown(),
                        Reason.SERVER_REMAINS,
                        KillRemains.class),
                row(
                        "HA-129 paused: nothing is stopped, the key stays",
                        leader().paused().shutdown(),
                        Reason.SHUTDOWN_PAUSED,
                        DisarmWatchdog.class,
                        Exit.class),
                row(
                        "paused with a task: it ends first",
                        follower().paused().task(TaskKind.COPY, "copy").shutdown(),
                        Reason.SHUTDOWN_WAITING,
                        AbortTask.class),
                row(
                        "without the store the server is stopped all the same",
                        leader().withoutDcs().shutdown(),
                        Reason.SHUTDOWN_STOPPING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        StopServer.class),
                row(
                        "HA-034 in the middle of a bootstrap: the key is taken back",
                        primary()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .initialize(new InitializeKey.InProgress(new Revision(7)))
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.CREATING_ROLES, Optional.of(new Revision(7))))
                                .shutdown(),
                        Reason.SHUTDOWN_DONE,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        CancelInitializeKey.class,
                        SetDataDirectoryAside.class,
                        Exit.class));
    }
}

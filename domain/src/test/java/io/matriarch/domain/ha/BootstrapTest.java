package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.ha.Decision.EndBootstrap;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Empty directories and the first start of a cluster. */
class BootstrapTest {

    private static final Tags CLONEFROM = new Tags(false, 1, false, true, false, 1, Optional.empty(), false, Map.of());

    private static Seen bootstrapped() {
        Seen seen = primary()
                .initialize(new InitializeKey.InProgress(new Revision(7)))
                .noEpoch();
        seen.members = new ArrayList<>();
        return seen;
    }

    private static Seen led() {
        Seen seen = empty().initialize(new InitializeKey.Done(OURS, new Revision(1)));
        seen.members = new ArrayList<>(List.of(Seen.member(OTHER), Seen.member(THIRD)));
        return seen.ledBy(OTHER);
    }

    private static HaSettings noBootstrap() {
        return HaSettings.DEFAULTS.edit().mayBootstrap(false).build();
    }

    private static HaState abandonedSince(long revision, Duration ago) {
        return HaState.INITIAL.withAbandonedKey(
                Optional.of(new HaState.AbandonedKey(new Revision(revision), NOW.minus(ago))));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-031 an empty scope: ask for the key",
                        empty(),
                        Reason.ASKING_TO_BOOTSTRAP,
                        CreateInitializeKey.class),
                row(
                        "HA-031 the key is ours: initialize",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7)))
                                .created(7)
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.ASKED, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAPPING,
                        InitializeDatabase.class),
                row(
                        "HA-031 it is somebody else's: wait",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7)))
                                .created(6)
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.ASKED, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_LOST_RACE),
                row("HA-032 nofailover never bootstraps", empty().tagged(nofailover()), Reason.WAITING_FOR_LEADER),
                row(
                        "HA-033 without a bootstrap section: wait",
                        empty().settings(noBootstrap()),
                        Reason.WAITING_FOR_LEADER),
                row(
                        "initialize in progress elsewhere: wait",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7))),
                        Reason.WAITING_FOR_LEADER),
                row(
                        "SAF-018 in progress, nobody at work, for less than two ttl: wait",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7)))
                                .before(abandonedSince(7, Duration.ofMillis(59_999))),
                        Reason.WAITING_FOR_LEADER),
                row(
                        "SAF-018 in progress, nobody at work for two ttl: taken back, then asked for as ever",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7)))
                                .before(abandonedSince(7, Duration.ofSeconds(60))),
                        Reason.TAKING_BACK_INITIALIZE,
                        new CancelInitializeKey(new Revision(7))),
                row(
                        "SAF-018 another key than the one waited for: from the beginning",
                        empty().initialize(new InitializeKey.InProgress(new Revision(8)))
                                .before(abandonedSince(7, Duration.ofSeconds(60))),
                        Reason.WAITING_FOR_LEADER),
                row(
                        "SAF-018 somebody is at work: wait, however long it takes",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7)))
                                .initializing(OTHER)
                                .before(abandonedSince(7, Duration.ofSeconds(60))),
                        Reason.WAITING_FOR_LEADER),
                row("HA-039 paused", empty().paused(), Reason.DIRECTORY_EMPTY_PAUSED),
                row("HA-037 copy from the leader", led(), Reason.COPYING_FROM_LEADER, CopyFrom.class),
                row(
                        "HA-037 rather from a clonefrom replica",
                        led().member(THIRD, CLONEFROM),
                        Reason.COPYING_FROM_REPLICA,
                        CopyFrom.class),
                row("HA-022 a leader whose key is missing: wait", led().without(OTHER), Reason.WAITING_FOR_LEADER),
                row(
                        "initialized: roles next",
                        bootstrapped()
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.INITIALIZING, Optional.of(new Revision(7))))
                                .ended(TaskKind.INITIALIZE, new TaskResult.Done()),
                        Reason.BOOTSTRAP_CREATING_ROLES,
                        RunPostBootstrap.class),
                row(
                        "roles made: identifier, configuration, lock in one transaction (SAF-018, HA-036)",
                        bootstrapped()
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.CREATING_ROLES, Optional.of(new Revision(7))))
                                .ended(TaskKind.POST_BOOTSTRAP, new TaskResult.Done()),
                        Reason.BOOTSTRAP_TAKING_LOCK,
                        new InitializeCluster(
                                new Revision(7),
                                OURS,
                                new Epoch(1, Optional.of(SELF), Timeline.FIRST, Revision.ABSENT))),
                row(
                        "HA-035 a required watchdog that cannot be used cancels the bootstrap",
                        bootstrapped()
                                .watchdog(false, false)
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.TAKING_LOCK, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_FAILED,
                        StopServer.class),
                row(
                        "HA-036 done: guard and watchdog",
                        leader().before(HaState.INITIAL.withBootstrap(
                                BootstrapStep.TAKING_LOCK, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_DONE,
                        EndBootstrap.class,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class),
                row(
                        "the answer was lost but the cluster is ours: nothing is taken back",
                        bootstrapped()
                                .initialize(new InitializeKey.Done(OURS, new Revision(8)))
                                .lock(new LeaderLock.Held(SELF, MINE))
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.TAKING_LOCK, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_DONE,
                        EndBootstrap.class),
                row(
                        "SAF-018 somebody else became the cluster meanwhile: stop",
                        bootstrapped()
                                .initialize(new InitializeKey.Done(FOREIGN, new Revision(8)))
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.TAKING_LOCK, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_FAILED,
                        StopServer.class),
                row(
                        "HA-034 initdb failed, nothing there: the key is taken back",
                        empty().initialize(new InitializeKey.InProgress(new Revision(7)))
                                .created(7)
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.INITIALIZING, Optional.of(new Revision(7))))
                                .ended(TaskKind.INITIALIZE, new TaskResult.Failed("x")),
                        Reason.BOOTSTRAP_FAILED,
                        new CancelInitializeKey(new Revision(7)),
                        Exit.class),
                row(
                        "HA-034 roles failed: stop",
                        bootstrapped()
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.CREATING_ROLES, Optional.of(new Revision(7))))
                                .ended(TaskKind.POST_BOOTSTRAP, new TaskResult.Failed("x")),
                        Reason.BOOTSTRAP_FAILED,
                        StopServer.class),
                row(
                        "HA-034 stopped: key back, directory aside, end",
                        bootstrapped()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.FAILED, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_FAILED,
                        CancelInitializeKey.class,
                        SetDataDirectoryAside.class,
                        Exit.class),
                row(
                        "HA-034 the key is no longer ours: not touched",
                        bootstrapped()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .initialize(new InitializeKey.Absent())
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.FAILED, Optional.of(new Revision(7)))),
                        Reason.BOOTSTRAP_FAILED,
                        SetDataDirectoryAside.class,
                        Exit.class),
                row(
                        "SAF-030 the directory of a running leader is gone: stop first",
                        leader().emptied(),
                        Reason.SERVER_REMAINS,
                        StopServer.class),
                row(
                        "6.6 and then the lock goes",
                        leader().stopped(ControlData.State.IN_PRODUCTION).emptied(),
                        Reason.DIRECTORY_LOST_AS_LEADER,
                        DisarmWatchdog.class,
                        ReleaseLeaderLock.class),
                row(
                        "6.6 the directory of a running leader is not accessible: stop first",
                        leader().inaccessible(),
                        Reason.DIRECTORY_INACCESSIBLE,
                        StopServer.class),
                row(
                        "6.6 stopped: the lock goes",
                        leader().stopped(ControlData.State.IN_PRODUCTION).inaccessible(),
                        Reason.DIRECTORY_LOST_AS_LEADER,
                        DisarmWatchdog.class,
                        ReleaseLeaderLock.class));
    }
}

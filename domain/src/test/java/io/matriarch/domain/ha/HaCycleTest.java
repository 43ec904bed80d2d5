package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The tree itself: who decides about what, and what happens without the store. */
class HaCycleTest {

    private static HaState failed(TaskKind kind) {
        return HaState.INITIAL
                .withLastLocked(OTHER, 1, List.of())
                .withCrashRecoveryTried(true)
                .withRewind(RewindProgress.NOT_NEEDED)
                .withFailedTask(Optional.of(new HaState.FailedTask(kind, NOW)));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-096 leader with the lock goes on",
                        leader(),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row("HA-096 replica follows", follower(), Reason.FOLLOWING_LEADER),
                row(
                        "HA-011 primary, store unreachable, no lease: demotes",
                        primary().withoutDcs(),
                        Reason.DCS_UNREACHABLE_AS_PRIMARY,
                        StopServer.class),
                row(
                        "SAF-040 primary, store unreachable, lease young: goes on trying",
                        leader().withoutDcs(),
                        Reason.DCS_UNREACHABLE_LEASE_HOLDS),
                row(
                        "SAF-040 one millisecond before the first rung",
                        leader().withoutDcs().leaseLeft(Duration.ofMillis(3251)),
                        Reason.DCS_UNREACHABLE_LEASE_HOLDS),
                row(
                        "SAF-040 W-3 W-30 at the first rung: a clean stop beside the loop, as long as it may take",
                        leader().withoutDcs().leaseLeft(Duration.ofMillis(3250)),
                        Reason.DCS_UNREACHABLE_AS_PRIMARY,
                        new StopServer(StopMode.FAST, false, Optional.of(Duration.ofMillis(1500)), "demote (offline)")),
                row("HA-012 replica, store unreachable: nothing", follower().withoutDcs(), Reason.DCS_UNREACHABLE),
                row(
                        "HA-013 stopped server, store unreachable: nothing is started",
                        crashed().withoutDcs(),
                        Reason.DCS_UNREACHABLE),
                row(
                        "HA-011 demoted for the store: read-only meanwhile",
                        crashed()
                                .stopped(ControlData.State.SHUT_DOWN)
                                .withoutDcs()
                                .before(HaState.INITIAL.withDemotedOffline(true)),
                        Reason.DCS_UNREACHABLE_STARTING_READONLY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "SAF-040 HA-011 stopped by the agent's own guard, before the turn that would have: read-only too",
                        crashed().withoutDcs().lease(new LeaseView.Mine(new Lease(MINE, NOW))),
                        Reason.DCS_UNREACHABLE_STARTING_READONLY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "W-20 a replica that died is started again without the store, streaming from whom it did",
                        diedAsReplica(),
                        Reason.DCS_UNREACHABLE_STARTING_READONLY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new StartStandby(
                                Seen.upstream(Seen.OTHER),
                                Role.REPLICA,
                                HaSettings.DEFAULTS.pgCtlTimeout(),
                                "restarting after failure")),
                row(
                        "W-20 not if it was stopped to be rewound: its data directory may be anything",
                        diedAsReplica().before(HaState.INITIAL.withRewind(RewindProgress.NEEDED)),
                        Reason.DCS_UNREACHABLE),
                row(
                        "W-20 nor if it did not come up before",
                        diedAsReplica().before(HaState.INITIAL.withStartFailed(true)),
                        Reason.DCS_UNREACHABLE),
                row("W-20, HA-014 nor while paused", diedAsReplica().paused(), Reason.DCS_UNREACHABLE),
                row(
                        "HA-011 a read-only start that failed is not tried again without the store",
                        crashed()
                                .withoutDcs()
                                .before(HaState.INITIAL.withDemotedOffline(true).withStartFailed(true)),
                        Reason.DCS_UNREACHABLE),
                row(
                        "HA-014 paused: no demotion without the store",
                        primary().paused().withoutDcs(),
                        Reason.DCS_UNREACHABLE),
                row(
                        "a server that hangs is still a primary: HA-019",
                        leader().noAnswer(),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class),
                row(
                        "store unreachable in a bootstrap: nobody else leads, nothing is stopped",
                        primary()
                                .withoutDcs()
                                .before(HaState.INITIAL.withBootstrap(
                                        BootstrapStep.CREATING_ROLES, Optional.of(new Revision(1)))),
                        Reason.DCS_UNREACHABLE),
                row(
                        "HA-015 store back, own key still valid: promoted again",
                        replica().holding(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        Promote.class),
                row(
                        "SAF-016 the promotion skips every timeline below the one reserved for it",
                        replica().holding().epochOf(SELF, 4),
                        Reason.PROMOTING_WITH_LOCK,
                        new RenewLeaderLock(),
                        new ArmGuard(),
                        new ArmWatchdog(),
                        new Promote(List.of(new Timeline(2), new Timeline(3)))),
                row(
                        "SAF-016 what was reserved has been used up by a promotion before: reserved anew first",
                        replica().holding().epochOf(SELF, 1),
                        Reason.PROMOTING_WITH_LOCK,
                        new RenewLeaderLock(),
                        new ArmGuard(),
                        new ArmWatchdog(),
                        new ReserveTimeline(new Epoch(5, Optional.of(SELF), new Timeline(2), new Revision(5)))),
                row(
                        "SAF-041 after a race: renew, arm, arm, promote",
                        replica().holding().before(HaState.INITIAL.withWonRace(true)),
                        Reason.PROMOTING_AFTER_RACE,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        Promote.class),
                row(
                        "promotion under way: the lock is kept",
                        replica().holding().promoting(),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class),
                row(
                        "HA-102 required watchdog fails: no promotion, the lock goes",
                        replica().holding().watchdog(false, false),
                        Reason.WATCHDOG_PREVENTS_PROMOTION,
                        ReleaseLeaderLock.class),
                row(
                        "HA-102 required watchdog fails on a primary: stop",
                        leader().watchdog(false, false),
                        Reason.WATCHDOG_NOT_ACTIVATED,
                        StopServer.class),
                row(
                        "HA-102 stopped for the watchdog: the lock goes",
                        crashed()
                                .stopped(ControlData.State.IN_PRODUCTION)
                                .holding()
                                .watchdog(false, false),
                        Reason.WATCHDOG_LOST_STOPPED,
                        ReleaseLeaderLock.class),
                row(
                        "SAF-030 something of the server is left: killed before anything else",
                        leader().remains(),
                        Reason.SERVER_REMAINS,
                        KillRemains.class),
                row(
                        "SAF-014 our name, but a lease we do not know: primary stops",
                        primary().lock(new LeaderLock.Held(SELF, THEIRS)),
                        Reason.PRIMARY_WITHOUT_LOCK,
                        StopServer.class),
                row(
                        "SAF-014 our name, but a lease we do not know: replica waits it out",
                        replica().lock(new LeaderLock.Held(SELF, THEIRS)),
                        Reason.WAITING_FOR_FORMER_LEASE),
                row(
                        "SAF-014 our name, another lease than the former: waits it out",
                        replica().lock(new LeaderLock.Held(SELF, THEIRS)).lease(new LeaseView.Former(MINE)),
                        Reason.WAITING_FOR_FORMER_LEASE),
                row(
                        "SAF-014 the lease of the process before this one: adopted",
                        primary().lock(new LeaderLock.Held(SELF, MINE)).lease(new LeaseView.Former(MINE)),
                        Reason.ADOPTING_LOCK,
                        new AdoptLeaderLock(MINE)),
                row(
                        "SAF-014 nothing is adopted for an empty directory",
                        empty().initialize(new InitializeKey.Done(OURS, new Revision(1)))
                                .lock(new LeaderLock.Held(SELF, MINE))
                                .lease(new LeaseView.Former(MINE)),
                        Reason.WAITING_FOR_LEADER),
                row(
                        "SAF-014 nothing is adopted for a foreign directory",
                        crashed()
                                .initialize(new InitializeKey.Done(FOREIGN, new Revision(1)))
                                .lock(new LeaderLock.Held(SELF, MINE))
                                .lease(new LeaseView.Former(MINE)),
                        Reason.SYSTEM_ID_MISMATCH,
                        Exit.class),
                row(
                        "HA-142 CFG-110 another process has the name: the agent ends and touches nothing",
                        leader().nameTaken(),
                        Reason.NAME_TAKEN,
                        Exit.class),
                row(
                        "CFG-110 another process has the name: not even a shutdown stops the server here",
                        replica().nameTaken().shutdown(),
                        Reason.NAME_TAKEN,
                        Exit.class),
                row(
                        "SAF-060 SAF-041 handed over to our offer: renewed first, promoted in the same turn",
                        replica()
                                .lock(new LeaderLock.Held(SELF, MINE))
                                .lease(new LeaseView.Offered(MINE))
                                .epochOf(SELF, 2),
                        Reason.PROMOTING_AFTER_HANDOVER,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        Promote.class),
                row(
                        "SAF-060 handed over to our offer while the server does not answer: only renewed",
                        replica()
                                .lock(new LeaderLock.Held(SELF, MINE))
                                .lease(new LeaseView.Offered(MINE))
                                .noAnswer(),
                        Reason.TAKING_OVER_LOCK,
                        RenewLeaderLock.class),
                row(
                        "SAF-014 same name, another lease while we count one: primary stops",
                        leader().lock(new LeaderLock.Held(SELF, THEIRS)),
                        Reason.LOCK_LOST,
                        DropLease.class,
                        StopServer.class),
                row(
                        "HA-008 somebody else holds it while we count a lease: stop at once",
                        leader().lock(new LeaderLock.Held(OTHER, THEIRS)),
                        Reason.LOCK_LOST,
                        DropLease.class,
                        StopServer.class),
                row(
                        "HA-009 the same on a replica: no stop",
                        replica().holding().lock(new LeaderLock.Held(OTHER, THEIRS)),
                        Reason.LEASE_DISAGREES,
                        DropLease.class),
                row(
                        "X-33 the key is gone and nobody has had it since: taken again at once",
                        leader().lock(new LeaderLock.Free()),
                        Reason.ACQUIRING_AS_PRIMARY,
                        DropLease.class,
                        AcquireLeaderLock.class),
                row(
                        "SAF-016 the key is gone and another one has had it: stop",
                        leader().lock(new LeaderLock.Free()).epochOf(OTHER),
                        Reason.PRIMARY_OVERTAKEN,
                        DropLease.class,
                        StopServer.class),
                row(
                        "HA-006 initialize missing: the leader writes it",
                        leader().initialize(new InitializeKey.Absent()),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        WriteInitializeKey.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-007 config missing: the leader writes it",
                        leader().noConfig(),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        RestoreConfig.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "CFG-028 config that is no document: the leader replaces it",
                        leader().invalidConfig(),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        RestoreConfig.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-103 history behind: the leader publishes it",
                        leader().clusterTimeline(3),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        PublishHistory.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-060 control file on the old timeline: a checkpoint",
                        leader().onTimeline(2).clusterTimeline(2),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        WriteStatus.class,
                        ChangeSlots.class,
                        Checkpoint.class),
                row(
                        "HA-138 the leader is not reinitialized",
                        leader().requests(new OperatorRequest.Reinitialize(1, false, false)),
                        Reason.REQUEST_REFUSED,
                        new Reply(1, false, "I am the leader, can not reinitialize")),
                row(
                        "HA-138 nothing is reinitialized without a leader",
                        replica().requests(new OperatorRequest.Reinitialize(1, false, false)),
                        Reason.REQUEST_REFUSED,
                        new Reply(1, false, "Cluster has no leader, can not reinitialize")),
                row(
                        "16.3 a replica is reinitialized",
                        follower().requests(new OperatorRequest.Reinitialize(1, false, false)),
                        Reason.REINITIALIZING,
                        Reply.class,
                        CopyFrom.class),
                row(
                        "HA-137 restart refused for another role",
                        follower()
                                .requests(new OperatorRequest.Restart(
                                        2,
                                        new RestartFilters(Optional.of(Role.PRIMARY), Optional.empty(), false),
                                        Optional.empty())),
                        Reason.REQUEST_REFUSED,
                        new Reply(2, false, "restart conditions are not satisfied")),
                row(
                        "HA-137 restart refused for the version",
                        follower()
                                .requests(new OperatorRequest.Restart(
                                        2,
                                        new RestartFilters(Optional.empty(), Optional.of(150000), false),
                                        Optional.empty())),
                        Reason.REQUEST_REFUSED,
                        Reply.class),
                row(
                        "HA-137 restart refused when nothing is pending",
                        follower()
                                .requests(new OperatorRequest.Restart(
                                        2,
                                        new RestartFilters(Optional.empty(), Optional.empty(), true),
                                        Optional.empty())),
                        Reason.REQUEST_REFUSED,
                        Reply.class),
                row(
                        "16.1 restart of a primary under the lock",
                        leader().requests(new OperatorRequest.Restart(2, RestartFilters.NONE, Optional.empty())),
                        Reason.RESTARTING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        RestartServer.class),
                row(
                        "a request whose task never began is not forgotten",
                        follower()
                                .requests(new OperatorRequest.Restart(2, RestartFilters.NONE, Optional.empty()))
                                .before(HaState.INITIAL.withPendingReply(Optional.of(2L))),
                        Reason.RESTARTING,
                        RestartServer.class),
                row(
                        "16.1 a restart that has ended is answered",
                        follower()
                                .ended(TaskKind.RESTART, new TaskResult.Done())
                                .before(HaState.INITIAL.withPendingReply(Optional.of(2L))),
                        Reason.RESTARTING,
                        new Reply(2, true, "restarted successfully")),
                row(
                        "what has just failed is tried again a loop later",
                        crashed().ledBy(OTHER).at(Duration.ofSeconds(9)).before(failed(TaskKind.START_STANDBY)),
                        Reason.TASK_RETRIED_LATER,
                        DisarmGuard.class,
                        DisarmWatchdog.class),
                row(
                        "and then it is",
                        crashed().ledBy(OTHER).at(Duration.ofSeconds(10)).before(failed(TaskKind.START_STANDBY)),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "a stop that has failed is tried again after a second",
                        primary().ledBy(OTHER).at(Duration.ofSeconds(1)).before(failed(TaskKind.STOP)),
                        Reason.PRIMARY_WITHOUT_LOCK,
                        StopServer.class));
    }

    private static Seen diedAsReplica() {
        Seen seen = follower().stopped(ControlData.State.IN_ARCHIVE_RECOVERY).withoutDcs();
        seen.role = Role.REPLICA;
        seen.recoverySignal = true;
        return seen;
    }
}

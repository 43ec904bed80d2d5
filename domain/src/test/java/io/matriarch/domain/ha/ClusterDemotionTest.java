package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.PROOF;
import static io.matriarch.domain.ha.Seen.REMOTE;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.dead;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.peer;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.ha.Decision.ArchiveWal;
import io.matriarch.domain.ha.Decision.ArmGuard;
import io.matriarch.domain.ha.Decision.ArmWatchdog;
import io.matriarch.domain.ha.Decision.DisarmGuard;
import io.matriarch.domain.ha.Decision.DisarmWatchdog;
import io.matriarch.domain.ha.Decision.KeepWatchdogAlive;
import io.matriarch.domain.ha.Decision.PauseGuard;
import io.matriarch.domain.ha.Decision.PollMembers;
import io.matriarch.domain.ha.Decision.ReleaseLeaderLock;
import io.matriarch.domain.ha.Decision.RenewLeaderLock;
import io.matriarch.domain.ha.Decision.ReserveTimeline;
import io.matriarch.domain.ha.Decision.StartStandby;
import io.matriarch.domain.ha.Decision.StopServer;
import io.matriarch.domain.ha.Decision.WriteStatus;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ClusterDemotionTest {

    private static final Upstream.Remote THERE = new Upstream.Remote(REMOTE);
    private static final Lsn END = POSITION.plus(120);
    private static final ShutdownPosition SHUTDOWN = new ShutdownPosition(Timeline.FIRST, END);

    private static Duration start() {
        return Duration.ofSeconds(60);
    }

    private static HaState demoting(ClusterDemotion phase) {
        return HaState.INITIAL.withLastLocked(SELF, 1, List.of()).withDemotion(phase);
    }

    private static Seen stoppedPrimary() {
        return leader().standbyCluster().stopped(ControlData.State.SHUT_DOWN).role(Role.DEMOTED);
    }

    @TestFactory
    Stream<DynamicTest> demotes() {
        var stopped = new TaskResult.Stopped(PROOF, false, Optional.of(SHUTDOWN));
        var forced = new TaskResult.Stopped(PROOF, true, Optional.empty());
        return Row.tests(
                row(
                        "HA-125 §11.1 the section is added: a clean stop without an end, the lease renewed, guarded",
                        leader().standbyCluster(),
                        Reason.PRIMARY_IN_STANDBY_CLUSTER,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        new ReserveTimeline(new Epoch(2, Optional.of(SELF), new Timeline(2), new Revision(5))),
                        new StopServer(StopMode.FAST, false, Optional.empty(), "demoting to a standby cluster")),
                row(
                        "§11.1 the stop is ordered again: what is reserved stays",
                        leader().standbyCluster().epochOf(SELF, 2).before(demoting(new ClusterDemotion.Stopping())),
                        Reason.PRIMARY_IN_STANDBY_CLUSTER,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        StopServer.class),
                row(
                        "SAF-044 while it stops the lease is renewed and the guard armed",
                        leader().standbyCluster().task(TaskKind.STOP, "demoting to a standby cluster"),
                        Reason.TASK_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class),
                row(
                        "HA-126 W-18 its end is published, and the file with it archived",
                        stoppedPrimary()
                                .before(demoting(new ClusterDemotion.Stopping()))
                                .ended(TaskKind.STOP, stopped),
                        Reason.ARCHIVING_SHUTDOWN_WAL,
                        RenewLeaderLock.class,
                        new WriteStatus(ClusterStatus.of(POSITION, Map.of()).at(END)),
                        new ArchiveWal(SHUTDOWN, PROOF)),
                row(
                        "HA-126 archived: it keeps the lock and comes back as the standby leader",
                        stoppedPrimary()
                                .noRewind()
                                .before(demoting(new ClusterDemotion.Stopped(SHUTDOWN)))
                                .ended(TaskKind.ARCHIVE_WAL, new TaskResult.Done()),
                        Reason.STARTING_AS_STANDBY_LEADER,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new StartStandby(THERE, Role.STANDBY_LEADER, start(), "restarting after failure")),
                row(
                        "HA-126 a file that the archive does not take keeps nobody from going on",
                        stoppedPrimary()
                                .noRewind()
                                .before(demoting(new ClusterDemotion.Stopped(SHUTDOWN)))
                                .ended(TaskKind.ARCHIVE_WAL, new TaskResult.Failed("full")),
                        Reason.STARTING_AS_STANDBY_LEADER,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "§14 nothing is archived: the others are asked",
                        stoppedPrimary()
                                .before(demoting(new ClusterDemotion.Stopped(SHUTDOWN)))
                                .ended(TaskKind.ARCHIVE_WAL, new TaskResult.NotArchiving()),
                        Reason.DEMOTION_POLLING,
                        RenewLeaderLock.class,
                        PollMembers.class),
                row(
                        "§14 one has the whole checkpoint: it gets the lock",
                        stoppedPrimary()
                                .before(demoting(new ClusterDemotion.Unarchived(SHUTDOWN)))
                                .peers(peer(OTHER, END), dead(THIRD)),
                        Reason.DEMOTION_RELEASING,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        new ReleaseLeaderLock(Optional.of(PROOF), Optional.of(END))),
                row(
                        "§14 one byte less is not all of it: the lock is kept",
                        stoppedPrimary()
                                .noRewind()
                                .before(demoting(new ClusterDemotion.Unarchived(SHUTDOWN)))
                                .peers(peer(OTHER, new Lsn(END.value() - 1)), dead(THIRD)),
                        Reason.STARTING_AS_STANDBY_LEADER,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "§11.1 a stop that was forced has no end to publish",
                        stoppedPrimary()
                                .noRewind()
                                .before(demoting(new ClusterDemotion.Stopping()))
                                .ended(TaskKind.STOP, forced),
                        Reason.STARTING_AS_STANDBY_LEADER,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class),
                row(
                        "HA-125 the section is taken back before it has started: it is a primary again",
                        leader().stopped(ControlData.State.SHUT_DOWN)
                                .role(Role.DEMOTED)
                                .before(demoting(new ClusterDemotion.Stopped(SHUTDOWN))),
                        Reason.STARTING_PRIMARY_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        Decision.StartPrimary.class),
                row(
                        "§15 paused: a primary with the lock is not demoted",
                        leader().standbyCluster().paused(),
                        Reason.LEADER_WITH_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        RenewLeaderLock.class,
                        Decision.WriteStatus.class,
                        Decision.ChangeSlots.class),
                row(
                        "S-21 a hand-over whose end would be a primary ends as a standby leader",
                        stoppedPrimary()
                                .noRewind()
                                .before(HaState.INITIAL
                                        .withLastLocked(SELF, 1, List.of())
                                        .withHandover(new HandoverPhase.Abandoned("switchover", "x"))),
                        Reason.STARTING_AS_STANDBY_LEADER,
                        RenewLeaderLock.class,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class));
    }
}

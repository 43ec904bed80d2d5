package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.REMOTE;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.cascade;
import static io.matriarch.domain.ha.Seen.empty;
import static io.matriarch.domain.ha.Seen.follower;
import static io.matriarch.domain.ha.Seen.member;
import static io.matriarch.domain.ha.Seen.replica;

import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.Decision.CopyFrom;
import io.matriarch.domain.ha.Decision.CreateInitializeKey;
import io.matriarch.domain.ha.Decision.Exit;
import io.matriarch.domain.ha.Decision.InitializeCluster;
import io.matriarch.domain.ha.Decision.RenewLeaderLock;
import io.matriarch.domain.ha.Decision.StartStandby;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class StandbyBootstrapTest {

    private static final Upstream.Remote THERE = new Upstream.Remote(REMOTE);

    private static Duration start() {
        return Duration.ofSeconds(60);
    }

    private static HaState bootstrapping(BootstrapStep step) {
        return HaState.INITIAL.withBootstrap(step, Optional.of(new Revision(7)));
    }

    private static Seen copied() {
        Seen seen = empty().standbyCluster().initialize(new InitializeKey.InProgress(new Revision(7)));
        seen.directory = new DataDirectory.Present();
        seen.control = Optional.of(Seen.control(ControlData.State.IN_PRODUCTION));
        return seen.before(bootstrapping(BootstrapStep.TAKING_LOCK));
    }

    private static Seen startedCopy() {
        Seen seen = copied();
        seen.process = new ServerProcess.Alive();
        seen.asStandby();
        return seen.role(Role.STANDBY_LEADER).upstream(THERE);
    }

    @TestFactory
    Stream<DynamicTest> begins() {
        Member copying = state(member(OTHER), ServerState.CREATING_REPLICA);
        Seen waiting = empty().standbyCluster().initialize(new InitializeKey.InProgress(new Revision(7)));
        waiting.members.add(copying);
        return Row.tests(
                row(
                        "§6.6 an empty scope: one member asks for the initialize key",
                        empty().standbyCluster(),
                        Reason.ASKING_TO_BOOTSTRAP,
                        CreateInitializeKey.class),
                row(
                        "§6.6 and copies the other cluster",
                        empty().standbyCluster()
                                .initialize(new InitializeKey.InProgress(new Revision(7)))
                                .created(7)
                                .before(bootstrapping(BootstrapStep.ASKED)),
                        Reason.BOOTSTRAPPING_STANDBY_LEADER,
                        new CopyFrom(THERE, "bootstrap_standby_leader", "the data directory is empty")),
                row(
                        "§6.4 the copy is there: its server starts as the standby leader",
                        copied().before(bootstrapping(BootstrapStep.INITIALIZING))
                                .ended(TaskKind.COPY, new TaskResult.Done()),
                        Reason.STARTING_NEW_STANDBY_LEADER,
                        new StartStandby(THERE, Role.STANDBY_LEADER, start(), "bootstrap_standby_leader")),
                row(
                        "SAF-018 HA-036 its server runs: identifier, configuration, epoch and lock in one",
                        startedCopy(),
                        Reason.BOOTSTRAP_TAKING_LOCK,
                        new InitializeCluster(
                                new Revision(7),
                                Seen.OURS,
                                new Epoch(1, Optional.of(SELF), new Timeline(2), Revision.ABSENT))),
                row(
                        "§6.4 it has the lock, and nothing to guard",
                        startedCopy().holding(),
                        Reason.BOOTSTRAP_DONE,
                        Decision.EndBootstrap.class,
                        RenewLeaderLock.class),
                row(
                        "HA-034 the copy has failed: everything is taken back",
                        empty().standbyCluster()
                                .initialize(new InitializeKey.InProgress(new Revision(7)))
                                .before(bootstrapping(BootstrapStep.INITIALIZING))
                                .ended(TaskKind.COPY, new TaskResult.Failed("x")),
                        Reason.BOOTSTRAP_FAILED,
                        Decision.CancelInitializeKey.class,
                        Exit.class),
                row(
                        "HA-034 the server does not start: everything is taken back",
                        copied().before(bootstrapping(BootstrapStep.TAKING_LOCK).withStartFailed(true)),
                        Reason.BOOTSTRAP_FAILED,
                        Decision.CancelInitializeKey.class,
                        Decision.SetDataDirectoryAside.class,
                        Exit.class),
                row(
                        "§6.6 somebody copies the other cluster: the key is his",
                        waiting.before(HaState.INITIAL.withAbandonedKey(Optional.of(
                                new HaState.AbandonedKey(new Revision(7), Seen.NOW.minus(Duration.ofMinutes(30)))))),
                        Reason.WAITING_FOR_STANDBY_LEADER),
                row(
                        "HA-037 a member tagged clonefrom is copied rather than the standby leader",
                        emptied(cascade()).member(THIRD, clonefrom()),
                        Reason.COPYING_FROM_REPLICA,
                        new CopyFrom(cascade(THIRD), "bootstrap from replica 'srv3'", "the data directory is empty")),
                row(
                        "HA-037 the standby leader itself is copied where nobody else is, tag or no tag",
                        emptied(cascade()).member(OTHER, clonefrom()),
                        Reason.COPYING_FROM_LEADER,
                        new CopyFrom(cascade(OTHER), "bootstrap from leader 'srv2'", "the data directory is empty")),
                row(
                        "HA-038 nobody leads: a method that needs nobody",
                        leaderless(emptied(replica())),
                        Reason.COPYING_WITHOUT_LEADER,
                        new CopyFrom(
                                new Upstream.Nobody(), "bootstrap (without leader)", "the data directory is empty")),
                row(
                        "HA-038 a leader is there: it is copied",
                        leaderless(emptied(follower())),
                        Reason.COPYING_FROM_LEADER,
                        CopyFrom.class),
                row(
                        "HA-038 somebody initializes the cluster: nothing is copied",
                        leaderless(emptied(replica())).initialize(new InitializeKey.InProgress(new Revision(7))),
                        Reason.WAITING_FOR_LEADER),
                row("HA-038 there is no such method", emptied(replica()), Reason.WAITING_FOR_LEADER));
    }

    private static Seen emptied(Seen seen) {
        return seen.stopped(ControlData.State.SHUT_DOWN).emptied().role(Role.UNINITIALIZED);
    }

    private static Seen leaderless(Seen seen) {
        return seen.settings(seen.settings.edit().leaderlessCopy(true).build());
    }

    private static Tags clonefrom() {
        return new Tags(false, 1, false, true, false, 1, Optional.empty(), false, Map.of());
    }

    private static Member state(Member of, ServerState state) {
        return new Member(
                of.name(),
                of.connUrl(),
                of.apiUrl(),
                state.text(),
                of.role(),
                of.version(),
                of.tags(),
                of.position(),
                of.received(),
                of.replayed(),
                of.replicationState(),
                of.timeline(),
                of.checkpointPending(),
                of.pendingRestart(),
                of.paused(),
                of.scheduledRestart(),
                of.proxyUrl());
    }
}

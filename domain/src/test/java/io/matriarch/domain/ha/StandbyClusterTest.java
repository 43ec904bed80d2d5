package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.REMOTE;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.cascade;
import static io.matriarch.domain.ha.Seen.dead;
import static io.matriarch.domain.ha.Seen.follower;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.peer;
import static io.matriarch.domain.ha.Seen.primary;
import static io.matriarch.domain.ha.Seen.replica;
import static io.matriarch.domain.ha.Seen.standbyLeader;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.Decision.AcquireLeaderLock;
import io.matriarch.domain.ha.Decision.ArmGuard;
import io.matriarch.domain.ha.Decision.ArmWatchdog;
import io.matriarch.domain.ha.Decision.ChangeSlots;
import io.matriarch.domain.ha.Decision.DisarmWatchdog;
import io.matriarch.domain.ha.Decision.Follow;
import io.matriarch.domain.ha.Decision.KeepWatchdogAlive;
import io.matriarch.domain.ha.Decision.PauseGuard;
import io.matriarch.domain.ha.Decision.PollMembers;
import io.matriarch.domain.ha.Decision.Promote;
import io.matriarch.domain.ha.Decision.ReleaseLeaderLock;
import io.matriarch.domain.ha.Decision.RenewLeaderLock;
import io.matriarch.domain.ha.Decision.ReserveTimeline;
import io.matriarch.domain.ha.Decision.RestartServer;
import io.matriarch.domain.ha.Decision.StopServer;
import io.matriarch.domain.ha.Decision.WriteStatus;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class StandbyClusterTest {

    private static final Upstream.Remote THERE = new Upstream.Remote(REMOTE);
    private static final Tags NOSTREAM = new Tags(false, 1, false, false, false, 1, Optional.empty(), true, Map.of());

    private static Tags from(MemberName upstream) {
        return new Tags(false, 1, false, false, false, 1, Optional.of(upstream), false, Map.of());
    }

    @TestFactory
    Stream<DynamicTest> leads() {
        return Row.tests(
                row(
                        "HA-124 the standby leader keeps the lock and its slots, and nothing guards it",
                        standbyLeader(),
                        Reason.STANDBY_LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        WriteStatus.class),
                row(
                        "§9.1 S-21 a standby that has the lock becomes the standby leader, and is not promoted",
                        standbyLeader().role(Role.REPLICA).upstream(cascade(OTHER)),
                        Reason.STANDBY_LEADER_BY_LOCK,
                        RenewLeaderLock.class,
                        WriteStatus.class,
                        new Follow(THERE, Role.STANDBY_LEADER)),
                row(
                        "§9.6 it followed the other cluster already: the role changes",
                        standbyLeader().role(Role.REPLICA),
                        Reason.STANDBY_LEADER_BY_LOCK,
                        RenewLeaderLock.class,
                        WriteStatus.class,
                        new Follow(THERE, Role.STANDBY_LEADER)),
                row(
                        "§8.1 the same after a race",
                        standbyLeader().role(Role.REPLICA).before(HaState.INITIAL.withWonRace(true)),
                        Reason.STANDBY_LEADER_AFTER_RACE,
                        RenewLeaderLock.class,
                        WriteStatus.class,
                        new Follow(THERE, Role.STANDBY_LEADER)),
                row(
                        "S-21 a lock that was handed over promotes nobody here",
                        standbyLeader().lease(new LeaseView.Offered(Seen.MINE)),
                        Reason.STANDBY_CLUSTER_PROMOTES_NOBODY,
                        RenewLeaderLock.class),
                row(
                        "HA-125 the section is removed: the holder is promoted, on a timeline that it has reserved",
                        standbyLeader().settings(HaSettings.DEFAULTS),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        new Promote(List.of())),
                row(
                        "HA-125 SAF-016 what it has reserved the other cluster has written meanwhile: another one",
                        standbyLeader().settings(HaSettings.DEFAULTS).standbyAt(POSITION, new Timeline(2), true),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        new ReserveTimeline(new Epoch(3, Optional.of(SELF), new Timeline(3), new Revision(5)))),
                row(
                        "SAF-044 it outlives its lease: a task of a standby leader is not guarded",
                        standbyLeader().task(TaskKind.FOLLOW, "changing primary_conninfo"),
                        Reason.TASK_WITH_LOCK,
                        RenewLeaderLock.class),
                row(
                        "a restart that somebody asks for",
                        standbyLeader().requests(new OperatorRequest.Restart(1, RestartFilters.NONE, Optional.empty())),
                        Reason.RESTARTING,
                        RenewLeaderLock.class,
                        RestartServer.class),
                row(
                        "§6.1 the store is not reachable: it runs on",
                        standbyLeader().withoutDcs().leaseLeft(Duration.ZERO),
                        Reason.DCS_UNREACHABLE),
                row(
                        "§15 paused: it keeps the lock",
                        standbyLeader().paused(),
                        Reason.STANDBY_LEADER_WITH_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        RenewLeaderLock.class),
                row(
                        "§15 paused: it is still pointed to the other cluster",
                        standbyLeader().upstream(cascade(OTHER)).paused(),
                        Reason.STANDBY_LEADER_WITH_LOCK,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        RenewLeaderLock.class,
                        new Follow(THERE, Role.STANDBY_LEADER)),
                row(
                        "HA-128 §15 paused: a candidate that got the lock becomes the standby leader, too",
                        standbyLeader()
                                .role(Role.REPLICA)
                                .before(HaState.INITIAL.withWonRace(true))
                                .paused(),
                        Reason.STANDBY_LEADER_AFTER_RACE,
                        PauseGuard.class,
                        DisarmWatchdog.class,
                        RenewLeaderLock.class,
                        new Follow(THERE, Role.STANDBY_LEADER)),
                row(
                        "§14 a switchover: the lock goes, the server stays",
                        standbyLeader().switchover(SELF, OTHER).peers(peer(OTHER, POSITION)),
                        Reason.SWITCHOVER_RELEASING,
                        new ReleaseLeaderLock(Optional.empty(), Optional.empty())),
                row(
                        "§14 a switchover that nobody can take up",
                        standbyLeader().switchover(SELF, OTHER).peers(dead(OTHER)),
                        Reason.STANDBY_LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        Decision.ClearRequest.class));
    }

    @TestFactory
    Stream<DynamicTest> follows() {
        return Row.tests(
                row("§9.1 a secondary of the standby leader", cascade(), Reason.FOLLOWING_STANDBY_LEADER),
                row(
                        "§9.5 the standby cluster's ways to its archive come with the standby leader",
                        cascade().upstream(Seen.upstream(OTHER)),
                        Reason.FOLLOWING_STANDBY_LEADER,
                        new Follow(cascade(OTHER), Role.REPLICA)),
                row(
                        "§9.5 a chain within the standby cluster",
                        cascade().tagged(from(THIRD)),
                        Reason.FOLLOWING_STANDBY_LEADER,
                        new Follow(cascade(THIRD), Role.REPLICA)),
                row(
                        "HA-099 L-14 the member it followed is gone: the standby leader takes its place",
                        cascade().tagged(from(THIRD)).upstream(cascade(THIRD)).without(THIRD),
                        Reason.FOLLOWING_STANDBY_LEADER,
                        new Follow(cascade(OTHER), Role.REPLICA),
                        ChangeSlots.class),
                row(
                        "HA-099 L-14 the same in a cluster of its own",
                        follower()
                                .tagged(from(THIRD))
                                .upstream(Seen.upstream(THIRD))
                                .without(THIRD),
                        Reason.FOLLOWING_LEADER,
                        new Follow(Seen.upstream(OTHER), Role.REPLICA),
                        ChangeSlots.class),
                row(
                        "HA-099 the leader follows nobody, whatever its tag",
                        leader().tagged(from(THIRD)),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-100 nostream restores from the standby cluster's archive",
                        cascade().tagged(NOSTREAM),
                        Reason.FOLLOWING_STANDBY_LEADER,
                        new Follow(new Upstream.Remote(REMOTE.withoutServers()), Role.REPLICA)),
                row(
                        "§9.6 a standby leader without an address: streaming from the old one goes on",
                        cascade().without(OTHER).upstream(cascade(THIRD)),
                        Reason.FOLLOWING_OLD_STANDBY_LEADER),
                row(
                        "§9.5 a former standby leader gives up the role",
                        cascade().role(Role.STANDBY_LEADER).upstream(THERE),
                        Reason.FOLLOWING_STANDBY_LEADER,
                        new Follow(cascade(OTHER), Role.REPLICA)),
                row(
                        "§9.1 a primary while another one leads: stops at once",
                        leader().standbyCluster().ledBy(OTHER).lease(new LeaseView.None()),
                        Reason.REAL_PRIMARY_IN_STANDBY_CLUSTER,
                        StopServer.class),
                row(
                        "§15 paused: a secondary is still pointed to the standby leader",
                        cascade().upstream(cascade(THIRD)).paused(),
                        Reason.FOLLOWING_STANDBY_LEADER,
                        new Follow(cascade(OTHER), Role.REPLICA)));
    }

    @TestFactory
    Stream<DynamicTest> races() {
        return Row.tests(
                row(
                        "L-16 X-30 the standby leader is gone: the others are asked",
                        replica().standbyCluster(),
                        Reason.POLLING_MEMBERS,
                        PollMembers.class),
                row(
                        "L-16 the healthiest takes the lock, and reserves a timeline for a promotion to come",
                        replica().standbyCluster().peers(peer(OTHER, POSITION), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        new AcquireLeaderLock(
                                new Epoch(2, Optional.of(SELF), new Timeline(2), new Revision(5)),
                                Revision.ABSENT,
                                Revision.ABSENT)),
                row(
                        "§9.5 whoever loses follows the other cluster meanwhile",
                        replica().standbyCluster().peers(peer(OTHER, POSITION.plus(1)), dead(THIRD)),
                        Reason.NOT_HEALTHIEST,
                        new Follow(THERE, Role.REPLICA)),
                row(
                        "§9.5 and gives up the role of the standby leader",
                        replica()
                                .standbyCluster()
                                .upstream(THERE)
                                .role(Role.STANDBY_LEADER)
                                .peers(peer(OTHER, POSITION.plus(1)), dead(THIRD)),
                        Reason.NOT_HEALTHIEST,
                        new Follow(THERE, Role.REPLICA)),
                row(
                        "§14 check_timeline does not hold in a standby cluster",
                        checkingTimelines(replica().standbyCluster())
                                .clusterTimeline(3)
                                .peers(dead(OTHER), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-063 §14 the lag check does",
                        replica().standbyCluster().lag(1048577).upstream(THERE).peers(dead(OTHER), dead(THIRD)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "§8.2 R6 a primary takes the free lock, and is demoted with it",
                        primary().standbyCluster(),
                        Reason.ACQUIRING_AS_PRIMARY,
                        AcquireLeaderLock.class),
                row(
                        "X-30 then the section is removed and nobody leads: the race ends in a promotion",
                        replica().upstream(THERE).peers(dead(OTHER), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class));
    }

    private static Seen checkingTimelines(Seen seen) {
        return seen.settings(seen.settings.edit().checkTimeline(true).build());
    }

    @Test
    @DisplayName("S-21 no situation with the lock makes a server writable while the section is set")
    void promotesNobody() {
        for (ServerState state : ServerState.values()) {
            for (Role role : Role.values()) {
                for (boolean wonRace : new boolean[] {false, true}) {
                    Seen seen = standbyLeader().role(role).before(HaState.INITIAL.withWonRace(wonRace));
                    seen.state = state;
                    assertThat(seen.decide().decisions())
                            .noneMatch(decision ->
                                    decision instanceof Promote || decision instanceof Decision.StartPrimary);
                    seen.lock(new LeaderLock.Free()).lease(new LeaseView.None());
                    assertThat(seen.decide().decisions()).noneMatch(Promote.class::isInstance);
                }
            }
        }
    }

    @Test
    @DisplayName("HA-124 HA-096 the sentences are the reference's")
    void sentences() {
        assertThat(standbyLeader().decide().sentence())
                .isEqualTo("no action. I am (srv1), the standby leader with the lock");
        assertThat(cascade().decide().sentence())
                .isEqualTo("no action. I am (srv1), a secondary, and following a standby leader (srv2)");
    }
}

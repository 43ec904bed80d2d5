package io.matriarch.domain.ha;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.settings.SyncSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whatever is seen and remembered, likely or not: the rules hold, and equal arguments give equal turns. */
class AnyTurnTest {

    private static final int TURNS = 60_000;

    @Test
    @DisplayName("S-2, S-12, S-15, S-18, S-21, SAF-014, SAF-030, SAF-041, SAF-047, HA-017, HA-018, HA-027"
            + " over random observations")
    void rulesHold() {
        var random = new Random(20260101);
        for (int i = 0; i < TURNS; i++) {
            Seen seen = any(random);
            Turn turn = seen.decide();
            assertThat(seen.decide()).isEqualTo(turn);
            Rules.check(seen.observation(), turn);
            if (seen.settings.paused() && seen.reachable) {
                pausedRules(seen, turn);
            }
        }
    }

    @Test
    @DisplayName("SAF-001 the wall clock decides nothing where nobody has scheduled anything, over random observations")
    void wallClockDecidesNothing() {
        var random = new Random(20260102);
        for (int i = 0; i < TURNS / 6; i++) {
            Seen seen = any(random);
            Turn turn = seen.decide();
            seen.wall = seen.wall.plusSeconds(random.nextInt(-3600, 3601));
            assertThat(seen.decide()).isEqualTo(turn);
        }
    }

    /** Nothing is started, stopped or promoted by itself: only what an operator has asked for. */
    private static void pausedRules(Seen seen, Turn turn) {
        boolean asked = !(seen.before.handover() instanceof HandoverPhase.None)
                || seen.request.isPresent()
                || !seen.requests.isEmpty()
                || seen.before.wonRace()
                || seen.before.bootstrapStep() != BootstrapStep.NONE;
        boolean acts = turn.decisions().stream()
                .anyMatch(decision -> decision instanceof Decision.StopServer
                        || decision instanceof Decision.StartPrimary
                        || decision instanceof Decision.StartStandby
                        || decision instanceof Decision.RestartServer
                        || decision instanceof Decision.Promote);
        boolean gone = !(seen.directory instanceof DataDirectory.Present);
        assertThat(acts && !asked && !gone)
                .describedAs("S-18: %s %s", turn.reason(), turn.decisions())
                .isFalse();
    }

    static Seen any(Random random) {
        Seen seen = switch (random.nextInt(6)) {
            case 0 -> Seen.leader();
            case 1 -> Seen.primary();
            case 2 -> Seen.replica();
            case 3 -> Seen.follower();
            case 4 -> Seen.crashed();
            default -> Seen.empty();
        };
        if (chance(random, 3)) {
            seen.lock = pick(
                    random,
                    new LeaderLock.Free(),
                    new LeaderLock.Held(Seen.SELF, Seen.MINE),
                    new LeaderLock.Held(Seen.SELF, Seen.THEIRS),
                    new LeaderLock.Held(Seen.OTHER, Seen.THEIRS));
        }
        if (chance(random, 3)) {
            seen.lease(pick(
                    random,
                    new LeaseView.None(),
                    new LeaseView.Offered(Seen.MINE),
                    new LeaseView.Former(Seen.MINE),
                    new LeaseView.Former(Seen.THEIRS)));
        }
        if (chance(random, 4)) {
            seen.leaseLeft(Duration.ofSeconds(random.nextInt(40) - 5));
        }
        server(random, seen);
        cluster(random, seen);
        seen.before(memory(random));
        if (chance(random, 3)) {
            FailsafeTest.any(random, seen);
        }
        return seen;
    }

    private static void server(Random random, Seen seen) {
        if (chance(random, 4)) {
            seen.state = pick(random, ServerState.values());
        }
        if (chance(random, 4)) {
            seen.role = pick(random, Role.values());
        }
        if (chance(random, 4)) {
            seen.process = pick(
                    random,
                    new ServerProcess.Alive(),
                    new ServerProcess.Remains("x"),
                    new ServerProcess.Stopped(Seen.PROOF));
        }
        if (chance(random, 4)) {
            seen.noAnswer();
            seen.stalled(Duration.ofSeconds(random.nextInt(600)));
        } else if (chance(random, 6)) {
            seen.standbyAt(Seen.POSITION.plus(random.nextInt(100)), new Timeline(1 + random.nextInt(3)), false);
        }
        if (!(seen.process instanceof ServerProcess.Alive)) {
            seen.sql = new SqlView.NoAnswer("stopped");
        }
        if (chance(random, 4)) {
            seen.control = chance(random, 3)
                    ? Optional.empty()
                    : Optional.of(Seen.control(pick(random, ControlData.State.values())));
        }
        if (chance(random, 10)) {
            seen.directory =
                    pick(random, new DataDirectory.Empty(), new DataDirectory.Inaccessible("x"), seen.directory);
        }
        seen.recoverySignal = chance(random, 2);
        seen.rewindConfigured = chance(random, 2);
        if (chance(random, 3)) {
            seen.upstream(pick(
                    random,
                    new Upstream.Nobody(),
                    Seen.upstream(Seen.OTHER),
                    Seen.cascade(Seen.OTHER),
                    new Upstream.Remote(Seen.REMOTE)));
        }
        if (chance(random, 5)) {
            seen.watchdog(chance(random, 2), chance(random, 2));
        }
    }

    private static void cluster(Random random, Seen seen) {
        if (chance(random, 8)) {
            seen.withoutDcs();
        }
        if (chance(random, 5)) {
            seen.paused();
        }
        if (chance(random, 4)) {
            seen.standbyCluster(chance(random, 5) ? Seen.REMOTE.withoutServers() : Seen.REMOTE);
        }
        if (chance(random, 4)) {
            seen.epochOf(pick(random, Seen.SELF, Seen.OTHER));
        }
        if (chance(random, 3)) {
            seen.mode(pick(random, SyncSettings.Mode.values()), chance(random, 3), 1 + random.nextInt(2));
        }
        if (chance(random, 3)) {
            MemberName leads = pick(random, Seen.SELF, Seen.OTHER);
            seen.register(leads, random.nextInt(2), pick(random, Seen.SELF, Seen.THIRD), Seen.OTHER);
        }
        if (seen.sql instanceof SqlView.Primary && chance(random, 2)) {
            seen.streamedBy(
                    pick(random, "", "srv2", "ANY 1 (srv2,srv3)", "2 (srv2,srv3)", "*"),
                    Seen.sender(Seen.OTHER, pick(random, "async", "sync", "quorum"), Seen.POSITION));
        }
        if (chance(random, 6)) {
            seen.initialize(pick(
                    random,
                    new InitializeKey.Absent(),
                    new InitializeKey.InProgress(new Revision(7)),
                    new InitializeKey.Invalid("x", new Revision(7)),
                    new InitializeKey.Done(Seen.FOREIGN, new Revision(7))));
        }
        if (chance(random, 3)) {
            MemberName[] names = {null, Seen.SELF, Seen.OTHER, Seen.THIRD};
            seen.switchover(pick(random, names), pick(random, names));
        }
        if (chance(random, 3)) {
            seen.peers(
                    pick(
                            random,
                            Seen.dead(Seen.OTHER),
                            Seen.peer(Seen.OTHER, Seen.POSITION.plus(random.nextInt(3) - 1))),
                    pick(random, Seen.dead(Seen.THIRD), Seen.peer(Seen.THIRD, Seen.POSITION)));
        }
        if (chance(random, 6)) {
            seen.tagged(pick(random, Tags.NONE, Seen.nofailover(), Seen.priority(3)));
        }
        if (chance(random, 6)) {
            seen.clusterTimeline(1 + random.nextInt(3));
        }
        if (chance(random, 6)) {
            seen.requests(pick(
                    random,
                    new OperatorRequest.Restart(1, RestartFilters.NONE, Optional.empty()),
                    new OperatorRequest.Reinitialize(2, chance(random, 2), false)));
        }
        if (chance(random, 4)) {
            seen.task(pick(random, TaskKind.values()), "task");
        } else if (chance(random, 3)) {
            seen.ended(pick(random, TaskKind.values()), result(random));
        }
        if (chance(random, 12)) {
            seen.shutdown();
        }
    }

    private static TaskResult result(Random random) {
        var end = new ShutdownPosition(Timeline.FIRST, Seen.POSITION);
        return pick(
                random,
                new TaskResult.Done(),
                new TaskResult.Failed("x"),
                new TaskResult.StillStarting(),
                new TaskResult.NotArchiving(),
                new TaskResult.Stopped(Seen.PROOF, chance(random, 2), Optional.of(end)),
                new TaskResult.Candidate(new HandoverAnswer.Ready(Timeline.FIRST, Seen.POSITION, Seen.THEIRS)),
                new TaskResult.Candidate(new HandoverAnswer.NotReady("x")));
    }

    private static HaState memory(Random random) {
        var end = new ShutdownPosition(Timeline.FIRST, Seen.POSITION);
        var candidate = Seen.member(Seen.OTHER);
        HaState state = HaState.INITIAL
                .withRewind(pick(random, RewindProgress.values()))
                .withWonRace(chance(random, 4))
                .withStartFailed(chance(random, 5))
                .withDemotedOffline(chance(random, 5))
                .withCrashRecoveryTried(chance(random, 2))
                .withPaused(chance(random, 4))
                .withDemotion(pick(
                        random,
                        new ClusterDemotion.None(),
                        new ClusterDemotion.Stopping(),
                        new ClusterDemotion.Stopped(end),
                        new ClusterDemotion.Unarchived(end)));
        if (chance(random, 3)) {
            state = state.withHandover(pick(
                    random,
                    new HandoverPhase.Preparing("switchover", candidate),
                    new HandoverPhase.Stopping("switchover", candidate),
                    new HandoverPhase.Awaiting("switchover", candidate, Seen.PROOF, end),
                    new HandoverPhase.HandingOver("switchover", candidate, Seen.PROOF, end, Seen.THEIRS),
                    new HandoverPhase.Abandoned("switchover", "x")));
        }
        if (chance(random, 3)) {
            var promise = new Promise.Given(random.nextInt(5), Timeline.FIRST, Seen.POSITION);
            SyncProgress sync = SyncProgress.NONE.promising(Optional.of(promise));
            state = state.withSync(chance(random, 2) ? sync.leaving(Optional.of(Seen.NOW)) : sync);
        }
        if (chance(random, 8)) {
            state = state.withBootstrap(pick(random, BootstrapStep.values()), Optional.of(new Revision(7)));
        }
        if (chance(random, 6)) {
            state = state.withFailedTask(Optional.of(
                    new HaState.FailedTask(pick(random, TaskKind.values()), Seen.NOW.minus(Duration.ofSeconds(3)))));
        }
        return chance(random, 4) ? state.withJoined() : state;
    }

    private static boolean chance(Random random, int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... from) {
        return from[random.nextInt(from.length)];
    }
}

package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.crashed;
import static io.matriarch.domain.ha.Seen.follower;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.replica;
import static io.matriarch.domain.ha.Seen.sender;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.settings.SyncSettings.Mode;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the holder of the lock does about synchronous replication, and what a synchronous standby does for it. */
class SynchronousTest {

    private static final String PLACEHOLDER = "__patroni_strict_sync_replica_placeholder__";

    /** The decisions about synchronous replication of a primary's turn. */
    private static List<Decision> sync(Turn turn) {
        return turn.decisions().stream()
                .filter(one -> one instanceof WriteSync || one instanceof DeleteSync || one instanceof SetStandbyNames)
                .toList();
    }

    private static SetStandbyNames names(String text) {
        return new SetStandbyNames(Optional.of(text));
    }

    private static SyncState register(MemberName leader, int quorum, MemberName... voters) {
        return new SyncState(Optional.of(leader), List.of(voters), quorum, new Revision(21));
    }

    private static void writes(Seen seen, SyncState wanted) {
        List<Decision> decisions = sync(seen.decide());
        assertThat(decisions).singleElement().isInstanceOf(WriteSync.class);
        assertThat(((WriteSync) decisions.getFirst()).wanted()).isEqualTo(wanted);
    }

    private static void sets(Seen seen, String text) {
        assertThat(sync(seen.decide())).containsExactly(names(text));
    }

    private static void rests(Seen seen) {
        assertThat(sync(seen.decide())).isEmpty();
    }

    private static WalSender async(MemberName name) {
        return sender(name, "async", POSITION);
    }

    private static WalSender synced(MemberName name) {
        return sender(name, "sync", POSITION);
    }

    private static WalSender voting(MemberName name) {
        return sender(name, "quorum", POSITION);
    }

    private static Seen priority() {
        return leader().mode(Mode.PRIORITY).register(SELF, 0);
    }

    private static Seen quorum() {
        return leader().mode(Mode.QUORUM).register(SELF, 0);
    }

    /** The same member some time later, with what it remembers by then. */
    private static Seen later(Seen first, Seen then, Duration passed) {
        return then.before(first.decide().next()).at(passed);
    }

    @Test
    @DisplayName("HA-105 enabling writes the register with no voters before anybody becomes synchronous")
    void enabling() {
        Seen seen = leader().mode(Mode.PRIORITY).streamedBy("", async(OTHER), async(THIRD));
        writes(seen, new SyncState(Optional.of(SELF), List.of(), 0, Revision.ABSENT));
        writes(
                leader().mode(Mode.QUORUM).streamedBy("", async(OTHER)),
                new SyncState(Optional.of(SELF), List.of(), 0, Revision.ABSENT));
        assertThat(sync(seen.decide()))
                .singleElement()
                .extracting(one -> ((WriteSync) one).done())
                .isEqualTo("Enabled synchronous replication");
    }

    @Test
    @DisplayName("HA-106 a standby is added to the names first, and listed only once it is sync and has caught up")
    void growing() {
        sets(priority().streamedBy("", async(OTHER)), "srv2");
        Seen waits = priority().streamedBy("srv2", sender(OTHER, "sync", POSITION.plus(-1)));
        rests(waits);
        Duration settled = Duration.ofMillis(100);
        // Not before every process of the server goes by the new names.
        rests(later(waits, priority().streamedBy("srv2", synced(OTHER)), Duration.ofMillis(99)));
        rests(later(waits, priority().streamedBy("srv2", sender(OTHER, "sync", POSITION.plus(-1))), settled));
        rests(later(waits, priority().streamedBy("srv2", sender(OTHER, "potential", POSITION)), settled));
        writes(later(waits, priority().streamedBy("srv2", synced(OTHER)), settled), register(SELF, 0, OTHER));
    }

    @Test
    @DisplayName("HA-107 a standby that is gone leaves the register first, then the names")
    void shrinking() {
        writes(priority().register(SELF, 0, OTHER).streamedBy("srv2"), register(SELF, 0));
        sets(priority().streamedBy("srv2"), "");
        writes(
                leader().mode(Mode.PRIORITY, false, 2)
                        .register(SELF, 0, OTHER, THIRD)
                        .streamedBy("2 (srv2,srv3)", synced(THIRD)),
                register(SELF, 0, THIRD));
    }

    @Test
    @DisplayName("HA-110 a register with another leader's name loses its voters")
    void otherLeader() {
        Seen seen = priority().register(OTHER, 0, THIRD).streamedBy("srv3", synced(THIRD));
        writes(seen, register(SELF, 0));
        assertThat(seen.decide().notes())
                .extracting(Note::text)
                .anyMatch(text -> text.startsWith("Inconsistent state of /sync key detected, leader = srv2 doesn't"));
    }

    @Test
    @DisplayName("HA-111 every write names the revision it was decided on, so that a changed register refuses it")
    void compareAndSet() {
        Decision write = sync(priority()
                        .register(SELF, 0, OTHER)
                        .streamedBy("srv2")
                        .decide())
                .getFirst();
        assertThat(((WriteSync) write).wanted().revision()).isEqualTo(new Revision(21));
        assertThat(((WriteSync) write).refused()).isEqualTo("Synchronous replication key updated by someone else.");
    }

    @Test
    @DisplayName("HA-112 sync_priority beats the present state; nosync and 0 are never chosen, nofailover last")
    void order() {
        sets(priority().member(THIRD, tags(false, 2, false)).streamedBy("srv2", synced(OTHER), async(THIRD)), "srv3");
        sets(priority().member(OTHER, tags(true, 9, false)).streamedBy("", async(OTHER), async(THIRD)), "srv3");
        sets(priority().member(OTHER, tags(false, 0, false)).streamedBy("", async(OTHER), async(THIRD)), "srv3");
        sets(priority().member(OTHER, tags(false, 5, true)).streamedBy("", async(OTHER), async(THIRD)), "srv3");
        rests(priority().member(OTHER, tags(true, 9, false)).streamedBy("", async(OTHER)));
        sets(priority().member(OTHER, tags(false, 1, true)).streamedBy("", async(OTHER)), "srv2");
    }

    private static Tags tags(boolean nosync, int syncPriority, boolean nofailover) {
        return new Tags(nofailover, 1, false, false, nosync, syncPriority, Optional.empty(), false, Map.of());
    }

    @Test
    @DisplayName("HA-113 a standby that lags more than maximum_lag_on_syncnode gives way to one within it")
    void lag() {
        var settings = new SyncSettings(Mode.PRIORITY, false, 1, 1000, Optional.empty());
        Seen seen = priority().register(SELF, 0, OTHER);
        seen.settings(seen.settings.edit().sync(settings).build());
        Lsn far = POSITION.plus(-1001);
        writes(seen.streamedBy("srv2", sender(OTHER, "sync", far), async(THIRD)), register(SELF, 0));
        rests(seen.streamedBy("srv2", sender(OTHER, "sync", POSITION.plus(-1000)), async(THIRD)));
        seen.register(SELF, 0);
        sets(seen.streamedBy("srv2", sender(OTHER, "sync", far), async(THIRD)), "srv3");
    }

    @Test
    @DisplayName("HA-109, W-17, S-10 strict: a name that nobody has; voters keep their vote while nobody streams")
    void strict() {
        Seen alone = leader().mode(Mode.PRIORITY, true, 1).register(SELF, 0);
        sets(alone.streamedBy(""), PLACEHOLDER);
        sets(alone.streamedBy("*"), PLACEHOLDER);
        rests(alone.streamedBy(PLACEHOLDER));
        sets(alone.streamedBy(PLACEHOLDER, async(OTHER)), "srv2");
        rests(alone.register(SELF, 0, OTHER).streamedBy("srv2"));
        Seen any = leader().mode(Mode.QUORUM, true, 1).register(SELF, 0);
        sets(any.streamedBy(""), "ANY 1 (" + PLACEHOLDER + ")");
        rests(any.register(SELF, 1, OTHER, THIRD).streamedBy("ANY 1 (srv2,srv3)"));
    }

    @Test
    @DisplayName("HA-119 names are compared without regard to case")
    void ignoresCase() {
        rests(priority()
                .register(SELF, 0, new MemberName("SRV2"))
                .streamedBy("Srv2", sender(new MemberName("sRV2"), "sync", POSITION)));
    }

    @Test
    @DisplayName("W-26 what streams under a member's name without its slot makes the member none")
    void impostor() {
        Optional<Lsn> at = Optional.of(POSITION);
        var foreign = new WalSender("srv2", "streaming", "async", at, at, at, false);
        Seen seen = priority().streamedBy("", foreign, async(OTHER));
        rests(seen);
        assertThat(seen.decide().notes()).extracting(Note::text).anyMatch(text -> text.contains("srv2"));
        sets(priority().streamedBy("", foreign, async(OTHER), async(THIRD)), "srv3");
    }

    @Test
    @DisplayName("a member that should stream from another one is not synchronous while it streams from here")
    void cascades() {
        var behind = new Tags(false, 1, false, false, false, 9, Optional.of(OTHER), false, Map.of());
        sets(priority().member(THIRD, behind).streamedBy("", async(OTHER), async(THIRD)), "srv2");
        sets(priority().member(THIRD, behind).streamedBy("", async(THIRD)), "srv3");
    }

    @Test
    @DisplayName(
            "HA-116 after a promotion in quorum mode standbys have a loop to come, once the register is taken over")
    void settles() {
        Seen first = leader().mode(Mode.QUORUM).register(OTHER, 1, SELF, THIRD).streamedBy("ANY 1 (srv2,srv3)");
        writes(first, register(SELF, 1, OTHER, THIRD));
        Seen after = leader().mode(Mode.QUORUM)
                .register(SELF, 1, OTHER, THIRD)
                .streamedBy("ANY 1 (srv2,srv3)", voting(THIRD));
        rests(later(first, after, Duration.ofMillis(9999)));
        sets(later(first, after, Duration.ofSeconds(10)), "ANY 1 (srv3)");
        Seen all = leader().mode(Mode.QUORUM, false, 2)
                .register(SELF, 1, OTHER, THIRD)
                .streamedBy("ANY 1 (srv2,srv3)", voting(OTHER), voting(THIRD));
        sets(later(first, all, Duration.ofSeconds(1)), "ANY 2 (srv2,srv3)");
    }

    @Test
    @DisplayName("quorum mode: the names first, then the voters, by the resolver")
    void quorumGrows() {
        sets(quorum().streamedBy("", async(OTHER), async(THIRD)), "ANY 1 (srv2,srv3)");
        Seen waits = quorum().streamedBy("ANY 1 (srv2,srv3)", voting(OTHER), voting(THIRD));
        rests(waits);
        writes(
                later(
                        waits,
                        quorum().streamedBy("ANY 1 (srv2,srv3)", voting(OTHER), voting(THIRD)),
                        Duration.ofMillis(200)),
                register(SELF, 1, OTHER, THIRD));
        sets(quorum().streamedBy("2 (srv2,srv3)", synced(OTHER), synced(THIRD)), "ANY 2 (srv2,srv3)");
    }

    @Test
    @DisplayName("HA-117 turning it off removes the register, then gives the names back to the configuration")
    void off() {
        Seen seen = leader().register(SELF, 0, OTHER).streamedBy("srv2", synced(OTHER));
        assertThat(sync(seen.decide())).containsExactly(new DeleteSync(new Revision(21)));
        Seen then = leader().streamedBy("srv2", synced(OTHER));
        assertThat(sync(later(seen, then, Duration.ofSeconds(1)).decide()))
                .containsExactly(new SetStandbyNames(Optional.empty()));
        rests(later(then, leader().streamedBy(""), Duration.ofSeconds(2)));
    }

    @Test
    @DisplayName("a checkpoint that takes long does not keep commits waiting for a standby that is gone")
    void whileBusy() {
        Seen seen = priority().register(SELF, 0, OTHER).streamedBy("srv2").task(TaskKind.CHECKPOINT, "checkpoint");
        writes(seen, register(SELF, 0));
    }

    @Test
    @DisplayName("W-19 the primary looks after its standbys twice a second, and ten times while one catches up")
    void looksOften() {
        Seen seen = priority().register(SELF, 0, OTHER).streamedBy("srv2", synced(OTHER));
        assertThat(Synchronous.lookAgainWithin(seen.decide().next(), seen.observation()))
                .contains(Duration.ofMillis(500));
        Seen pending = priority().streamedBy("srv2", synced(OTHER));
        HaState catching = pending.decide().next();
        assertThat(Synchronous.lookAgainWithin(catching, pending.observation())).contains(Duration.ofMillis(100));
        assertThat(Synchronous.lookAgainWithin(
                        catching, pending.at(Duration.ofSeconds(10)).observation()))
                .contains(Duration.ofMillis(500));
        assertThat(Synchronous.lookAgainWithin(HaState.INITIAL, leader().observation()))
                .isEmpty();
        assertThat(Synchronous.lookAgainWithin(
                        HaState.INITIAL, follower().mode(Mode.PRIORITY).observation()))
                .isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> beforeWritable() {
        return Row.tests(
                row(
                        "HA-104 priority: the register is ours alone before the promotion, or there is none",
                        replica().mode(Mode.PRIORITY).register(OTHER, 0, SELF).holding(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        new WriteSync(
                                register(SELF, 0),
                                "",
                                "Postponing promotion because synchronous replication state was updated by somebody"
                                        + " else"),
                        names(""),
                        Promote.class),
                row(
                        "S-10 strict priority: who could be elected before confirms every commit of the new primary",
                        replica()
                                .mode(Mode.PRIORITY, true, 1)
                                .register(OTHER, 0, SELF)
                                .holding(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        WriteSync.class,
                        names("srv2"),
                        Promote.class),
                row(
                        "S-8 quorum: as many confirmations as the register's quorum leaves over",
                        replica()
                                .mode(Mode.QUORUM)
                                .register(OTHER, 1, SELF, THIRD)
                                .holding(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        names("ANY 1 (srv2,srv3)"),
                        Promote.class),
                row(
                        "quorum without a register yet: nobody to wait for",
                        replica().mode(Mode.QUORUM).holding(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        names(""),
                        Promote.class),
                row(
                        "turned off: the register goes before the promotion",
                        replica().register(OTHER, 0, SELF).holding(),
                        Reason.PROMOTING_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        new DeleteSync(new Revision(21)),
                        new SetStandbyNames(Optional.empty()),
                        Promote.class),
                row(
                        "S-9 a crashed primary waits for those listed from its first commit on",
                        crashed().mode(Mode.PRIORITY).register(SELF, 0, OTHER).holding(),
                        Reason.STARTING_PRIMARY_AFTER_FAILURE,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        names("srv2"),
                        StartPrimary.class),
                row(
                        "HA-118 a server that comes up as a standby has no names",
                        crashed()
                                .mode(Mode.PRIORITY)
                                .stopped(ControlData.State.SHUT_DOWN)
                                .ledBy(OTHER)
                                .noRewind(),
                        Reason.STARTING_AS_SECONDARY,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        names(""),
                        StartStandby.class));
    }

    @Test
    @DisplayName("HA-114 a synchronous standby asks to be released before its server restarts, for two loops at most")
    void released() {
        var restart = new OperatorRequest.Restart(1, RestartFilters.NONE, Optional.empty());
        Seen seen = follower().mode(Mode.PRIORITY).register(OTHER, 0, SELF).requests(restart);
        Turn turn = seen.decide();
        assertThat(turn.reason()).isEqualTo(Reason.WAITING_FOR_SYNC_RELEASE);
        assertThat(turn.decisions()).isEmpty();
        assertThat(SyncRelease.shown(Seen.member(SELF), turn.next()).tags())
                .satisfies(tags -> assertThat(tags.nosync()).isTrue())
                .satisfies(tags -> assertThat(tags.syncPriority()).isZero())
                .satisfies(tags -> assertThat(tags.published()).containsEntry("nosync", true));
        assertThat(Synchronous.lookAgainWithin(turn.next(), seen.observation())).isPresent();
        assertThat(seen.before(turn.next())
                        .at(Duration.ofMillis(19_999))
                        .decide()
                        .reason())
                .isEqualTo(Reason.WAITING_FOR_SYNC_RELEASE);
        assertThat(seen.at(Duration.ofSeconds(20)).decide().decisions())
                .singleElement()
                .isInstanceOf(RestartServer.class);
        Seen dropped = follower().mode(Mode.PRIORITY).register(OTHER, 0, THIRD).requests(restart);
        assertThat(dropped.before(turn.next()).decide().decisions())
                .singleElement()
                .isInstanceOf(RestartServer.class);
        Turn after = follower()
                .mode(Mode.PRIORITY)
                .register(OTHER, 0, THIRD)
                .before(turn.next())
                .decide();
        assertThat(after.next().sync().leavingSince()).isEmpty();
    }

    @Test
    @DisplayName(
            "HA-114 the same before the agent ends, and before a reinitialize; not on the primary, nor without the store")
    void releasedBeforeStop() {
        Seen seen = follower().mode(Mode.PRIORITY).register(OTHER, 0, SELF).shutdown();
        assertThat(seen.decide().reason()).isEqualTo(Reason.WAITING_FOR_SYNC_RELEASE);
        assertThat(seen.withoutDcs().decide().reason()).isEqualTo(Reason.SHUTDOWN_STOPPING);
        assertThat(follower()
                        .mode(Mode.PRIORITY)
                        .register(OTHER, 0, SELF)
                        .requests(new OperatorRequest.Reinitialize(2, false, false))
                        .decide()
                        .reason())
                .isEqualTo(Reason.WAITING_FOR_SYNC_RELEASE);
        assertThat(priority().register(SELF, 0, OTHER).shutdown().decide().reason())
                .isEqualTo(Reason.SHUTDOWN_STOPPING);
    }

    @Test
    @DisplayName("primary_stop_timeout bounds a primary's stop in a synchronous mode only")
    void stopTimeout() {
        Duration ten = Duration.ofSeconds(10);
        for (Mode mode : Arrays.asList(Mode.PRIORITY, Mode.QUORUM, Mode.OFF)) {
            Seen seen = leader().mode(mode).shutdown();
            seen.settings(
                    seen.settings.edit().primaryStopTimeout(Optional.of(ten)).build());
            var expected = mode == Mode.OFF ? seen.settings.pgCtlTimeout() : ten;
            assertThat(seen.decide().decisions())
                    .contains(new StopServer(StopMode.FAST, false, Optional.of(expected), "shutdown"));
        }
    }

    @Test
    @DisplayName("SAF-050 who has promised streams from nobody until somebody has acquired the lock since")
    void bound() {
        var promise = new Promise.Given(4, Timeline.FIRST, POSITION);
        HaState promised = HaState.INITIAL.withSync(SyncProgress.NONE.promising(Optional.of(promise)));
        Seen seen = follower().mode(Mode.QUORUM).epochOf(OTHER).noReceiver().before(promised);
        assertThat(seen.decide().decisions()).noneMatch(Follow.class::isInstance);
        seen.epoch = new Epoch(5, Optional.of(OTHER), Timeline.FIRST, new Revision(5));
        Turn turn = seen.decide();
        assertThat(turn.decisions()).contains(new Follow(new Upstream.Of(OTHER, Seen.url(OTHER)), Role.REPLICA));
        assertThat(turn.next().sync().promise()).isEmpty();
        // Who leads without an epoch of his own is a member of the reference.
        seen.epochOf(THIRD);
        assertThat(seen.decide().next().sync().promise()).isEmpty();
    }
}

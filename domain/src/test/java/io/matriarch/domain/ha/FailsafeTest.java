package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.MINE;
import static io.matriarch.domain.ha.Seen.NOW;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THEIRS;
import static io.matriarch.domain.ha.Seen.THIRD;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.failsafe.FailsafePace;
import io.matriarch.domain.failsafe.FailsafePromise;
import io.matriarch.domain.failsafe.FailsafeRound;
import io.matriarch.domain.failsafe.FailsafeView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FailsafeTest {

    private static final Duration TTL = HaSettings.DEFAULTS.ttl();
    private static final Duration BOUND = FailsafePromise.bound(TTL);
    private static final Revision REVISION = new Revision(21);
    private static final MonotonicTime LONG_AGO = NOW.minus(Duration.ofMinutes(30));

    @TestFactory
    Stream<DynamicTest> leaderRegistersWhoTakesPart() {
        return Row.tests(
                row(
                        "dcs-layout 2.7: the leader registers all members and itself with the refresh of its lock",
                        on(Seen.leader()),
                        Reason.LEADER_WITH_LOCK,
                        leading(new Decision.WriteFailsafe(urls(SELF, OTHER, THIRD), Revision.ABSENT))),
                row(
                        "DCS-023: an unchanged map is not written again",
                        mapped(on(Seen.leader()), SELF, OTHER, THIRD),
                        Reason.LEADER_WITH_LOCK,
                        leading()),
                row(
                        "DCS-023: a map that cannot be read is written anew",
                        unreadable(on(Seen.leader())),
                        Reason.LEADER_WITH_LOCK,
                        leading(new Decision.WriteFailsafe(urls(SELF, OTHER, THIRD), REVISION))),
                row(
                        "a member that has gone leaves the map",
                        mapped(on(Seen.leader()).without(THIRD), SELF, OTHER, THIRD),
                        Reason.LEADER_WITH_LOCK,
                        leading(new Decision.WriteFailsafe(urls(SELF, OTHER), REVISION))),
                row(
                        "a leader whose own key is missing does not write itself out of the map",
                        mapped(on(Seen.leader()).without(SELF), SELF, OTHER),
                        Reason.LEADER_WITH_LOCK,
                        leading()),
                row("failsafe mode off: no map is written", Seen.leader(), Reason.LEADER_WITH_LOCK, leading()));
    }

    private static Object[] leading(Object... more) {
        List<Object> all = new ArrayList<>(List.of(
                Decision.RenewLeaderLock.class,
                Decision.ArmGuard.class,
                Decision.ArmWatchdog.class,
                Decision.KeepWatchdogAlive.class,
                Decision.WriteStatus.class));
        all.addAll(List.of(more));
        all.add(Decision.ChangeSlots.class);
        return all.toArray();
    }

    @TestFactory
    Stream<DynamicTest> primaryWithoutStore() {
        return Row.tests(
                row(
                        "HA-120 §6.1: a primary whose store is away asks all other members",
                        cutOff(SELF, OTHER, THIRD),
                        Reason.FAILSAFE_ASKING,
                        new Decision.AskFailsafe(
                                List.of(bare(OTHER), bare(THIRD)), claim(), MINE, Duration.ofSeconds(2))),
                row(
                        "HA-120 SAF-047: all have accepted, the hold ends a ttl after the first question left",
                        answered(cutOff(SELF, OTHER, THIRD), yes(OTHER), yes(THIRD)),
                        Reason.FAILSAFE_KEEPS_PRIMARY,
                        new Decision.ProlongLease(
                                MINE, NOW.minus(Duration.ofSeconds(1)).plus(TTL)),
                        Decision.ArmGuard.class,
                        Decision.KeepWatchdogAlive.class),
                row(
                        "HA-120: one has not answered in time, the old hold still lasts",
                        answered(cutOff(SELF, OTHER, THIRD), yes(OTHER), no(THIRD)),
                        Reason.FAILSAFE_REFUSED),
                row(
                        "HA-120, X-9: one has not answered in time and the first rung is reached: it stops",
                        answered(cutOff(SELF, OTHER, THIRD), yes(OTHER), no(THIRD))
                                .leaseLeft(toFirstRung()),
                        Reason.DCS_UNREACHABLE_AS_PRIMARY,
                        Decision.StopServer.class),
                row(
                        "S-5: a member of the map that was not asked has not agreed",
                        answered(cutOff(SELF, OTHER, THIRD), yes(OTHER)),
                        Reason.FAILSAFE_REFUSED),
                row(
                        "S-5: answers for another lease are no answers",
                        answeredFor(cutOff(SELF, OTHER), THEIRS, yes(OTHER)),
                        Reason.FAILSAFE_ASKING,
                        Decision.AskFailsafe.class),
                row(
                        "SAF-047: consent that comes after the first rung is too late",
                        answered(cutOff(SELF, OTHER), yes(OTHER)).leaseLeft(toFirstRung()),
                        Reason.DCS_UNREACHABLE_AS_PRIMARY,
                        Decision.StopServer.class),
                row(
                        "HA-121: alone in the map it goes on without asking anybody",
                        cutOff(SELF),
                        Reason.FAILSAFE_KEEPS_PRIMARY,
                        new Decision.ProlongLease(MINE, NOW.plus(TTL)),
                        Decision.ArmGuard.class,
                        Decision.KeepWatchdogAlive.class),
                row(
                        "§13.2: a map without this member refuses",
                        cutOff(OTHER, THIRD),
                        Reason.DCS_UNREACHABLE_LEASE_HOLDS),
                row(
                        "§13.2: a map that could not be read refuses",
                        remembering(on(Seen.leader().withoutDcs()), new FailsafeMap(Optional.empty(), REVISION)),
                        Reason.DCS_UNREACHABLE_LEASE_HOLDS),
                row(
                        "§6.1: failsafe mode off, nobody is asked",
                        remembering(Seen.leader().withoutDcs(), FailsafeMap.of(urls(SELF, OTHER), REVISION)),
                        Reason.DCS_UNREACHABLE_LEASE_HOLDS),
                row("HA-014 §6.1: paused, nobody is asked", cutOff(SELF, OTHER).paused(), Reason.DCS_UNREACHABLE),
                row("HA-012 §6.1: a replica asks nobody", cutOff(SELF, OTHER).asStandby(), Reason.DCS_UNREACHABLE),
                row(
                        "without a hold of its own it asks nobody",
                        cutOff(SELF, OTHER).lease(new LeaseView.None()),
                        Reason.DCS_UNREACHABLE_AS_PRIMARY,
                        Decision.StopServer.class),
                row(
                        "a checkpoint that runs does not keep the primary from asking",
                        cutOff(SELF, OTHER).task(TaskKind.CHECKPOINT, "checkpoint"),
                        Reason.FAILSAFE_ASKING,
                        Decision.AskFailsafe.class),
                row(
                        "a server that is being stopped needs no consent",
                        cutOff(SELF, OTHER).task(TaskKind.STOP, "demote"),
                        Reason.TASK_RUNNING),
                row(
                        "whom it has tried to add to the map is asked too, for the store may have the write",
                        adding(cutOff(SELF, OTHER), urls(SELF, THIRD)),
                        Reason.FAILSAFE_ASKING,
                        new Decision.AskFailsafe(
                                List.of(bare(OTHER), bare(THIRD)), claim(), MINE, Duration.ofSeconds(2))));
    }

    @Test
    @DisplayName("HA-120: the texts of §6.1")
    void texts() {
        assertThat(answered(cutOff(SELF, OTHER), yes(OTHER)).decide().sentence())
                .isEqualTo(
                        "continue to run as a leader because failsafe mode is enabled and all members are accessible");
        assertThat(answered(cutOff(SELF, OTHER), no(OTHER))
                        .leaseLeft(toFirstRung())
                        .decide()
                        .sentence())
                .isEqualTo("demoted self because DCS is not accessible and I was a leader");
        assertThat(answered(cutOff(SELF, OTHER), no(OTHER)).decide().sentence())
                .isEqualTo("DCS is not accessible and not all members agree that I go on (srv2: no answer in time),"
                        + " my lease holds for another 26750 ms");
    }

    @TestFactory
    Stream<DynamicTest> whoHasPromised() {
        return Row.tests(
                row(
                        "HA-122 X-10: the lock is free, the leader that was promised to is followed, nobody races",
                        promised(on(Seen.replica()).upstream(Seen.upstream(OTHER)), Duration.ofSeconds(5)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-122: who lost sight of that leader streams from it again",
                        promised(on(Seen.replica()).upstream(new Upstream.Nobody()), Duration.ofSeconds(5)),
                        Reason.FOLLOWING_LEADER,
                        new Decision.Follow(Seen.upstream(OTHER), Role.REPLICA)),
                row(
                        "HA-122: the leader's key has expired, too",
                        promised(
                                on(Seen.replica())
                                        .upstream(new Upstream.Nobody())
                                        .without(OTHER),
                                Duration.ofSeconds(5)),
                        Reason.FOLLOWING_LEADER,
                        new Decision.Follow(Seen.upstream(OTHER), Role.REPLICA)),
                row(
                        "SAF-047: a promise holds though the mode has been switched off meanwhile",
                        promised(Seen.replica().upstream(Seen.upstream(OTHER)), Duration.ofSeconds(5)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "HA-122 X-11: the promise is over, it races as ever",
                        promised(mapped(on(Seen.replica()), SELF, OTHER, THIRD), BOUND.plusNanos(1)),
                        Reason.POLLING_MEMBERS,
                        Decision.PollMembers.class),
                row(
                        "a lock that is held counts more than a promise",
                        promised(
                                on(Seen.follower()).ledBy(THIRD).upstream(Seen.upstream(THIRD)), Duration.ofSeconds(5)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "SAF-047: the candidate of a requested failover keeps its promise",
                        promised(
                                on(Seen.replica()).switchover(null, SELF).upstream(Seen.upstream(OTHER)),
                                Duration.ofSeconds(5)),
                        Reason.FOLLOWING_LEADER),
                row(
                        "SAF-047: an agent that has just started behaves as if it had promised",
                        started(mapped(on(Seen.replica()), SELF, OTHER), BOUND),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "SAF-047: nobody can rely on what was promised before a start this long ago",
                        started(mapped(on(Seen.replica()), SELF, OTHER), BOUND.plusNanos(1)),
                        Reason.POLLING_MEMBERS,
                        Decision.PollMembers.class),
                row(
                        "SAF-047: switched off, but somebody may still rely on the map",
                        started(mapped(Seen.replica(), SELF, OTHER), BOUND),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "without failsafe mode an agent races right after its start",
                        started(Seen.replica(), Duration.ZERO),
                        Reason.POLLING_MEMBERS,
                        Decision.PollMembers.class),
                row(
                        "a primary takes its own lock back right after its agent's start",
                        started(mapped(on(Seen.primary()), SELF, OTHER), Duration.ZERO),
                        Reason.ACQUIRING_AS_PRIMARY,
                        Decision.AcquireLeaderLock.class));
    }

    @TestFactory
    Stream<DynamicTest> whoTakesPart() {
        return Row.tests(
                row(
                        "HA-074 S-6 X-12: who is not among the members in /failsafe never races",
                        mapped(on(Seen.replica()), OTHER, THIRD),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "HA-074: not even if it is asked for",
                        mapped(on(Seen.replica()).switchover(null, SELF), OTHER, THIRD),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "HA-074: an empty map disables the rule",
                        mapped(on(Seen.replica())),
                        Reason.POLLING_MEMBERS,
                        Decision.PollMembers.class),
                row(
                        "HA-074: garbage disables the rule",
                        unreadable(on(Seen.replica())),
                        Reason.POLLING_MEMBERS,
                        Decision.PollMembers.class),
                row(
                        "HA-074: with the mode off the map says nothing",
                        mapped(Seen.replica(), OTHER, THIRD),
                        Reason.POLLING_MEMBERS,
                        Decision.PollMembers.class),
                row(
                        "HA-074: switched off a moment ago, the map still counts",
                        lastOn(mapped(Seen.replica(), OTHER, THIRD), BOUND),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "HA-074: a paused candidate outside the map does not take the lock",
                        mapped(on(Seen.replica()).switchover(null, SELF), OTHER, THIRD)
                                .paused(),
                        Reason.FOLLOWING_NOBODY,
                        Decision.PauseGuard.class,
                        Decision.DisarmWatchdog.class),
                row(
                        "HA-074: who is asked to leave does not wait for members that may not race",
                        mapped(on(Seen.replica()).switchover(SELF, null), SELF)
                                .peers(Seen.peer(OTHER, POSITION), Seen.peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "HA-089: who is asked to leave does not wait for a member that is a timeline behind",
                        mapped(on(Seen.replica()).switchover(SELF, null), SELF, THIRD)
                                .standbyAt(POSITION, new Timeline(2), true)
                                .peers(Seen.peer(OTHER, POSITION), Seen.peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "HA-074: nor for a candidate that may not race",
                        mapped(on(Seen.replica()).switchover(null, OTHER), SELF, THIRD)
                                .peers(Seen.peer(OTHER, POSITION), Seen.peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "HA-066, HA-074: nobody yields to the priority of a member that may not race",
                        mapped(on(Seen.replica()), SELF, THIRD).peers(preferred(OTHER), Seen.peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "HA-065: but to one that has more WAL, though it may not race: somebody has to decide",
                        mapped(on(Seen.replica()), SELF, THIRD)
                                .peers(Seen.peer(OTHER, POSITION.plus(1)), Seen.peer(THIRD, POSITION)),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "SAF-047: a promise to another process of the own name is kept, too",
                        promisedToSelf(mapped(on(Seen.replica()), SELF, THIRD)),
                        Reason.NOT_HEALTHIEST,
                        Decision.Follow.class),
                row(
                        "§13.4, 8.2: members of the map are asked though their keys are gone",
                        mapped(on(Seen.replica()).without(OTHER).without(THIRD), SELF, OTHER),
                        Reason.POLLING_MEMBERS,
                        new Decision.PollMembers(List.of(bare(OTHER)), Optional.empty())));
    }

    @TestFactory
    Stream<DynamicTest> storeIsBack() {
        return Row.tests(
                row(
                        "L-7: the store is back without the lock: what was held by consent is held until the new hold",
                        byConsent(Seen.leader().lock(new LeaderLock.Free())),
                        Reason.ACQUIRING_AS_PRIMARY,
                        Decision.AcquireLeaderLock.class),
                row(
                        "somebody else holds the lock: no consent counts against that",
                        byConsent(Seen.leader().ledBy(OTHER)),
                        Reason.LOCK_LOST,
                        Decision.DropLease.class,
                        Decision.StopServer.class));
    }

    @Test
    @DisplayName("SAF-047, S-5: whoever has promised does not race for a ttl times 1.001, on the slower of its clocks")
    void promiseIsKept() {
        var random = new Random(47);
        int raced = 0;
        for (int i = 0; i < 20_000; i++) {
            Seen seen = AnyTurnTest.any(random);
            if (!(seen.sql instanceof SqlView.Standby)) {
                continue;
            }
            long monotonic = random.nextLong(BOUND.toNanos() * 2);
            long raw = random.nextLong(BOUND.toNanos() * 2);
            var given = new MonotonicTime(
                    NOW.bootNanos() - random.nextLong(BOUND.toNanos() * 4),
                    NOW.rawNanos() - raw,
                    NOW.monotonicNanos() - monotonic);
            seen.failsafe = new FailsafeView(
                    LONG_AGO, Optional.of(new FailsafePromise(theirClaim(), given, TTL)), Optional.empty(), false);
            boolean races = Rules.kinds(seen.decide().decisions()).contains(Decision.AcquireLeaderLock.class);
            raced += races ? 1 : 0;
            assertThat(races && Math.min(raw, monotonic) <= TTL.toNanos() + TTL.toNanos() / 1000)
                    .isFalse();
        }
        assertThat(raced).describedAs("races after the promise").isPositive();
    }

    @Test
    @DisplayName(
            "SAF-040, SAF-047: whatever the timing, a failed round is over before the first rung, and rounds repeat")
    void paceFitsTheLadder() {
        var random = new Random(40);
        for (int i = 0; i < 20_000; i++) {
            HaSettings settings = anyTiming(random);
            LeaseLadder ladder = LeaseLadder.of(settings.ttl());
            Duration left = settings.ttl()
                    .minus(ladder.margin())
                    .minus(ladder.politeness())
                    .minus(ladder.stopBudget());
            Duration pause = FailsafePace.pause(settings, left);
            assertThat(pause).isPositive().isLessThanOrEqualTo(settings.loopWait());
            boolean room = pause.plus(FailsafePace.turnAndRound(settings)).compareTo(left) <= 0;
            assertThat(room || pause.compareTo(ladder.margin()) < 0)
                    .describedAs("%s of %s", pause, settings)
                    .isTrue();
            Duration any = left.multipliedBy(1 + random.nextInt(100)).dividedBy(100);
            assertThat(FailsafePace.patience(settings, any).multipliedBy(2))
                    .isLessThan(any)
                    .isLessThanOrEqualTo(Duration.ofSeconds(4));
        }
    }

    @Test
    @DisplayName("the reference's defaults leave room for a turn, a round and the ladder in one ttl")
    void defaultsFit() {
        Duration left = toFirstRungOf(HaSettings.DEFAULTS, TTL);
        assertThat(FailsafePace.pause(HaSettings.DEFAULTS, left)).isEqualTo(HaSettings.DEFAULTS.loopWait());
    }

    @Test
    @DisplayName("a write whose fate is unknown is kept in mind for as long as it may still come")
    void unknownWrites() {
        FailsafeMemory memory = FailsafeMemory.NONE.reading(FailsafeMap.of(urls(SELF), REVISION));
        FailsafeMemory tried = memory.writing(urls(SELF, OTHER));
        assertThat(tried.reading(FailsafeMap.of(urls(SELF), REVISION)).anyOf()).containsOnlyKeys(SELF, OTHER);
        assertThat(tried.reading(FailsafeMap.of(urls(SELF), new Revision(22))).anyOf())
                .containsOnlyKeys(SELF);
    }

    private static HaSettings anyTiming(Random random) {
        long ttl = 2_000 + random.nextInt(60_000);
        long retry = 500 + random.nextInt((int) ((ttl - 250) / 2 - 499));
        long loop = 250 + random.nextInt((int) (ttl - 2 * retry - 249));
        return HaSettings.DEFAULTS
                .edit()
                .timing(Duration.ofMillis(ttl), Duration.ofMillis(loop), Duration.ofMillis(retry))
                .build();
    }

    /** For {@link AnyTurnTest}: any promise, any round, any map. */
    static void any(Random random, Seen seen) {
        if (random.nextBoolean()) {
            on(seen);
        }
        MemberName[][] maps = {{}, {SELF}, {SELF, OTHER}, {OTHER, THIRD}, {SELF, OTHER, THIRD}};
        FailsafeMap map = FailsafeMap.of(urls(maps[random.nextInt(maps.length)]), REVISION);
        seen.failsafeMap = random.nextInt(5) == 0 ? FailsafeMap.NONE : map;
        remembering(seen, map);
        Optional<FailsafePromise> promise = random.nextBoolean()
                ? Optional.empty()
                : Optional.of(new FailsafePromise(
                        theirClaim(),
                        NOW.minus(BOUND.multipliedBy(random.nextInt(200)).dividedBy(100)),
                        TTL));
        Optional<FailsafeRound> round = random.nextBoolean()
                ? Optional.empty()
                : Optional.of(new FailsafeRound(
                        random.nextInt(4) == 0 ? THEIRS : MINE,
                        NOW.minus(Duration.ofMillis(random.nextInt(4000))),
                        TTL,
                        random.nextBoolean() ? List.of(yes(OTHER), yes(THIRD)) : List.of(no(OTHER), yes(THIRD))));
        seen.failsafe = new FailsafeView(
                NOW.minus(BOUND.multipliedBy(random.nextInt(200)).dividedBy(100)),
                promise,
                round,
                random.nextBoolean());
    }

    private static Seen on(Seen seen) {
        return seen.settings(seen.settings.edit().failsafe(true).build());
    }

    private static Seen mapped(Seen seen, MemberName... names) {
        seen.failsafeMap = FailsafeMap.of(urls(names), REVISION);
        return seen;
    }

    private static Seen unreadable(Seen seen) {
        seen.failsafeMap = new FailsafeMap(Optional.empty(), REVISION);
        return seen;
    }

    /** A primary that held the lock when the store went away. */
    private static Seen cutOff(MemberName... map) {
        return remembering(on(Seen.leader().withoutDcs()), FailsafeMap.of(urls(map), REVISION));
    }

    private static Seen remembering(Seen seen, FailsafeMap map) {
        return seen.before(
                seen.before.withLastLocked(SELF, 1, seen.members).withFailsafe(FailsafeMemory.NONE.reading(map)));
    }

    private static Seen adding(Seen seen, SortedMap<MemberName, String> map) {
        return seen.before(seen.before.withFailsafe(seen.before.failsafe().writing(map)));
    }

    private static Seen lastOn(Seen seen, Duration ago) {
        return seen.before(seen.before.withFailsafe(FailsafeMemory.NONE.on(NOW.minus(ago))));
    }

    private static Seen answered(Seen seen, FailsafeAnswer... answers) {
        return answeredFor(seen, MINE, answers);
    }

    private static Seen answeredFor(Seen seen, LeaseId lease, FailsafeAnswer... answers) {
        var round = new FailsafeRound(lease, NOW.minus(Duration.ofSeconds(1)), TTL, List.of(answers));
        seen.failsafe = new FailsafeView(LONG_AGO, Optional.empty(), Optional.of(round), false);
        return seen;
    }

    private static Seen promised(Seen seen, Duration ago) {
        var promise = new FailsafePromise(theirClaim(), NOW.minus(ago), TTL);
        seen.failsafe = new FailsafeView(LONG_AGO, Optional.of(promise), Optional.empty(), false);
        return seen;
    }

    private static Seen promisedToSelf(Seen seen) {
        var promise = new FailsafePromise(claim(), NOW.minus(Duration.ofSeconds(5)), TTL);
        seen.failsafe = new FailsafeView(LONG_AGO, Optional.of(promise), Optional.empty(), false);
        return seen;
    }

    private static PeerAnswer preferred(MemberName name) {
        return new PeerAnswer.Reachable(name, true, POSITION, Timeline.FIRST, true, Seen.priority(9), false);
    }

    private static Seen started(Seen seen, Duration ago) {
        seen.failsafe = FailsafeView.since(NOW.minus(ago));
        return seen;
    }

    private static Seen byConsent(Seen seen) {
        seen.lease(new LeaseView.Mine(new Lease(MINE, NOW.plus(Duration.ofSeconds(20)))));
        seen.failsafe = new FailsafeView(LONG_AGO, Optional.empty(), Optional.empty(), true);
        return seen;
    }

    private static FailsafeAnswer yes(MemberName name) {
        return new FailsafeAnswer.Accepted(name, Optional.of(POSITION));
    }

    private static FailsafeAnswer no(MemberName name) {
        return new FailsafeAnswer.Refused(name, "no answer in time");
    }

    private static Member bare(MemberName name) {
        return Member.named(name).withApiUrl(api(name));
    }

    private static String api(MemberName name) {
        return "http://" + name + ":8008/patroni";
    }

    private static SortedMap<MemberName, String> urls(MemberName... names) {
        SortedMap<MemberName, String> urls = new TreeMap<>();
        for (MemberName name : names) {
            urls.put(name, api(name));
        }
        return urls;
    }

    private static FailsafeClaim claim() {
        return new FailsafeClaim(
                SELF,
                Seen.url(SELF),
                api(SELF),
                new TreeMap<>(Map.of("srv1", POSITION)),
                Optional.of(MINE),
                Optional.of(1L),
                Optional.of(TTL));
    }

    private static FailsafeClaim theirClaim() {
        return new FailsafeClaim(
                OTHER,
                Seen.url(OTHER),
                api(OTHER),
                new TreeMap<>(),
                Optional.of(THEIRS),
                Optional.of(1L),
                Optional.of(TTL));
    }

    private static Duration toFirstRung() {
        return TTL.minus(toFirstRungOf(HaSettings.DEFAULTS, TTL));
    }

    private static Duration toFirstRungOf(HaSettings settings, Duration left) {
        MonotonicTime deadline = NOW.plus(left);
        return NOW.until(LeaseLadder.of(settings.ttl()).cleanStopAt(deadline));
    }
}

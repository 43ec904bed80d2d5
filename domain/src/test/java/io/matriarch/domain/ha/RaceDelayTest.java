package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.NOW;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.dead;
import static io.matriarch.domain.ha.Seen.replica;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Who waits before a race, and who is asked in it. */
class RaceDelayTest {

    private static final HaSettings PATIENT =
            HaSettings.DEFAULTS.edit().raceBackoff(Duration.ofSeconds(60)).build();
    private static final Lsn EARLIER = new Lsn(POSITION.value() - 1);

    private static Seen freeFor(int seconds, Lsn positionALoopAgo) {
        var race = new RaceMemory(
                Optional.of(NOW.minus(Duration.ofSeconds(seconds))),
                Optional.of(new RaceMemory.Mark(positionALoopAgo, NOW.minus(Duration.ofSeconds(12)))),
                Optional.of(new RaceMemory.Mark(POSITION, NOW.minus(Duration.ofSeconds(2)))));
        return replica().settings(PATIENT).peers(dead(OTHER), dead(THIRD)).before(HaState.INITIAL.withRace(race));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row("W-27 within the first loop nobody races", freeFor(9, POSITION), Reason.RACE_PUT_OFF),
                row("W-27 WAL still comes in: put off", freeFor(30, EARLIER), Reason.RACE_PUT_OFF),
                row(
                        "W-27 no WAL comes in: raced",
                        freeFor(30, POSITION),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "W-27 the time is over: raced",
                        freeFor(60, EARLIER),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "W-27 a named candidate does not wait",
                        freeFor(5, EARLIER).switchover(OTHER, SELF),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class),
                row(
                        "W-27 without the setting nobody waits",
                        freeFor(5, EARLIER).settings(HaSettings.DEFAULTS),
                        Reason.ACQUIRING_AS_REPLICA,
                        Decision.AcquireLeaderLock.class));
    }

    @Test
    @DisplayName("W-27 the position is taken down once a loop, and forgotten by nobody but time")
    void marks() {
        Duration loop = Duration.ofSeconds(10);
        RaceMemory race = RaceMemory.NONE.at(EARLIER, NOW, loop).at(POSITION, NOW.plus(Duration.ofSeconds(9)), loop);
        assertThat(race.moves(POSITION)).isTrue();
        race = race.at(POSITION, NOW.plus(Duration.ofSeconds(10)), loop);
        assertThat(race.moves(POSITION)).isTrue();
        race = race.at(POSITION, NOW.plus(Duration.ofSeconds(20)), loop);
        assertThat(race.moves(POSITION)).isFalse();
    }

    @Test
    @DisplayName(
            "HA-075 W-16 members whose keys ended with the leader's are asked too, and forgotten with the next leader")
    void pool() {
        Member gone = Seen.member(THIRD);
        HaState led = HaState.INITIAL.withLastLocked(OTHER, 1, List.of(Seen.member(OTHER), gone));
        Turn turn = replica().without(OTHER).without(THIRD).before(led).decide();
        assertThat(turn.decisions())
                .containsExactly(new Decision.PollMembers(List.of(Seen.member(OTHER), gone), Optional.of(OTHER)));
        HaState remembered = Seen.follower().decide().next();
        assertThat(replica()
                        .without(OTHER)
                        .without(THIRD)
                        .before(remembered)
                        .decide()
                        .decisions())
                .singleElement()
                .satisfies(decision -> assertThat(((Decision.PollMembers) decision).members())
                        .extracting(Member::name)
                        .containsExactly(OTHER, THIRD));
        HaState ledAgain = turn.next().withLastLocked(OTHER, 2, List.of(Seen.member(OTHER)));
        assertThat(ledAgain.lastMembers()).doesNotContain(gone);
    }
}

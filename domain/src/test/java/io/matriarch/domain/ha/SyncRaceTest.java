package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.dead;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.nofailover;
import static io.matriarch.domain.ha.Seen.peer;
import static io.matriarch.domain.ha.Seen.priority;
import static io.matriarch.domain.ha.Seen.replica;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.Decision.AcquireLeaderLock;
import io.matriarch.domain.ha.Decision.Follow;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.SyncSettings.Mode;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Who may take a free lock while a register says who can be elected without loss. */
class SyncRaceTest {

    private static final Upstream NOBODY = new Upstream.Nobody();

    private static PeerAnswer votes(MemberName name, Lsn position) {
        return votes(name, position, Tags.NONE, new Promise.Given(1, Timeline.FIRST, position));
    }

    private static PeerAnswer votes(MemberName name, Lsn position, Tags tags, Promise promise) {
        return new PeerAnswer.Reachable(name, true, position, Timeline.FIRST, true, tags, false, promise);
    }

    /** The lock is free, srv2 led, and this member has ended its receiver. */
    private static Seen voter(int quorum, MemberName... voters) {
        return promised(replica().mode(Mode.QUORUM).register(OTHER, quorum, voters), 1);
    }

    /** Its receiver has ended, and it has said so for that acquisition. */
    private static Seen promised(Seen seen, long epoch) {
        var promise = new Promise.Given(epoch, Timeline.FIRST, POSITION);
        return seen.noReceiver().before(HaState.INITIAL.withSync(SyncProgress.NONE.promising(Optional.of(promise))));
    }

    private static Seen listed() {
        return replica().mode(Mode.PRIORITY).register(OTHER, 0, SELF).upstream(NOBODY);
    }

    private static DynamicTest wins(String name, Seen seen) {
        return Row.tests(row(name, seen, Reason.ACQUIRING_AS_REPLICA, AcquireLeaderLock.class))
                .findFirst()
                .orElseThrow();
    }

    private static DynamicTest loses(String name, Seen seen) {
        return Row.tests(row(name, seen, Reason.NOT_HEALTHIEST)).findFirst().orElseThrow();
    }

    @TestFactory
    Stream<DynamicTest> priorityMode() {
        Lsn more = POSITION.plus(8);
        return Stream.of(
                wins("HA-082 a listed standby wins", listed().peers(dead(OTHER), dead(THIRD))),
                loses(
                        "HA-082 one that is not listed never does by itself",
                        replica()
                                .mode(Mode.PRIORITY)
                                .register(OTHER, 0, THIRD)
                                .upstream(NOBODY)
                                .peers(dead(OTHER), dead(THIRD))),
                wins(
                        "HA-082 the register's leader may, back as a standby",
                        replica()
                                .mode(Mode.PRIORITY)
                                .register(SELF, 0)
                                .upstream(NOBODY)
                                .peers(dead(OTHER), dead(THIRD))),
                wins(
                        "HA-083 the former leader being ahead has nothing that was acknowledged",
                        listed().peers(peer(OTHER, more), dead(THIRD))),
                loses(
                        "HA-065 another listed standby that is ahead goes first",
                        listed().register(OTHER, 0, SELF, THIRD).peers(dead(OTHER), peer(THIRD, more))),
                wins(
                        "a member that is not listed does not stop one that is",
                        listed().peers(dead(OTHER), peer(THIRD, more))),
                loses(
                        "HA-064 a primary that lives stops the race, listed or not",
                        listed().peers(
                                        dead(OTHER),
                                        new PeerAnswer.Reachable(
                                                THIRD, false, Lsn.ZERO, Timeline.FIRST, false, Tags.NONE, false))),
                wins(
                        "HA-105 before the register has a leader the race is as without a mode",
                        replica().mode(Mode.PRIORITY).upstream(NOBODY).peers(dead(OTHER), dead(THIRD))),
                loses(
                        "HA-093 a switchover goes to a listed member only",
                        replica()
                                .mode(Mode.PRIORITY)
                                .register(OTHER, 0, THIRD)
                                .upstream(NOBODY)
                                .switchover(OTHER, SELF)
                                .peers(dead(OTHER), dead(THIRD))),
                wins(
                        "HA-093 a failover that names no leader may go to any",
                        replica()
                                .mode(Mode.PRIORITY)
                                .register(OTHER, 0, THIRD)
                                .upstream(NOBODY)
                                .switchover(null, SELF)
                                .peers(dead(OTHER), dead(THIRD))),
                loses(
                        "who is not listed does not stand in for a candidate that is not fit",
                        replica()
                                .mode(Mode.PRIORITY)
                                .register(OTHER, 0)
                                .upstream(NOBODY)
                                .switchover(null, THIRD)
                                .peers(dead(OTHER), dead(THIRD))));
    }

    @TestFactory
    Stream<DynamicTest> quorumMode() {
        Lsn more = POSITION.plus(8);
        return Stream.of(
                wins(
                        "HA-078 a voter with as many votes as needed",
                        voter(1, SELF, THIRD).peers(dead(OTHER), votes(THIRD, POSITION))),
                loses("HA-078 one vote too few", voter(1, SELF, THIRD).peers(dead(OTHER), dead(THIRD))),
                loses(
                        "HA-078 who is no voter needs one more",
                        voter(1, THIRD, new MemberName("srv4")).peers(dead(OTHER), votes(THIRD, POSITION))),
                wins(
                        "HA-078 and wins with it, the former leader's vote counted",
                        voter(1, THIRD).peers(votes(OTHER, POSITION), votes(THIRD, POSITION))),
                loses(
                        "SAF-050 a position without a promise is no vote",
                        voter(1, SELF, THIRD).peers(dead(OTHER), peer(THIRD, POSITION))),
                loses(
                        "SAF-050 a promise for another acquisition is no vote",
                        voter(1, SELF, THIRD)
                                .peers(
                                        dead(OTHER),
                                        votes(
                                                THIRD,
                                                POSITION,
                                                Tags.NONE,
                                                new Promise.Given(0, Timeline.FIRST, POSITION)))),
                loses(
                        "SAF-050 the promised position counts, not the one shown",
                        voter(1, SELF, THIRD)
                                .peers(
                                        dead(OTHER),
                                        votes(THIRD, POSITION, Tags.NONE, new Promise.Given(1, Timeline.FIRST, more)))),
                wins(
                        "a member of the reference gives no promises: its position counts",
                        voter(1, SELF, THIRD)
                                .peers(dead(OTHER), votes(THIRD, POSITION, Tags.NONE, new Promise.Reference()))),
                wins(
                        "HA-080 a nofailover voter votes",
                        voter(1, SELF, THIRD)
                                .peers(
                                        dead(OTHER),
                                        votes(
                                                THIRD,
                                                POSITION,
                                                nofailover(),
                                                new Promise.Given(1, Timeline.FIRST, POSITION)))),
                loses(
                        "a voter that is ahead gives no vote, and goes first",
                        voter(0, SELF, THIRD).peers(dead(OTHER), votes(THIRD, more))),
                loses(
                        "HA-081 a voter of a higher priority goes first",
                        voter(1, SELF, THIRD)
                                .peers(
                                        dead(OTHER),
                                        votes(
                                                THIRD,
                                                POSITION,
                                                priority(2),
                                                new Promise.Given(1, Timeline.FIRST, POSITION)))),
                wins(
                        "HA-081 one that is no voter does not, whatever its priority",
                        voter(0, SELF)
                                .peers(
                                        dead(OTHER),
                                        votes(
                                                THIRD,
                                                POSITION,
                                                priority(2),
                                                new Promise.Given(1, Timeline.FIRST, POSITION)))),
                wins(
                        "HA-079 the former leader wins without a vote if nobody has led since",
                        promised(
                                        replica()
                                                .mode(Mode.QUORUM)
                                                .register(SELF, 1, OTHER, THIRD)
                                                .epochOf(SELF),
                                        4)
                                .peers(dead(OTHER), dead(THIRD))),
                loses(
                        "HA-079 if somebody has, commits may be missing here",
                        promised(
                                        replica()
                                                .mode(Mode.QUORUM)
                                                .register(SELF, 1, OTHER, THIRD)
                                                .epochOf(THIRD),
                                        4)
                                .peers(dead(OTHER), dead(THIRD))),
                loses(
                        "HA-079 nor if a member is ahead",
                        promised(
                                        replica()
                                                .mode(Mode.QUORUM)
                                                .register(SELF, 1, OTHER, THIRD)
                                                .epochOf(SELF),
                                        4)
                                .peers(dead(OTHER), votes(THIRD, more))),
                loses(
                        "W-25 a candidate that was asked for needs its votes, too",
                        voter(1, SELF, THIRD).switchover(OTHER, SELF).peers(dead(OTHER), dead(THIRD))),
                wins(
                        "W-25 and wins with them",
                        voter(1, SELF, THIRD).switchover(OTHER, SELF).peers(dead(OTHER), votes(THIRD, POSITION))),
                loses(
                        "the register's quorum counts, whatever the mode has become",
                        voter(1, SELF, THIRD).mode(Mode.PRIORITY).peers(dead(OTHER), dead(THIRD))));
    }

    @Test
    @DisplayName("SAF-050 nobody votes or asks for votes while its receiver runs; it ends it and promises")
    void promising() {
        Seen streams =
                replica().mode(Mode.QUORUM).register(OTHER, 1, SELF, THIRD).upstream(Seen.upstream(OTHER));
        Turn first = streams.decide();
        assertThat(first.reason()).isEqualTo(Reason.ENDING_RECEIVER);
        assertThat(first.decisions()).containsExactly(new Follow(NOBODY, Role.REPLICA));
        assertThat(first.next().sync().promise()).isEmpty();
        Turn still = streams.upstream(NOBODY).before(first.next()).decide();
        assertThat(still.reason()).isEqualTo(Reason.ENDING_RECEIVER);
        assertThat(still.decisions()).isEmpty();
        assertThat(Synchronous.lookAgainWithin(still.next(), streams.observation()))
                .isPresent();
        Turn quiet = streams.noReceiver().before(still.next()).decide();
        assertThat(quiet.reason()).isEqualTo(Reason.ENDING_RECEIVER);
        assertThat(quiet.next().sync().promise())
                .describedAs("the startup process may begin one more receiver")
                .isEmpty();
        assertThat(streams.before(quiet.next())
                        .at(Duration.ofMillis(99))
                        .decide()
                        .next()
                        .sync()
                        .promise())
                .isEmpty();
        Turn ended = streams.at(Duration.ofMillis(100)).decide();
        assertThat(ended.reason()).isEqualTo(Reason.POLLING_MEMBERS);
        assertThat(ended.next().sync().promise()).contains(new Promise.Given(1, Timeline.FIRST, POSITION));
        Turn again = streams.upstream(Seen.upstream(OTHER)).decide();
        assertThat(again.next().sync().promise())
                .describedAs("without a receiver at the moment, but with somebody to stream from")
                .isEmpty();
        streams.upstream(NOBODY);
        Turn never = streams.tagged(nofailover()).decide();
        assertThat(never.reason()).isEqualTo(Reason.NOT_ALLOWED_TO_PROMOTE);
        assertThat(never.next().sync().promise()).describedAs("HA-080").isPresent();
    }

    @Test
    @DisplayName("HA-093, HA-078 a leader hands over to the listed only, and counts on a quorum where it names nobody")
    void candidates() {
        Seen seen = leader().mode(Mode.PRIORITY).register(SELF, 0, THIRD);
        assertThat(Candidates.of(situation(seen.switchover(SELF, null)), seen.request)
                        .members())
                .containsExactly(Seen.member(THIRD));
        assertThat(Candidates.of(situation(seen.switchover(SELF, OTHER)), seen.request)
                        .members())
                .isEmpty();
        assertThat(Candidates.of(situation(seen.switchover(null, OTHER)), seen.request)
                        .members())
                .containsExactly(Seen.member(OTHER));
        Seen any = leader().mode(Mode.QUORUM).register(SELF, 1, OTHER, THIRD);
        Situation few = situation(any.peers(peer(OTHER, POSITION), dead(THIRD)));
        Candidates.Fit fit = Candidates.of(few, Optional.empty()).fit("x", few);
        assertThat(fit.members()).isEmpty();
        assertThat(fit.notes()).contains(Note.info("Quorum requirement 1 can not be reached"));
        Situation enough = situation(any.peers(peer(OTHER, POSITION), peer(THIRD, POSITION)));
        assertThat(Candidates.of(enough, Optional.empty()).fit("x", enough).members())
                .hasSize(2);
    }

    private static Situation situation(Seen seen) {
        return new Situation(HaState.INITIAL, seen.observation(), seen.cluster());
    }
}

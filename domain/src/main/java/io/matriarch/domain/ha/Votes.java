package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The votes of a quorum (ha-decisions §8.4, SAF-050).
 *
 * <p>A vote is a promise. Who says how far its WAL reaches has ended its WAL receiver before, in a turn that saw the lock
 * free, and streams again only from whoever holds the lock by a later acquisition. So a commit that the old primary still
 * collects after the votes are cast has no quorum, however long its agent sleeps.
 */
final class Votes {

    /** Others may need a moment to end their receivers; later on nothing is lost by asking once a loop. */
    private static final Duration HASTE = Duration.ofSeconds(10);

    /** A startup process that has not read its configuration anew yet may begin one more receiver. */
    private static final Duration SETTLING = Duration.ofMillis(100);

    private Votes() {}

    /** Whether we may stream from nobody, for we have said how far our WAL reaches. */
    static boolean binds(Situation now) {
        return now.state().sync().promise().isPresent();
    }

    /**
     * Whether the race that a promise was given for is over: somebody has acquired the lock since. Who holds it without
     * having written an epoch is a member of the reference; a smaller number is that of a store that was lost.
     */
    static boolean isOver(Promise.Given promise, ClusterView cluster) {
        return cluster.leaderName()
                .filter(holder -> cluster.epoch().number() != promise.epoch()
                        || !cluster.epoch().wasHeldBy(holder))
                .isPresent();
    }

    private static boolean holds(Situation now, Promise.Given promise) {
        return promise.epoch() == now.cluster().epoch().number();
    }

    /** Our own promise; a receiver that still runs has to end first. */
    static Situation promise(Situation now) {
        SyncProgress progress = now.state().sync();
        if (!Synchronous.countsVotes(now)) {
            return now.with(now.state().withSync(progress.voting(false)));
        }
        boolean haste = now.state()
                .race()
                .freeSince()
                .filter(since -> now.seen().now().since(since).compareTo(HASTE) < 0)
                .isPresent();
        SyncProgress voting = progress.voting(haste);
        if (progress.promise().filter(given -> holds(now, given)).isPresent()) {
            return now.with(now.state().withSync(voting));
        }
        Optional<SqlView.Standby> quiet = quiet(now);
        if (quiet.isEmpty()) {
            return now.with(now.state().withSync(voting.quiet(Optional.empty())));
        }
        MonotonicTime since = progress.quietSince().orElse(now.seen().now());
        boolean ended = now.seen().now().since(since).compareTo(SETTLING) >= 0;
        return now.with(now.state()
                .withSync(
                        ended
                                ? voting.quiet(Optional.empty())
                                        .promising(Optional.of(new Promise.Given(
                                                now.cluster().epoch().number(),
                                                now.postgres().timeline(),
                                                quiet.get().position())))
                                : voting.quiet(Optional.of(since))));
    }

    /** Our server, if it has nobody to stream from and no receiver. */
    private static Optional<SqlView.Standby> quiet(Situation now) {
        return now.postgres().upstream().equals(Optional.of(new Upstream.Nobody()))
                        && now.postgres().sql() instanceof SqlView.Standby standby
                        && standby.receiver() == WalReceiver.NONE
                        && !standby.position().isZero()
                ? Optional.of(standby)
                : Optional.empty();
    }

    /** The turn that ends our WAL receiver; empty where votes are not counted or it has ended. */
    static Optional<Turn> endReceiver(Situation now) {
        boolean promised =
                now.state().sync().promise().filter(given -> holds(now, given)).isPresent();
        if (promised || !Synchronous.countsVotes(now) || !(now.postgres().sql() instanceof SqlView.Standby)) {
            return Optional.empty();
        }
        var nobody = new Upstream.Nobody();
        return Optional.of(
                now.postgres().upstream().equals(Optional.of(nobody))
                        ? now.turn(Reason.ENDING_RECEIVER)
                        : now.turn(Reason.ENDING_RECEIVER, new Decision.Follow(nobody, Role.REPLICA)));
    }

    /** Whether enough voters say that they have nothing that we lack. */
    static boolean enough(Situation now, List<Note> notes) {
        if (!Synchronous.countsVotes(now)) {
            return true;
        }
        SyncState register = now.cluster().sync();
        int votes = register.includes(now.self()) ? 0 : -1;
        boolean ahead = false;
        for (PeerAnswer answer : now.seen().peers().orElse(List.of())) {
            if (answer instanceof PeerAnswer.Reachable peer && peer.inRecovery() && register.includes(peer.name())) {
                boolean lacks = isAhead(now, peer.timeline(), peer.position());
                ahead |= lacks;
                if (!lacks && isVote(now, peer)) {
                    votes++;
                    notes.add(Note.info("Got quorum vote from " + peer.name()));
                }
            }
        }
        boolean formerLeader =
                register.leader().filter(now.self()::matchesIgnoringCase).isPresent()
                        && now.cluster().epoch().wasHeldBy(now.self());
        boolean won = votes >= register.quorum() || formerLeader && !ahead;
        if (!won) {
            notes.add(Note.info("Quorum requirement " + register.quorum() + " can not be reached, I have "
                    + Math.max(0, votes) + " votes"));
        }
        return won;
    }

    private static boolean isVote(Situation now, PeerAnswer.Reachable peer) {
        return switch (peer.promise()) {
            case Promise.None _ -> false;
            case Promise.Reference _ -> !peer.position().isZero();
            case Promise.Given given ->
                holds(now, given) && !given.position().isZero() && !isAhead(now, given.timeline(), given.position());
        };
    }

    private static boolean isAhead(Situation now, Timeline timeline, Lsn position) {
        Timeline ours = now.postgres().timeline();
        if (ours.isKnown() && timeline.isKnown() && !ours.equals(timeline)) {
            return ours.isBefore(timeline);
        }
        return position.isAfter(now.position());
    }
}

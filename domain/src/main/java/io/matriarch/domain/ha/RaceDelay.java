package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.SqlView;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How long a race is put off, and for whom. */
final class RaceDelay {

    private RaceDelay() {}

    /**
     * WAL that still comes in speaks for a primary that lives and has only lost the store: with
     * {@code primary_race_backoff} the replicas give it that long to come back (ha-decisions §8.1, W-27).
     */
    static Optional<Turn> backoff(Situation now) {
        Duration backoff = now.settings().raceBackoff();
        boolean applies = backoff.isPositive()
                && !now.settings().isStandbyCluster()
                && now.cluster().request().flatMap(SwitchoverRequest::candidate).isEmpty()
                && now.state().race().latest().isPresent();
        if (!applies) {
            return Optional.empty();
        }
        Duration left = backoff.minus(free(now));
        boolean streams = now.postgres().sql() instanceof SqlView.Standby standby && standby.streaming();
        boolean first = left.compareTo(backoff.minus(now.settings().loopWait())) > 0;
        boolean moves = left.isPositive() && streams && now.state().race().moves(now.position());
        return first || moves
                ? Optional.of(now.turn(
                        Reason.RACE_PUT_OFF, List.of(now.self().value(), Long.toString(Math.max(0, left.toSeconds())))))
                : Optional.empty();
    }

    /**
     * A candidate that was asked for has the right of way for one ttl: one that answers its peers and cannot reach the
     * store would keep everybody from leading otherwise (W-5).
     */
    static boolean candidateHadItsTime(Situation now) {
        return free(now).compareTo(now.settings().ttl()) >= 0;
    }

    private static Duration free(Situation now) {
        return now.state()
                .race()
                .freeSince()
                .map(since -> now.seen().now().since(since))
                .orElse(Duration.ZERO);
    }
}

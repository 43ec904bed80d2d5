package io.matriarch.simulation;

import io.matriarch.domain.ha.Reason;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What runs that broke no rule were like.
 *
 * @param seeds their number
 * @param simulated their length
 * @param events of the scheduler
 * @param turns of all members
 * @param acknowledged commits the clients were told of
 * @param unacknowledged writes that failed, and those of which nobody knows
 * @param lost acknowledged commits that an asynchronous failover has lost
 * @param primaries starts of a writable server
 * @param promotions those of them that were promotions
 * @param handOvers planned ones
 * @param injected faults by kind
 * @param effective those of them that somebody has noticed
 * @param reasons turns by their reason
 */
public record Report(
        long seeds,
        Duration simulated,
        long events,
        long turns,
        long acknowledged,
        long unacknowledged,
        long lost,
        int primaries,
        int promotions,
        int handOvers,
        SortedMap<String, Integer> injected,
        SortedMap<String, Integer> effective,
        SortedMap<Reason, Long> reasons) {

    static final Report NONE =
            new Report(0, Duration.ZERO, 0, 0, 0, 0, 0, 0, 0, 0, new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    Report plus(Report other) {
        return new Report(
                seeds + other.seeds,
                simulated.plus(other.simulated),
                events + other.events,
                turns + other.turns,
                acknowledged + other.acknowledged,
                unacknowledged + other.unacknowledged,
                lost + other.lost,
                primaries + other.primaries,
                promotions + other.promotions,
                handOvers + other.handOvers,
                sum(injected, other.injected),
                sum(effective, other.effective),
                sumLong(reasons, other.reasons));
    }

    private static SortedMap<String, Integer> sum(SortedMap<String, Integer> one, SortedMap<String, Integer> other) {
        var sum = new TreeMap<>(one);
        other.forEach((kind, count) -> sum.merge(kind, count, Integer::sum));
        return sum;
    }

    private static SortedMap<Reason, Long> sumLong(SortedMap<Reason, Long> one, SortedMap<Reason, Long> other) {
        var sum = new TreeMap<>(one);
        other.forEach((reason, count) -> sum.merge(reason, count, Long::sum));
        return sum;
    }

    double hours() {
        return simulated.toMillis() / 3_600_000.0;
    }

    int effectiveFaults() {
        return effective.values().stream().mapToInt(Integer::intValue).sum();
    }
}

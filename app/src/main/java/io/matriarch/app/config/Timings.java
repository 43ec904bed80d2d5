package io.matriarch.app.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The three times everything else is counted in; {@code loopWait + 2 * retryTimeout <= ttl} holds for each object.
 *
 * @param ttl length of the leader's lease, at least 2 s
 * @param loopWait pause between turns, at least 0.25 s
 * @param retryTimeout bound on one round of calls, at least 0.5 s
 */
public record Timings(Duration ttl, Duration loopWait, Duration retryTimeout) {

    public static final Timings DEFAULT =
            new Timings(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(10));

    private static final Map<String, Duration> FLOORS = Map.of(
            "ttl", Duration.ofSeconds(2), "loop_wait", Duration.ofMillis(250), "retry_timeout", Duration.ofMillis(500));

    public Timings {
        if (loopWait.plus(retryTimeout.multipliedBy(2)).compareTo(ttl) > 0) {
            throw new IllegalArgumentException(
                    "loop_wait + 2*retry_timeout > ttl: " + loopWait + ", " + retryTimeout + ", " + ttl);
        }
    }

    /** Seconds, or empty for what is no number; a boolean is none. */
    static Optional<Duration> read(Object value) {
        return TreeSection.asSeconds(value, Optional.empty());
    }

    static boolean belowFloor(String key, Object value) {
        return read(value).filter(time -> time.compareTo(FLOORS.get(key)) >= 0).isEmpty();
    }

    /**
     * The times in force for the times asked for.
     *
     * @param warnings takes a sentence for each time that is not the one asked for
     */
    static Timings adjusted(Duration ttl, Duration loopWait, Duration retryTimeout, List<String> warnings) {
        Duration lease = raised("ttl", ttl, warnings);
        Duration pause = raised("loop_wait", loopWait, warnings);
        Duration retry = raised("retry_timeout", retryTimeout, warnings);
        if (pause.plus(retry.multipliedBy(2)).compareTo(lease) <= 0) {
            return new Timings(lease, pause, retry);
        }
        Duration left = lease.minus(retry.multipliedBy(2));
        Duration floor = FLOORS.get("loop_wait");
        Timings fitting = left.compareTo(floor) >= 0
                ? new Timings(lease, left, retry)
                : new Timings(lease, floor, lease.minus(floor).dividedBy(2));
        warnings.add("Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=" + seconds(lease)
                + ", loop_wait=" + seconds(pause) + " and retry_timeout=" + seconds(retry)
                + ": loop_wait=" + seconds(fitting.loopWait) + " and retry_timeout=" + seconds(fitting.retryTimeout)
                + " are used");
        return fitting;
    }

    private static Duration raised(String key, Duration asked, List<String> warnings) {
        Duration floor = FLOORS.get(key);
        if (asked.compareTo(floor) >= 0) {
            return asked;
        }
        warnings.add(key + "=" + seconds(asked) + " can't be smaller than " + seconds(floor) + ", adjusting...");
        return floor;
    }

    /** Seconds without needless digits: 10, 0.25. */
    static String seconds(Duration time) {
        return BigDecimal.valueOf(time.toNanos(), 9).stripTrailingZeros().toPlainString();
    }
}

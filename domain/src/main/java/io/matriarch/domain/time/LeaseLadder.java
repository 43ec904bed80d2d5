package io.matriarch.domain.time;

import java.time.Duration;

/**
 * When what happens before a lease of a given length ends (SAF-040): a clean stop, the courtesy of an immediate
 * shutdown, the kill. All of it lies before the deadline by the margin, so that nothing writes when another may begin.
 *
 * @param margin how long before the deadline everything is dead: at least 250 ms, a twentieth of the ttl
 * @param politeness between the immediate shutdown and the kill
 * @param stopBudget what a clean stop gets
 * @param renewalInterval between two renewals: a third of the ttl, below 5 s a sixth (SAF-070)
 */
public record LeaseLadder(Duration margin, Duration politeness, Duration stopBudget, Duration renewalInterval) {

    private static final Duration QUARTER_SECOND = Duration.ofMillis(250);

    public static LeaseLadder of(Duration ttl) {
        Duration twentieth = part(ttl, 20);
        Duration margin = twentieth.compareTo(QUARTER_SECOND) > 0 ? twentieth : QUARTER_SECOND;
        int renewals = ttl.compareTo(Duration.ofSeconds(5)) < 0 ? 6 : 3;
        return new LeaseLadder(margin, QUARTER_SECOND, margin, part(ttl, renewals));
    }

    /** First rung: the agent begins a clean stop. Until then it goes on trying to renew, not shorter, not longer. */
    public MonotonicTime cleanStopAt(MonotonicTime deadline) {
        return immediateAt(deadline).minus(stopBudget);
    }

    /** Second rung: an immediate shutdown. */
    public MonotonicTime immediateAt(MonotonicTime deadline) {
        return killAt(deadline).minus(politeness);
    }

    /** Third rung: everything has been killed, and nobody is told any more that this is the primary (SAF-062). */
    public MonotonicTime killAt(MonotonicTime deadline) {
        return deadline.minus(margin);
    }

    /** Longest time without a sign of life from the loop before renewals stop: half the ttl, at least a second. */
    public static Duration mandate(Duration ttl) {
        Duration half = part(ttl, 2);
        return half.compareTo(Duration.ofSeconds(1)) > 0 ? half : Duration.ofSeconds(1);
    }

    /** {@link Duration#dividedBy} calculates with decimals of any length: too slow for what is asked all the time. */
    private static Duration part(Duration whole, int parts) {
        return Duration.ofNanos(whole.toNanos() / parts);
    }
}

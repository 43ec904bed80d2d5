package io.matriarch.domain.failsafe;

import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;

/**
 * This member's word to a leader without the store that it will not try to lead (SAF-047).
 *
 * @param claim what the leader said
 * @param given when it was answered
 * @param length the leader's ttl or our own, whichever is longer
 */
public record FailsafePromise(FailsafeClaim claim, MonotonicTime given, Duration length) {

    private static final Duration GRACE = Duration.ofMillis(20);

    /** Whether it still binds: counted as the grantor of a lease counts it (SAF-002). */
    public boolean binds(MonotonicTime now) {
        return within(now, given, length);
    }

    /** Whether somebody whose clock ends a {@code ttl} that began before {@code start} may still rely on it. */
    public static boolean within(MonotonicTime now, MonotonicTime start, Duration ttl) {
        return now.grantorSince(start).compareTo(bound(ttl)) <= 0;
    }

    /** How long a grantor waits for a lease of that length: a thousandth more, and 20 ms. */
    public static Duration bound(Duration ttl) {
        return ttl.plus(ttl.dividedBy(1000)).plus(GRACE);
    }
}

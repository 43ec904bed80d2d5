package io.matriarch.adapters.watchdog;

import java.time.Duration;

/**
 * How long the device waits, in whole seconds.
 *
 * @param ttl the lease's length
 * @param loopWait pause between turns
 * @param timeout how long after the last keepalive the device resets the machine
 * @param shortened whether the lease is too short for the safety margin, so that the timeout is half of it
 */
record WatchdogTiming(int ttl, int loopWait, int timeout, boolean shortened) {

    /** Below it a fixed margin of seconds leaves nothing to wait (SAF-040). */
    static final int SHORT_TTL = 10;

    /**
     * The timeout for a lease.
     *
     * @param safetyMargin seconds; -1 for half of the lease
     */
    static WatchdogTiming of(Duration ttl, Duration loopWait, int safetyMargin) {
        int lease = Math.toIntExact(ttl.toSeconds());
        // A fraction of a second counts as a whole one: the slack must not look larger than it is.
        int pause = Math.toIntExact(loopWait.plusNanos(999_999_999).toSeconds());
        if (lease < SHORT_TTL) {
            return new WatchdogTiming(lease, pause, Math.max(1, lease / 2), safetyMargin >= 0);
        }
        int timeout = safetyMargin < 0 ? lease / 2 : lease - safetyMargin;
        return new WatchdogTiming(lease, pause, timeout, false);
    }

    /** How late a keepalive may come; negative when the device would fire between two regular ones. */
    int slack() {
        return slackOf(timeout);
    }

    int slackOf(int actualTimeout) {
        return actualTimeout - loopWait;
    }
}

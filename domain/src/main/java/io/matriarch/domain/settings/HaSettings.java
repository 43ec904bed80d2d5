package io.matriarch.domain.settings;

import java.time.Duration;
import java.util.Optional;

/**
 * The configuration as far as decisions depend on it.
 *
 * @param ttl length of the leader's lease
 * @param loopWait pause between turns
 * @param retryTimeout bound on one round of calls to the store or to PostgreSQL
 * @param maximumLagOnFailover bytes a candidate may lie behind the leader's last published position
 * @param primaryStartTimeout how long a crashed primary may take to come up before a failover; zero for at once
 * @param primaryStopTimeout how long a stop may take in synchronous mode before it is forced
 * @param pgCtlTimeout how long a start or restart is waited for
 * @param checkTimeline whether a candidate's timeline must not be behind
 * @param paused whether automation is off
 * @param useSlots whether members stream through replication slots
 * @param memberSlotsTtl how long the slot of an absent member is kept; zero for not at all
 * @param mayBootstrap whether the local configuration says how to initialize a cluster
 * @param removeOnRewindFailure whether a data directory may be removed after a failed rewind
 * @param removeOnDivergedTimelines whether a diverged data directory may be removed when it cannot be rewound
 */
public record HaSettings(
        Duration ttl,
        Duration loopWait,
        Duration retryTimeout,
        long maximumLagOnFailover,
        Duration primaryStartTimeout,
        Optional<Duration> primaryStopTimeout,
        Duration pgCtlTimeout,
        boolean checkTimeline,
        boolean paused,
        boolean useSlots,
        Duration memberSlotsTtl,
        boolean mayBootstrap,
        boolean removeOnRewindFailure,
        boolean removeOnDivergedTimelines) {

    /** The reference's defaults. */
    public static final HaSettings DEFAULTS = new HaSettings(
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            1048576,
            Duration.ofSeconds(300),
            Optional.empty(),
            Duration.ofSeconds(60),
            false,
            false,
            true,
            Duration.ofMinutes(30),
            true,
            false,
            false);

    public HaSettings {
        if (loopWait.plus(retryTimeout.multipliedBy(2)).compareTo(ttl) > 0) {
            throw new IllegalArgumentException("loop_wait + 2 * retry_timeout <= ttl does not hold: " + loopWait
                    + " + 2 * " + retryTimeout + " > " + ttl);
        }
    }

    /** How long a peer is waited for: 2 s, or less with a short lease (SAF-070). */
    public Duration peerPatience() {
        Duration eighth = ttl.dividedBy(8);
        return eighth.compareTo(Duration.ofSeconds(2)) < 0 ? eighth : Duration.ofSeconds(2);
    }
}

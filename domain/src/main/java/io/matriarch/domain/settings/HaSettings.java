package io.matriarch.domain.settings;

import io.matriarch.domain.postgres.StandbyCluster;
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
 * @param mayBootstrap whether the local configuration says how to initialize a cluster
 * @param leaderlessCopy whether a method to create a replica needs nobody to copy from
 * @param removeOnRewindFailure whether a data directory may be removed after a failed rewind
 * @param removeOnDivergedTimelines whether a diverged data directory may be removed when it cannot be rewound
 * @param sync synchronous replication
 * @param failsafe whether a primary goes on without the store while all members agree
 * @param standbyCluster the cluster this one follows, if it is a standby cluster
 * @param slots replication slots
 * @param maxTimelinesHistory lines of history kept, 0 for all
 * @param primaryHangTimeout how long a primary may show no sign that it can write before another member takes over; zero
 *     for any time
 * @param prePromote whether the operator has a script that may forbid a promotion
 * @param raceBackoff how long a replica whose WAL still moves puts off a race; zero for not at all
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
        boolean mayBootstrap,
        boolean leaderlessCopy,
        boolean removeOnRewindFailure,
        boolean removeOnDivergedTimelines,
        SyncSettings sync,
        boolean failsafe,
        Optional<StandbyCluster> standbyCluster,
        SlotSettings slots,
        int maxTimelinesHistory,
        Duration primaryHangTimeout,
        boolean prePromote,
        Duration raceBackoff) {

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
            false,
            false,
            false,
            SyncSettings.OFF,
            false,
            Optional.empty(),
            SlotSettings.DEFAULTS,
            0,
            Duration.ofSeconds(300),
            false,
            Duration.ZERO);

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

    /** How long a primary may take to stop before it is forced: {@code primary_stop_timeout} holds in a synchronous mode. */
    public Duration stopTimeout() {
        return sync.isOn() ? primaryStopTimeout.orElse(pgCtlTimeout) : pgCtlTimeout;
    }

    /** Whether this cluster follows another one: nobody is promoted then. */
    public boolean isStandbyCluster() {
        return standbyCluster.isPresent();
    }

    /** The same with some of it changed; nothing is checked before {@link Edit#build}. */
    public Edit edit() {
        return new Edit(this);
    }

    /** A copy that can be changed setting by setting. */
    public static final class Edit {
        private Duration ttl;
        private Duration loopWait;
        private Duration retryTimeout;
        private long maximumLagOnFailover;
        private Duration primaryStartTimeout;
        private Optional<Duration> primaryStopTimeout;
        private Duration pgCtlTimeout;
        private boolean checkTimeline;
        private boolean paused;
        private boolean mayBootstrap;
        private boolean leaderlessCopy;
        private boolean removeOnRewindFailure;
        private boolean removeOnDivergedTimelines;
        private SyncSettings sync;
        private boolean failsafe;
        private Optional<StandbyCluster> standbyCluster;
        private SlotSettings slots;
        private int maxTimelinesHistory;
        private Duration primaryHangTimeout;
        private boolean prePromote;
        private Duration raceBackoff;

        private Edit(HaSettings from) {
            ttl = from.ttl;
            loopWait = from.loopWait;
            retryTimeout = from.retryTimeout;
            maximumLagOnFailover = from.maximumLagOnFailover;
            primaryStartTimeout = from.primaryStartTimeout;
            primaryStopTimeout = from.primaryStopTimeout;
            pgCtlTimeout = from.pgCtlTimeout;
            checkTimeline = from.checkTimeline;
            paused = from.paused;
            mayBootstrap = from.mayBootstrap;
            leaderlessCopy = from.leaderlessCopy;
            removeOnRewindFailure = from.removeOnRewindFailure;
            removeOnDivergedTimelines = from.removeOnDivergedTimelines;
            sync = from.sync;
            failsafe = from.failsafe;
            standbyCluster = from.standbyCluster;
            slots = from.slots;
            maxTimelinesHistory = from.maxTimelinesHistory;
            primaryHangTimeout = from.primaryHangTimeout;
            prePromote = from.prePromote;
            raceBackoff = from.raceBackoff;
        }

        public Edit maximumLagOnFailover(long value) {
            maximumLagOnFailover = value;
            return this;
        }

        public Edit primaryStartTimeout(Duration value) {
            primaryStartTimeout = value;
            return this;
        }

        public Edit pgCtlTimeout(Duration value) {
            pgCtlTimeout = value;
            return this;
        }

        public Edit checkTimeline(boolean value) {
            checkTimeline = value;
            return this;
        }

        public Edit paused(boolean value) {
            paused = value;
            return this;
        }

        public Edit mayBootstrap(boolean value) {
            mayBootstrap = value;
            return this;
        }

        public Edit leaderlessCopy(boolean value) {
            leaderlessCopy = value;
            return this;
        }

        public Edit removeOnRewindFailure(boolean value) {
            removeOnRewindFailure = value;
            return this;
        }

        public Edit removeOnDivergedTimelines(boolean value) {
            removeOnDivergedTimelines = value;
            return this;
        }

        public Edit sync(SyncSettings value) {
            sync = value;
            return this;
        }

        public Edit failsafe(boolean value) {
            failsafe = value;
            return this;
        }

        public Edit standbyCluster(Optional<StandbyCluster> value) {
            standbyCluster = value;
            return this;
        }

        public Edit slots(SlotSettings value) {
            slots = value;
            return this;
        }

        public Edit prePromote(boolean value) {
            prePromote = value;
            return this;
        }

        public Edit maxTimelinesHistory(int value) {
            maxTimelinesHistory = value;
            return this;
        }

        public Edit primaryHangTimeout(Duration value) {
            primaryHangTimeout = value;
            return this;
        }

        public Edit raceBackoff(Duration value) {
            raceBackoff = value;
            return this;
        }

        /** The three that depend on each other. */
        public Edit timing(Duration ttl, Duration loopWait, Duration retryTimeout) {
            this.ttl = ttl;
            this.loopWait = loopWait;
            this.retryTimeout = retryTimeout;
            return this;
        }

        public Edit primaryStopTimeout(Optional<Duration> value) {
            primaryStopTimeout = value;
            return this;
        }

        public HaSettings build() {
            return new HaSettings(
                    ttl,
                    loopWait,
                    retryTimeout,
                    maximumLagOnFailover,
                    primaryStartTimeout,
                    primaryStopTimeout,
                    pgCtlTimeout,
                    checkTimeline,
                    paused,
                    mayBootstrap,
                    leaderlessCopy,
                    removeOnRewindFailure,
                    removeOnDivergedTimelines,
                    sync,
                    failsafe,
                    standbyCluster,
                    slots,
                    maxTimelinesHistory,
                    primaryHangTimeout,
                    prePromote,
                    raceBackoff);
        }
    }
}

package io.matriarch.app.config;

import io.matriarch.domain.postgres.StandbyCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The top level of the dynamic configuration apart from the three times.
 *
 * @param maximumLagOnFailoverBytes a candidate further behind is none
 * @param maximumLagOnSyncnodeBytes a synchronous standby further behind is replaced; 0 or less for never
 * @param maxTimelinesHistory rows of history kept, 0 for all
 * @param primaryStartTimeout how long a crashed primary may take to recover, zero for not at all
 * @param primaryStopTimeout after which a stopping primary is killed in synchronous mode, zero for never
 * @param primaryHangTimeout how long a primary may show no sign that it can write, zero for any time; absent for the
 *     longer of {@code primary_start_timeout} and twice the ttl
 * @param primaryRaceBackoff delay of the race while the own WAL still moves
 * @param synchronousMode always off in a standby cluster
 * @param synchronousModeStrict no commit without a synchronous standby
 * @param synchronousNodeCount synchronous standbys wanted
 * @param failsafeMode a primary stays one without the store while all members agree
 * @param checkTimeline a candidate's timeline must not be behind
 * @param paused automation is off
 * @param memberSlotsTtl how long the slot of an absent member is kept, zero for not at all
 * @param permanentSlots slots by name that are never dropped
 * @param ignoredSlots properties of slots that are left alone
 * @param standbyCluster the cluster this one follows
 */
public record DynamicSettings(
        long maximumLagOnFailoverBytes,
        long maximumLagOnSyncnodeBytes,
        long maxTimelinesHistory,
        Duration primaryStartTimeout,
        Duration primaryStopTimeout,
        Optional<Duration> primaryHangTimeout,
        Duration primaryRaceBackoff,
        SynchronousMode synchronousMode,
        boolean synchronousModeStrict,
        int synchronousNodeCount,
        boolean failsafeMode,
        boolean checkTimeline,
        boolean paused,
        Duration memberSlotsTtl,
        Map<String, Object> permanentSlots,
        List<Map<String, Object>> ignoredSlots,
        Optional<StandbyCluster> standbyCluster) {

    /** Whether commits wait for standbys. */
    public enum SynchronousMode {
        OFF,
        ON,
        QUORUM
    }

    public DynamicSettings {
        permanentSlots = Trees.frozen(permanentSlots);
        ignoredSlots = ignoredSlots.stream().map(Trees::frozen).toList();
    }
}

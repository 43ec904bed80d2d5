package io.matriarch.simulation;

import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.settings.SyncSettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Which reasons and which kinds of faults a batch has to reach; the others are listed with why it can't be asked to. */
final class Coverage {

    /** A batch of so many seeds has to reach them all. */
    static final int SEEDS = 300;

    private static final Map<Reason, String> OUT_OF_REACH = new EnumMap<>(Reason.class);

    private static final List<Reason> OF_A_STANDBY_CLUSTER = List.of(
            Reason.STANDBY_LEADER_WITH_LOCK,
            Reason.FOLLOWING_STANDBY_LEADER,
            Reason.STANDBY_LEADER_AFTER_RACE,
            Reason.STANDBY_LEADER_BY_LOCK,
            Reason.SWITCHOVER_RELEASING,
            Reason.STARTING_AS_STANDBY_LEADER,
            Reason.BOOTSTRAPPING_STANDBY_LEADER,
            Reason.STARTING_NEW_STANDBY_LEADER,
            Reason.WAITING_FOR_STANDBY_LEADER);

    static {
        because(
                "no cluster here is demoted to a standby cluster, and members have no copies but those of each other",
                Reason.STANDBY_CLUSTER_PROMOTES_NOBODY,
                Reason.PRIMARY_IN_STANDBY_CLUSTER,
                Reason.REAL_PRIMARY_IN_STANDBY_CLUSTER,
                Reason.ARCHIVING_SHUTDOWN_WAL,
                Reason.DEMOTION_POLLING,
                Reason.DEMOTION_RELEASING,
                Reason.FOLLOWING_OLD_STANDBY_LEADER,
                Reason.COPYING_WITHOUT_LEADER);
        because("servers have no slots here", Reason.COPYING_LOGICAL_SLOTS, Reason.SLOT_NAME_TAKEN);
        because("a second process with a member's name comes only while the first one stands still", Reason.NAME_TAKEN);
        because(
                "no directory of another cluster is brought in, and the initialize key is left alone",
                Reason.SYSTEM_ID_INVALID,
                Reason.SYSTEM_ID_MISMATCH,
                Reason.SYSTEM_ID_MISMATCH_PAUSED,
                Reason.NO_INITIALIZE_KEY_AS_REPLICA,
                Reason.STOPPING_FOREIGN,
                Reason.SYSTEM_ID_INVALID_AS_LEADER,
                Reason.JOINING_UNINITIALIZED);
        because(
                "who deletes the leader key does so while its holder is at work, and nobody promotes a server by hand",
                Reason.PRIMARY_WITHOUT_LOCK,
                Reason.PRIMARY_OVERTAKEN,
                Reason.PRIMARY_BEHIND_CLUSTER,
                Reason.LOCK_LOST,
                Reason.LOCK_LOST_AS_REPLICA,
                Reason.PAUSED_PRIMARY_KEEPS_LOCK_LOST,
                Reason.PAUSED_PRIMARY_WITHOUT_LOCK,
                Reason.PAUSED_LOCK_NOT_PRIMARY);
        because("in pause agents stay at work", Reason.SHUTDOWN_PAUSED);
        because(
                "a killed server leaves nothing behind, and a directory is there or not",
                Reason.SERVER_REMAINS,
                Reason.DIRECTORY_INACCESSIBLE);
        because("there is no custom bootstrap", Reason.BOOTSTRAP_WAITING_FOR_RECOVERY);
        because(
                "the agent's guard stops the server at the very rung at which a turn would",
                Reason.DCS_UNREACHABLE_AS_PRIMARY);
        because(
                "it takes two things within milliseconds of each other: most batches have it, not all",
                Reason.FOLLOWING_REMOTE_WITHOUT_LEADER,
                Reason.WATCHDOG_PREVENTS_PROMOTION,
                Reason.WATCHDOG_NOT_ACTIVATED,
                Reason.WATCHDOG_LOST_STOPPED,
                Reason.LOST_BEFORE_PROMOTE,
                Reason.START_LOST_LOCK,
                Reason.TASK_LOST_LOCK,
                Reason.START_TIMED_OUT_ALONE,
                Reason.START_FAILED,
                Reason.PRIMARY_NOT_ALLOWED,
                Reason.WAITING_FOR_FORMER_LEASE,
                Reason.RACE_PUT_OFF,
                Reason.RACE_LOST);
    }

    private Coverage() {}

    private static void because(String why, Reason... reasons) {
        for (Reason reason : reasons) {
            OUT_OF_REACH.put(reason, why);
        }
    }

    /** What a batch of {@link #SEEDS} should have had and has not. */
    static List<String> missing(Report report, Scenario scenario) {
        List<String> missing = reasons(report, scenario);
        missing.addAll(FaultKinds.missing(report, scenario));
        FaultKinds.unlisted(report).forEach(kind -> missing.add(kind + " (in no list of FaultKinds)"));
        return missing;
    }

    private static List<String> reasons(Report report, Scenario scenario) {
        List<String> missing = new ArrayList<>();
        for (Reason reason : Reason.values()) {
            if (!report.reasons().containsKey(reason)
                    && !OUT_OF_REACH.containsKey(reason)
                    && isOf(scenario.sync(), reason)) {
                missing.add(reason.name());
            }
        }
        return missing;
    }

    /** Some are those of a synchronous mode alone, some those of a cluster that follows another one. */
    private static boolean isOf(SyncSettings.Mode mode, Reason reason) {
        if (reason == Reason.ENDING_RECEIVER) {
            return mode == SyncSettings.Mode.QUORUM;
        }
        if (reason == Reason.WAITING_FOR_SYNC_RELEASE) {
            return mode != SyncSettings.Mode.OFF;
        }
        return mode == SyncSettings.Mode.OFF || !OF_A_STANDBY_CLUSTER.contains(reason);
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.StandbyCluster;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Settings that only a server in recovery looks at. */
final class RecoverySettings {

    /** Their names, {@code standby_mode} and the names of older versions included. */
    static final Set<String> NAMES = Set.copyOf(new TreeSet<>(Set.of(
            "archive_cleanup_command",
            "pause_at_recovery_target",
            "primary_conninfo",
            "primary_slot_name",
            "promote_trigger_file",
            "recovery_end_command",
            "recovery_min_apply_delay",
            "recovery_target",
            "recovery_target_action",
            "recovery_target_inclusive",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_timeline",
            "recovery_target_xid",
            "restore_command",
            "standby_mode",
            "trigger_file")));

    private static final Set<String> TARGETS = Set.of(
            "recovery_target",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid");
    /** What the agent alone decides. */
    private static final Set<String> OWN =
            Set.of("primary_conninfo", "primary_slot_name", "standby_mode", "trigger_file");

    private RecoverySettings() {}

    /**
     * Takes recovery settings out of the parameters; if there are any they replace the configured section, as the
     * reference does it.
     */
    static SortedMap<String, String> takeFrom(
            SortedMap<String, String> parameters, SortedMap<String, String> configured) {
        var found = new TreeMap<String, String>();
        NAMES.forEach(name -> {
            if (parameters.containsKey(name)) {
                found.put(name, parameters.remove(name));
            }
        });
        return found.isEmpty() ? configured : found;
    }

    /** What a standby cluster says of its archive holds for all its members, whatever their own sections say. */
    static void override(SortedMap<String, String> wanted, StandbyCluster cluster) {
        cluster.restoreCommand().ifPresent(command -> wanted.put("restore_command", command));
        cluster.archiveCleanupCommand().ifPresent(command -> wanted.put("archive_cleanup_command", command));
    }

    /** What a standby's configuration has besides where it streams from. */
    static SortedMap<String, String> forStandby(SortedMap<String, String> configured) {
        var wanted = new TreeMap<String, String>();
        configured.forEach((name, value) -> {
            if (NAMES.contains(name) && !OWN.contains(name) && !name.startsWith("recovery_target")) {
                wanted.put(name, value);
            }
        });
        // A target left behind by a restore would end the recovery of a standby for good.
        TARGETS.forEach(name -> wanted.put(name, ""));
        wanted.put("recovery_target_timeline", "latest");
        return wanted;
    }
}

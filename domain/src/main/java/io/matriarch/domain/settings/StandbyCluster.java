package io.matriarch.domain.settings;

import java.util.List;
import java.util.Optional;

/**
 * The other cluster that a standby cluster follows (ha-decisions §14). At least one of host, port and restore command is
 * given.
 *
 * @param host one or several with commas
 * @param primarySlotName slot over there; none is used when absent
 * @param createReplicaMethods for the standby leader
 * @param restoreCommand for all members
 * @param archiveCleanupCommand for all members
 * @param recoveryMinApplyDelay for the standby leader
 */
public record StandbyCluster(
        Optional<String> host,
        Optional<Integer> port,
        Optional<String> primarySlotName,
        List<String> createReplicaMethods,
        Optional<String> restoreCommand,
        Optional<String> archiveCleanupCommand,
        Optional<String> recoveryMinApplyDelay) {

    public StandbyCluster {
        createReplicaMethods = List.copyOf(createReplicaMethods);
    }
}

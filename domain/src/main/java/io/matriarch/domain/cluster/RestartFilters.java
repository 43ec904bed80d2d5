package io.matriarch.domain.cluster;

import java.util.Optional;

/**
 * Conditions of a restart.
 *
 * @param role only in this role
 * @param olderThan only if the server's version is lower, as {@code server_version_num}
 * @param pendingOnly only if a parameter waits for it
 */
public record RestartFilters(Optional<Role> role, Optional<Integer> olderThan, boolean pendingOnly) {

    public static final RestartFilters NONE = new RestartFilters(Optional.empty(), Optional.empty(), false);
}

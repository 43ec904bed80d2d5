package io.matriarch.domain.cluster;

import java.time.Instant;
import java.util.Optional;

/**
 * A restart that somebody has scheduled.
 *
 * @param at when
 * @param serverStartedAt start time of the postmaster it was scheduled for, as text: another one cancels it
 * @param filters conditions that must hold then
 * @param timeoutSeconds how long the start may take
 */
public record ScheduledRestart(
        Instant at, String serverStartedAt, RestartFilters filters, Optional<Integer> timeoutSeconds) {}

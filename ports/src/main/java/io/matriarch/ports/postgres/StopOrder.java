package io.matriarch.ports.postgres;

import io.matriarch.domain.postgres.StopMode;
import java.time.Duration;
import java.util.Optional;

/**
 * How to stop.
 *
 * @param mode what to begin with
 * @param checkpointFirst whether a CHECKPOINT shortens the shutdown
 * @param escalateAfter when to go from fast to immediate, and half of it later to the kill; empty for never
 * @param why for the log
 */
public record StopOrder(StopMode mode, boolean checkpointFirst, Optional<Duration> escalateAfter, String why) {}

package io.matriarch.domain.settings;

import java.time.Duration;

/**
 * What is asked for of replication slots (ha-decisions §21).
 *
 * @param use whether members stream through replication slots
 * @param memberTtl how long the slot of an absent member is kept; zero for not at all
 */
public record SlotSettings(boolean use, Duration memberTtl) {

    /** The reference's defaults. */
    public static final SlotSettings DEFAULTS = new SlotSettings(true, Duration.ofMinutes(30));
}

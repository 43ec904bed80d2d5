package io.matriarch.domain.settings;

import java.time.Duration;
import java.util.List;

/**
 * What is asked for of replication slots (ha-decisions §21).
 *
 * @param use whether members stream through replication slots; without, no slot is wanted at all
 * @param memberTtl how long the slot of an absent member is kept; zero for not at all
 * @param permanent slots that are there whoever uses them
 * @param ignored slots that are not ours to drop
 */
public record SlotSettings(boolean use, Duration memberTtl, List<PermanentSlot> permanent, List<IgnoredSlot> ignored) {

    /** The reference's defaults. */
    public static final SlotSettings DEFAULTS = new SlotSettings(true, Duration.ofMinutes(30), List.of(), List.of());

    public SlotSettings {
        permanent = List.copyOf(permanent);
        ignored = List.copyOf(ignored);
    }

    /** Whether slots of members are kept on every member, used or not. */
    public boolean retains() {
        return memberTtl.isPositive();
    }
}

package io.matriarch.domain.slot;

import io.matriarch.domain.settings.PermanentSlot;
import java.util.List;

/**
 * What brings a member's slots to where they should be.
 *
 * @param changes steps that can be taken at once, in this order
 * @param toCopy logical slots that this standby can only get as copies of the leader's
 * @param warnings for the log
 */
public record SlotPlan(List<SlotChange> changes, List<PermanentSlot.Logical> toCopy, List<String> warnings) {

    public SlotPlan {
        changes = List.copyOf(changes);
        toCopy = List.copyOf(toCopy);
        warnings = List.copyOf(warnings);
    }
}

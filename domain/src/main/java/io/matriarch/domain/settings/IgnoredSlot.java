package io.matriarch.domain.settings;

import io.matriarch.domain.postgres.SlotView;
import java.util.Optional;

/** Slots that are left alone: those with every property that is given; none given means every slot. */
public record IgnoredSlot(
        Optional<String> name, Optional<SlotView.Kind> kind, Optional<String> database, Optional<String> plugin) {

    public boolean matches(SlotView slot) {
        return name.map(slot.name()::equals).orElse(true)
                && kind.map(one -> one == slot.kind()).orElse(true)
                && database.map(one -> slot.database().filter(one::equals).isPresent())
                        .orElse(true)
                && plugin.map(one -> slot.plugin().filter(one::equals).isPresent())
                        .orElse(true);
    }
}

package io.matriarch.domain.slot;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.DesiredSlots.Wanted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The next safe steps from the slots there are to the slots there should be. A slot in use is never touched. */
public final class SlotPlanner {

    private static final int MAXIMUM_LENGTH = 63;

    private SlotPlanner() {}

    /**
     * The slot a member streams through: lower case, {@code -} and {@code .} become {@code _}, everything else that a
     * slot's name cannot have becomes {@code u} and its code point in four digits, cut to 63 characters (DCS-083).
     */
    public static String slotName(MemberName member) {
        var name = new StringBuilder();
        member.value().toLowerCase(Locale.ROOT).codePoints().forEach(point -> {
            if (point == '-' || point == '.') {
                name.append('_');
            } else if (point >= 'a' && point <= 'z' || point >= '0' && point <= '9' || point == '_') {
                name.append((char) point);
            } else {
                name.append(String.format(Locale.ROOT, "u%04d", point));
            }
        });
        return name.substring(0, Math.min(MAXIMUM_LENGTH, name.length()));
    }

    public static SlotPlan plan(SlotScene scene) {
        DesiredSlots desired = DesiredSlots.of(scene);
        var steps = new Steps(scene);
        for (SlotView slot : scene.present()) {
            if (!desired.wanted().containsKey(slot.name())
                    && scene.settings().ignored().stream().noneMatch(ignored -> ignored.matches(slot))) {
                steps.drop(slot, SlotChange.Cause.UNKNOWN);
            }
        }
        desired.wanted().forEach((name, wanted) -> {
            Optional<SlotView> present = scene.present().stream()
                    .filter(slot -> slot.name().equals(name))
                    .findFirst();
            switch (wanted) {
                case Wanted.Physical physical -> steps.physical(name, physical, present);
                case Wanted.Logical logical -> steps.logical(logical, present);
            }
        });
        return new SlotPlan(steps.changes, steps.toCopy, desired.warnings());
    }

    /** The slots of members that a leader's present ones retain: those of everybody who streams, its own included. */
    public static List<String> retainable(SlotScene scene) {
        if (!scene.settings().use() || !scene.settings().retains()) {
            return List.of();
        }
        List<String> permanent =
                scene.settings().permanent().stream().map(PermanentSlot::name).toList();
        List<String> names = new ArrayList<>();
        scene.others().stream()
                .map(member -> slotName(member.name()))
                .filter(name ->
                        scene.present().stream().anyMatch(slot -> slot.name().equals(name)))
                .forEach(names::add);
        if (!scene.tags().nostream()) {
            names.add(slotName(scene.self()));
        }
        names.removeAll(permanent);
        return names;
    }

    /** The steps for one scene, as they come together. */
    private static final class Steps {

        private final SlotScene scene;
        private final List<SlotChange> changes = new ArrayList<>();
        private final List<PermanentSlot.Logical> toCopy = new ArrayList<>();

        Steps(SlotScene scene) {
            this.scene = scene;
        }

        /** True if it goes: it is nobody's, PostgreSQL does not look after it, and automation is on. */
        private boolean drop(SlotView slot, SlotChange.Cause cause) {
            if (slot.active() || slot.nativeFailover() || scene.paused()) {
                return false;
            }
            changes.add(new SlotChange.Drop(slot.name(), cause));
            return true;
        }

        private void physical(String name, Wanted.Physical wanted, Optional<SlotView> present) {
            if (present.isEmpty()) {
                changes.add(new SlotChange.CreatePhysical(name));
                return;
            }
            SlotView slot = present.get();
            Optional<SlotChange.Cause> defect = physicalDefect(slot, wanted);
            if (defect.isPresent()) {
                if (drop(slot, defect.get())) {
                    changes.add(new SlotChange.CreatePhysical(name));
                }
                return;
            }
            if (wanted.served() || slot.active() || slot.holdsXmin()) {
                return;
            }
            Lsn to = wanted.lsn().map(scene.position()::min).orElse(Lsn.ZERO);
            if (to.isAfter(slot.restartLsn().orElse(to))) {
                changes.add(new SlotChange.Advance(name, to));
            }
        }

        private Optional<SlotChange.Cause> physicalDefect(SlotView slot, Wanted.Physical wanted) {
            if (slot.kind() != SlotView.Kind.PHYSICAL) {
                return Optional.of(SlotChange.Cause.CHANGED);
            }
            if (slot.lost()) {
                return Optional.of(SlotChange.Cause.LOST);
            }
            if (slot.restartLsn().isEmpty()) {
                return Optional.of(SlotChange.Cause.NOTHING_RESERVED);
            }
            return slot.holdsXmin() && !wanted.served() && scene.cluster().isLocked()
                    ? Optional.of(SlotChange.Cause.HOLDS_XMIN)
                    : Optional.empty();
        }

        private void logical(Wanted.Logical wanted, Optional<SlotView> present) {
            if (present.isEmpty()) {
                provide(wanted);
                return;
            }
            SlotView slot = present.get();
            if (slot.nativeFailover()) {
                return;
            }
            if (!isOf(slot, wanted.slot())) {
                if (drop(slot, SlotChange.Cause.CHANGED)) {
                    provide(wanted);
                }
            } else if (slot.lost()) {
                // On a standby its copy is written over it.
                if (!scene.leads() || drop(slot, SlotChange.Cause.LOST)) {
                    provide(wanted);
                }
            } else if (!scene.leads() && !slot.active()) {
                Lsn to = wanted.lsn().map(scene.position()::min).orElse(Lsn.ZERO);
                if (to.isAfter(slot.confirmed().orElse(Lsn.ZERO))) {
                    changes.add(new SlotChange.AdvanceLogical(
                            slot.name(), wanted.slot().database(), to));
                }
            }
        }

        /** Only a primary can make one: a standby needs the leader's, whose position the leader has published (HA-140). */
        private void provide(Wanted.Logical wanted) {
            PermanentSlot.Logical slot = wanted.slot();
            if (scene.role().isPrimary()) {
                changes.add(new SlotChange.CreateLogical(slot.name(), slot.database(), slot.plugin()));
            } else if (wanted.lsn().isPresent() && scene.cluster().isLocked()) {
                toCopy.add(slot);
            }
        }

        private static boolean isOf(SlotView slot, PermanentSlot.Logical wanted) {
            return slot.kind() == SlotView.Kind.LOGICAL
                    && slot.database().filter(wanted.database()::equals).isPresent()
                    && slot.plugin().filter(wanted.plugin()::equals).isPresent();
        }
    }
}

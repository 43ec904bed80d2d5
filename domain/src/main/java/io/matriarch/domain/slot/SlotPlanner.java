package io.matriarch.domain.slot;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.SlotView;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/** Which physical slots there should be for the members, and the next safe steps towards that. */
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

    /** On the primary: one for each other member that streams from it, and those that are retained for absent ones. */
    public static List<SlotChange> forPrimary(
            MemberName self, List<Member> members, List<String> retained, List<SlotView> present) {
        var wanted = memberSlots(self, members);
        wanted.addAll(retained);
        wanted.remove(slotName(self));
        return changes(wanted, present);
    }

    /** The names of the slots through which the members stream from the primary. */
    public static TreeSet<String> memberSlots(MemberName self, List<Member> members) {
        var wanted = new TreeSet<String>();
        for (Member member : members) {
            boolean cascades = member.tags()
                    .replicatefrom()
                    .filter(upstream -> !upstream.equals(self))
                    .filter(upstream ->
                            members.stream().anyMatch(one -> one.name().equals(upstream)))
                    .isPresent();
            if (!member.name().equals(self) && !member.tags().nostream() && !cascades) {
                wanted.add(slotName(member.name()));
            }
        }
        return wanted;
    }

    /** On a replica: one for each member that streams from it. */
    public static List<SlotChange> forReplica(
            MemberName self, Optional<MemberName> leader, List<Member> members, List<SlotView> present) {
        var wanted = new TreeSet<String>();
        for (Member member : members) {
            boolean fromHere =
                    member.tags().replicatefrom().filter(self::equals).isPresent();
            boolean leads = leader.filter(member.name()::equals).isPresent();
            if (fromHere
                    && !leads
                    && !member.name().equals(self)
                    && !member.tags().nostream()) {
                wanted.add(slotName(member.name()));
            }
        }
        return changes(wanted, present);
    }

    /** Creates what is missing; drops what nobody uses and nobody wants. Logical slots are not ours to judge here. */
    private static List<SlotChange> changes(TreeSet<String> wanted, List<SlotView> present) {
        List<SlotChange> changes = new ArrayList<>();
        for (String name : wanted) {
            if (present.stream().noneMatch(slot -> slot.name().equals(name))) {
                changes.add(new SlotChange.CreatePhysical(name));
            }
        }
        for (SlotView slot : present) {
            if (slot.kind() == SlotView.Kind.PHYSICAL && !slot.active() && !wanted.contains(slot.name())) {
                changes.add(new SlotChange.Drop(slot.name()));
            }
        }
        return changes;
    }
}

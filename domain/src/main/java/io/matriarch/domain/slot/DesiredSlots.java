package io.matriarch.domain.slot;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.settings.PermanentSlot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The slots a member should have (ha-decisions §21).
 *
 * @param wanted by name
 * @param warnings what does not go together, for the log
 */
public record DesiredSlots(SortedMap<String, Wanted> wanted, List<String> warnings) {

    /** One of them. */
    sealed interface Wanted {

        /**
         * A physical one.
         *
         * @param served whether somebody should be using it here and now
         * @param lsn how far its user has come, as far as the cluster knows
         */
        record Physical(boolean served, Optional<Lsn> lsn) implements Wanted {}

        /**
         * A logical one.
         *
         * @param lsn what its consumer has confirmed to the leader
         */
        record Logical(PermanentSlot.Logical slot, Optional<Lsn> lsn) implements Wanted {}
    }

    public DesiredSlots {
        wanted = Collections.unmodifiableSortedMap(new TreeMap<>(wanted));
        warnings = List.copyOf(warnings);
    }

    /** For the member and the moment of the scene. */
    public static DesiredSlots of(SlotScene scene) {
        var wanted = new TreeMap<String, Wanted>();
        var warnings = new ArrayList<String>();
        if (!scene.settings().use()) {
            return new DesiredSlots(wanted, warnings);
        }
        members(scene, wanted, warnings);
        retained(scene, wanted);
        permanent(scene, wanted, warnings);
        wanted.remove(SlotPlanner.slotName(scene.self()));
        return new DesiredSlots(wanted, warnings);
    }

    private static void members(SlotScene scene, SortedMap<String, Wanted> wanted, List<String> warnings) {
        var owners = new TreeMap<String, String>();
        for (Member member : scene.others()) {
            boolean served = scene.expectsToServe(member);
            boolean kept = scene.settings().retains() && !scene.keepsOnlyServed();
            if (!served && !kept) {
                continue;
            }
            String name = SlotPlanner.slotName(member.name());
            if (owners.containsKey(name)) {
                warnings.add("Following cluster members share a replication slot name: " + owners.get(name) + ", "
                        + member.name() + " map to " + name);
            }
            owners.merge(name, member.name().value(), (one, other) -> one + ", " + other);
            boolean servedBefore = wanted.get(name) instanceof Wanted.Physical(boolean before, var _) && before;
            wanted.put(name, new Wanted.Physical(served || servedBefore, lsn(scene, name, Optional.of(member))));
        }
    }

    /**
     * A leader that has gone keeps its slot too: that is what it needs to come back. On the leader itself the slot of an
     * absent member waits for its user, who may be back any moment.
     */
    private static void retained(SlotScene scene, SortedMap<String, Wanted> wanted) {
        if (scene.settings().retains() && !scene.keepsOnlyServed()) {
            for (String name : scene.retained()) {
                wanted.putIfAbsent(name, new Wanted.Physical(scene.leads(), lsn(scene, name, Optional.empty())));
            }
        }
    }

    /** A leader keeps its permanent slots whatever tag it is given: their consumers read from it. */
    private static void permanent(SlotScene scene, SortedMap<String, Wanted> wanted, List<String> warnings) {
        if (scene.keepsOnlyServed()) {
            return;
        }
        for (PermanentSlot slot : scene.settings().permanent()) {
            switch (slot) {
                case PermanentSlot.Physical(String name, Optional<PermanentSlot.ClusterType> only) -> {
                    boolean here = only.map(
                                    type -> scene.standbyCluster() == (type == PermanentSlot.ClusterType.STANDBY))
                            .orElse(true);
                    if (here && !(wanted.get(name) instanceof Wanted.Physical)) {
                        wanted.put(
                                name,
                                new Wanted.Physical(
                                        scene.leads() && !belongsToCascade(scene, name),
                                        lsn(scene, name, Optional.empty())));
                    }
                }
                case PermanentSlot.Logical logical -> {
                    if (wanted.get(logical.name()) instanceof Wanted.Physical) {
                        warnings.add("Permanent logical replication slot '" + logical.name()
                                + "' has the name of a member's slot, it is left out");
                    } else if (!scene.standbyCluster() && !scene.isCutOff()) {
                        wanted.put(
                                logical.name(),
                                new Wanted.Logical(logical, lsn(scene, logical.name(), Optional.empty())));
                    }
                }
            }
        }
    }

    private static boolean belongsToCascade(SlotScene scene, String name) {
        return scene.others().stream()
                .filter(member -> SlotPlanner.slotName(member.name()).equals(name))
                .anyMatch(member -> !scene.expectsToServe(member));
    }

    /** By the leader's word; of who streams through another member, and with a leader that says nothing, by its own. */
    private static Optional<Lsn> lsn(SlotScene scene, String name, Optional<Member> member) {
        Optional<Lsn> published =
                Optional.ofNullable(scene.cluster().status().slots().get(name));
        Optional<Lsn> own = member.filter(one -> one.tags().replicatefrom().isPresent() || scene.leaderIsOld())
                .flatMap(Member::position);
        return own.isPresent() ? own.map(lsn -> lsn.max(published.orElse(Lsn.ZERO))) : published;
    }

    /**
     * Whether this member has to tell its upstream which old rows it needs: it keeps logical slots, or a member that
     * streams through it does.
     */
    public static boolean needFeedback(SlotScene scene) {
        boolean logical = scene.settings().use()
                && !scene.standbyCluster()
                && scene.settings().permanent().stream().anyMatch(PermanentSlot.Logical.class::isInstance);
        if (!logical || scene.isCutOff()) {
            return false;
        }
        return !scene.keepsOnlyServed()
                || scene.others().stream()
                        .filter(member -> !member.tags().nofailover())
                        .anyMatch(member -> streamsThrough(scene, member));
    }

    private static boolean streamsThrough(SlotScene scene, Member member) {
        List<Member> chain = scene.chain(member.tags());
        return chain.stream().anyMatch(upstream -> upstream.name().equals(scene.self()))
                && chain.stream().noneMatch(upstream -> upstream.tags().nostream());
    }
}

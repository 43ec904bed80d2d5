package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.DesiredSlots;
import io.matriarch.domain.slot.SlotPlan;
import io.matriarch.domain.slot.SlotPlanner;
import io.matriarch.domain.slot.SlotRetention;
import io.matriarch.domain.slot.SlotScene;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a turn does about replication slots, in whichever branch it is.
 *
 * @param next what is remembered
 * @param decisions to carry out
 * @param notes for the log
 * @param copies names of the logical slots that are to be copied, last of the decisions
 */
record SlotTurn(HaState next, List<Decision> decisions, List<Note> notes, List<String> copies) {

    /** Nothing while the server does not answer: then nobody knows which slots it has. */
    static SlotTurn of(Situation now) {
        Optional<SlotScene> scene = scene(now);
        if (scene.isEmpty()) {
            return new SlotTurn(now.state(), List.of(), List.of(), List.of());
        }
        List<Decision> decisions = new ArrayList<>();
        HaState next = now.state();
        boolean feedback = DesiredSlots.needFeedback(scene.get());
        if (feedback || now.state().slots().feedback()) {
            // Said in every turn: nobody knows here whether the last time was carried out.
            decisions.add(new Decision.ForceFeedback(feedback));
            next = next.withSlots(next.slots().withFeedback());
        }
        SlotPlan plan = SlotPlanner.plan(scene.get());
        if (!plan.changes().isEmpty()) {
            decisions.add(new Decision.ChangeSlots(plan.changes()));
        }
        Optional<Upstream.Of> leader = now.otherLeader().flatMap(Upstreams::of);
        List<PermanentSlot.Logical> copies =
                leader.isEmpty() || now.settings().paused() ? List.of() : due(now, plan.toCopy());
        if (!copies.isEmpty()) {
            decisions.add(new Decision.CopyLogicalSlots(
                    copies, leader.get(), now.settings().pgCtlTimeout()));
            next = next.withSlots(next.slots()
                    .copying(copies, now.cluster().status().slots(), now.seen().now()));
        }
        return new SlotTurn(
                next,
                decisions,
                plan.warnings().stream().map(Note::error).toList(),
                copies.stream().map(PermanentSlot.Logical::name).toList());
    }

    private static List<PermanentSlot.Logical> due(Situation now, List<PermanentSlot.Logical> missing) {
        return missing.stream()
                .filter(slot -> now.state()
                        .slots()
                        .mayCopy(
                                slot.name(),
                                Optional.ofNullable(
                                        now.cluster().status().slots().get(slot.name())),
                                now.seen().now(),
                                now.settings().loopWait()))
                .toList();
    }

    private static Optional<SlotScene> scene(Situation now) {
        boolean leads = now.holdsLock();
        List<String> retained = leads
                ? now.state().retention().map(SlotRetention::names).orElse(List.of())
                : now.cluster().status().retained();
        return switch (now.postgres().sql()) {
            case SqlView.Primary primary ->
                Optional.of(scene(now, Role.PRIMARY, primary.slots(), primary.flushed(), retained));
            case SqlView.Standby standby ->
                Optional.of(scene(
                        now,
                        leads && now.settings().isStandbyCluster() ? Role.STANDBY_LEADER : Role.REPLICA,
                        standby.slots(),
                        standby.replayed(),
                        retained));
            case SqlView.NoAnswer _ -> Optional.empty();
        };
    }

    private static SlotScene scene(
            Situation now, Role role, List<SlotView> present, Lsn position, List<String> retained) {
        return new SlotScene(
                now.self(),
                now.seen().tags(),
                role,
                now.cluster(),
                now.settings().slots(),
                now.settings().isStandbyCluster(),
                now.settings().paused(),
                present,
                position,
                retained);
    }

    /** The leader's memory of who was there, brought up to this turn; what has expired is said. */
    static Situation retaining(Situation now, List<Note> notes) {
        Optional<SlotScene> scene = scene(now);
        if (scene.isEmpty()) {
            return now;
        }
        SlotRetention before = now.state()
                .retention()
                .orElseGet(() -> SlotRetention.begin(
                        now.cluster().status().retained(), now.seen().now()));
        SlotRetention after = before.refresh(
                SlotPlanner.retainable(scene.get()),
                now.seen().now(),
                now.settings().slots().memberTtl());
        for (String name : after.expiredSince(before)) {
            notes.add(Note.info("Replication slot '" + name + "' for absent cluster member is expired after "
                    + now.settings().slots().memberTtl().toSeconds() + " sec."));
        }
        return now.with(now.state().withRetention(Optional.of(after)));
    }

    /** What the leader publishes of its position and its slots (dcs-layout §2.5). */
    static Optional<ClusterStatus> status(Situation now) {
        return scene(now).map(scene -> {
            Lsn position = now.position();
            List<String> permanent = scene.settings().permanent().stream()
                    .map(PermanentSlot::name)
                    .toList();
            boolean all = scene.settings().retains();
            var slots = new TreeMap<String, Lsn>();
            String own = SlotPlanner.slotName(now.self());
            for (SlotView slot : scene.present()) {
                if (!slot.nativeFailover() && (all || permanent.contains(slot.name()))) {
                    slot.position().ifPresent(lsn -> slots.put(slot.name(), lsn));
                }
            }
            if (all || permanent.contains(own)) {
                slots.put(own, position);
            }
            return new ClusterStatus(position, slots, all ? scene.retained() : List.of());
        });
    }

    /**
     * Two members whose names lead to one slot cannot both stream: who comes second does not begin (W-22). A member with
     * a running server has been here before, and goes on; the leader says aloud what is wrong.
     */
    static Optional<Turn> nameTaken(Situation now) {
        String slot = SlotPlanner.slotName(now.self());
        boolean newcomer = !now.state().slots().nameChecked()
                && now.settings().slots().use()
                && !now.postgres().isAlive()
                && now.cluster().member(now.self()).isEmpty();
        Optional<Member> other = now.cluster().members().stream()
                .filter(member -> !member.name().equals(now.self()))
                .filter(member -> SlotPlanner.slotName(member.name()).equals(slot))
                .findFirst();
        if (!newcomer || other.isEmpty()) {
            return Optional.empty();
        }
        String theirs = other.get().name().value();
        return Optional.of(now.turn(
                Reason.SLOT_NAME_TAKEN,
                List.of(theirs, slot),
                new Decision.Exit(
                        1,
                        "Can't start; the names '" + now.self() + "' and '" + theirs
                                + "' both map to the replication slot '" + slot + "'\n"
                                + "hint: give one of the two members a name that differs in its letters and digits")));
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.slot.SlotPlanner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The turn of the member that holds the lock, its server running. */
final class Leading {

    private Leading() {}

    static Turn decide(Situation now) {
        if (now.settings().isStandbyCluster()) {
            return StandbyLeader.decide(now);
        }
        if (now.isPrimary()) {
            return asPrimary(now);
        }
        return now.postgres().role().isPrimary() ? promotionUnderWay(now) : promote(now);
    }

    private static Turn asPrimary(Situation now) {
        WatchdogView dog = now.seen().watchdog();
        if (dog.required() && !dog.running() && !dog.usable()) {
            return now.demote(Reason.WATCHDOG_NOT_ACTIVATED);
        }
        Optional<Turn> stalled = Stall.decide(now);
        if (stalled.isPresent()) {
            return stalled.get();
        }
        List<Note> notes = new ArrayList<>();
        return lead(SlotTurn.retaining(now, notes)).with(notes);
    }

    private static Turn lead(Situation now) {
        Optional<Turn> asked = Switchover.requested(now).or(() -> Requests.restart(now));
        if (asked.isPresent()) {
            return asked.get();
        }
        List<Decision> decisions = new ArrayList<>();
        decisions.add(new Decision.RenewLeaderLock());
        decisions.add(new Decision.ArmGuard());
        decisions.add(new Decision.ArmWatchdog());
        decisions.add(new Decision.KeepWatchdogAlive());
        decisions.addAll(registers(now));
        Optional<Decision.WriteFailsafe> failsafe = Failsafe.register(now);
        failsafe.ifPresent(decisions::add);
        SlotTurn slots = SlotTurn.of(now);
        decisions.addAll(slots.decisions());
        // Whoever writes has nothing to be compared with; it will have, once it is a standby again.
        var next = Failsafe.writing(slots.next(), failsafe)
                .withWonRace(false)
                .withRewind(RewindProgress.UNCHECKED)
                .withPromotion(PromotionMemory.NONE);
        Synchronous.Step sync = Synchronous.lead(now.with(next));
        decisions.addAll(sync.decisions());
        if (checkpointMissing(now)) {
            decisions.add(new Decision.Checkpoint(Optional.empty()));
        }
        List<Note> notes = new ArrayList<>(slots.notes());
        notes.addAll(sync.notes());
        return new Turn(sync.next(), Reason.LEADER_WITH_LOCK, List.of(now.self().value()), notes, decisions);
    }

    /** Until the control file is on the timeline that is written, nobody can be rewound against this server. */
    private static boolean checkpointMissing(Situation now) {
        return now.postgres().sql() instanceof SqlView.Primary primary
                && now.postgres()
                        .controlData()
                        .map(data -> !data.checkpointTimeline().equals(primary.timeline()))
                        .orElse(false);
    }

    static Turn promotionUnderWay(Situation now) {
        return now.turn(
                Reason.LEADER_WITH_LOCK,
                List.of(now.self().value()),
                new Decision.RenewLeaderLock(),
                new Decision.ArmGuard(),
                new Decision.KeepWatchdogAlive());
    }

    private static Turn promote(Situation now) {
        WatchdogView dog = now.seen().watchdog();
        if (dog.required() && !dog.usable()) {
            return now.turn(
                    Reason.WATCHDOG_PREVENTS_PROMOTION,
                    new Decision.ReleaseLeaderLock(Optional.empty(), Optional.empty()));
        }
        Reason reason = now.state().wonRace() ? Reason.PROMOTING_AFTER_RACE : Reason.PROMOTING_WITH_LOCK;
        return now.promote(now.state(), reason);
    }

    /** The keys only the holder of the lock may write. */
    static List<Decision> registers(Situation now) {
        List<Decision> writes = new ArrayList<>();
        now.postgres().systemIdentifier().ifPresent(ours -> {
            switch (now.cluster().initialize()) {
                case InitializeKey.Done _ -> {}
                case InitializeKey.Absent _, InitializeKey.InProgress _, InitializeKey.Invalid _ ->
                    writes.add(new Decision.WriteInitializeKey(
                            ours, now.cluster().initialize().revision()));
            }
        });
        if (!now.cluster().hasConfig()) {
            writes.add(new Decision.RestoreConfig(now.cluster().configRevision()));
        }
        if (now.postgres().sql() instanceof SqlView.Primary primary) {
            if (!now.cluster().history().reaches(primary.timeline())) {
                writes.add(new Decision.PublishHistory(primary.timeline()));
            }
            SlotTurn.status(now)
                    .filter(status -> !status.equals(now.cluster().status()))
                    .ifPresent(status -> writes.add(new Decision.WriteStatus(status)));
        }
        return writes;
    }

    /** How far each slot has come, our own place among them. */
    static SortedMap<String, Lsn> slotPositions(MemberName self, Lsn position, List<SlotView> present) {
        var slots = new TreeMap<String, Lsn>();
        slots.put(SlotPlanner.slotName(self), position);
        present.forEach(slot -> slot.position().ifPresent(lsn -> slots.put(slot.name(), lsn)));
        return slots;
    }
}

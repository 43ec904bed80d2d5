package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The turn of the member that holds the lock of a standby cluster, its server running (ha-decisions §9.4, §14).
 *
 * <p>It follows the other cluster and is never promoted while the section is set (S-21). A standby that outlives its
 * lease harms nobody, so nothing guards it.
 */
final class StandbyLeader {

    private StandbyLeader() {}

    static Turn decide(Situation now) {
        if (now.isPrimary()) {
            return demote(now);
        }
        if (now.postgres().role().isPrimary()) {
            // Told to promote before the section came: it is a primary soon, and demoted then as any other.
            return Leading.promotionUnderWay(now);
        }
        return Switchover.requested(now).or(() -> Requests.restart(now)).orElseGet(() -> mendOrLead(now));
    }

    /**
     * Its server stops cleanly, however long that takes: what it has acknowledged is to reach the other cluster. The
     * timeline of a later promotion is reserved now, for this one has used up its own (SAF-016).
     */
    private static Turn demote(Situation now) {
        List<Decision> decisions = new ArrayList<>();
        decisions.add(new Decision.RenewLeaderLock());
        decisions.add(new Decision.ArmGuard());
        decisions.add(new Decision.KeepWatchdogAlive());
        if (!now.hasReserved()) {
            decisions.add(new Decision.ReserveTimeline(now.epochOfPromotion(now.self())));
        }
        decisions.add(new Decision.StopServer(StopMode.FAST, false, Optional.empty(), "demoting to a standby cluster"));
        return new Turn(
                now.divergenceSuspected().withWonRace(false).withDemotion(new ClusterDemotion.Stopping()),
                Reason.PRIMARY_IN_STANDBY_CLUSTER,
                List.of(),
                List.of(),
                decisions);
    }

    private static Turn mendOrLead(Situation now) {
        Situation checked = now.with(Following.suspicion(now));
        return Following.mendDivergence(checked)
                .map(turn -> turn.after(new Decision.RenewLeaderLock()))
                .orElseGet(() -> lead(checked));
    }

    private static Turn lead(Situation now) {
        List<Decision> decisions = new ArrayList<>();
        decisions.add(new Decision.RenewLeaderLock());
        if (now.seen().watchdog().running()) {
            decisions.add(new Decision.DisarmWatchdog());
        }
        List<Note> notes = new ArrayList<>();
        Situation retaining = SlotTurn.retaining(now, notes);
        decisions.addAll(Leading.registers(retaining));
        if (now.postgres().sql() instanceof SqlView.Standby standby) {
            SlotTurn.status(retaining)
                    .filter(status -> !status.equals(now.cluster().status())
                            && !standby.position().isZero())
                    .ifPresent(status -> decisions.add(new Decision.WriteStatus(status)));
            if (standby.replayPaused() && now.seen().serverVersion() >= 140000) {
                decisions.add(new Decision.ResumeReplay());
            }
        }
        SlotTurn slots = SlotTurn.of(retaining);
        decisions.addAll(slots.decisions());
        notes.addAll(slots.notes());
        return follow(now.with(slots.next()), decisions).with(notes);
    }

    private static Turn follow(Situation now, List<Decision> decisions) {
        Upstream wanted = now.upstream();
        boolean another = !now.postgres().upstream().equals(Optional.of(wanted));
        boolean already = now.postgres().role() == Role.STANDBY_LEADER;
        HaState next = another ? now.divergenceSuspected() : now.state();
        if (another || !already) {
            decisions.add(new Decision.Follow(wanted, Role.STANDBY_LEADER));
        }
        return already
                ? new Turn(
                        next.withWonRace(false),
                        Reason.STANDBY_LEADER_WITH_LOCK,
                        List.of(now.self().value()),
                        List.of(),
                        decisions)
                : new Turn(next, becoming(now), List.of(), List.of(), decisions);
    }

    private static Reason becoming(Situation now) {
        return now.state().wonRace() ? Reason.STANDBY_LEADER_AFTER_RACE : Reason.STANDBY_LEADER_BY_LOCK;
    }

    /** Automation is off: the lock is kept, and what it follows is still put right, for nothing has to stop for that. */
    static Turn paused(Situation now) {
        return Requests.restart(now).orElseGet(() -> {
            List<Decision> decisions = new ArrayList<>();
            decisions.add(new Decision.PauseGuard());
            decisions.add(new Decision.DisarmWatchdog());
            decisions.add(new Decision.RenewLeaderLock());
            return now.postgres().state().isStarting()
                    ? new Turn(
                            now.state(),
                            Reason.STANDBY_LEADER_WITH_LOCK,
                            List.of(now.self().value()),
                            List.of(),
                            decisions)
                    : follow(now, decisions);
        });
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Automation is off: people may do to the servers what they like, and we only follow (ha-decisions §15). */
final class Pause {

    private Pause() {}

    static Turn decide(Situation now) {
        if (now.holdsLock() && !(now.state().handover() instanceof HandoverPhase.None)) {
            // What an operator has asked for in pause ends as it does at any other time (SAF-060).
            return Switchover.goOn(now).orElseThrow();
        }
        if (!(now.state().handover() instanceof HandoverPhase.None)) {
            return now.isPrimary()
                    ? decide(now.with(now.state().withHandover(new HandoverPhase.None())))
                    : Switchover.goOn(now).orElseThrow();
        }
        if (now.stopped().isPresent()) {
            return now.holdsLock()
                    ? now.turn(
                            Reason.PAUSED_STOPPED_WITH_LOCK,
                            new Decision.PauseGuard(),
                            new Decision.DisarmWatchdog(),
                            new Decision.ReleaseLeaderLock(now.stopped(), Optional.empty()))
                    : Requests.reinitialize(now)
                            .orElseGet(() -> now.turn(
                                    Reason.PAUSED_STOPPED, new Decision.PauseGuard(), new Decision.DisarmWatchdog()));
        }
        if (now.seen().lease() instanceof LeaseView.Mine && !now.holdsLock()) {
            return now.turn(Reason.LEASE_DISAGREES, new Decision.DropLease());
        }
        Optional<Turn> handed = HaCycle.lockOfSameName(now);
        if (handed.isPresent()) {
            return handed.get();
        }
        if (now.holdsLock()) {
            return holding(now);
        }
        return switch (now.cluster().leaderLock()) {
            case LeaderLock.Free _ -> free(now);
            case LeaderLock.Held held -> following(now, held.holder());
        };
    }

    private static Turn holding(Situation now) {
        if (now.isPrimary()) {
            Optional<Turn> asked = switchover(now).or(() -> Requests.restart(now));
            return asked.orElseGet(() -> leading(now));
        }
        if (now.settings().isStandbyCluster() && !now.postgres().role().isPrimary()) {
            return StandbyLeader.paused(now);
        }
        if (now.postgres().role().isPrimary() || now.postgres().state().isStarting()) {
            return now.turn(Reason.PAUSED_PROMOTE_PENDING, new Decision.RenewLeaderLock());
        }
        boolean named = now.state().wonRace()
                || now.cluster()
                        .request()
                        .flatMap(SwitchoverRequest::candidate)
                        .filter(now.self()::equals)
                        .isPresent();
        Optional<Turn> script = named ? now.prePromote(now.state()) : Optional.empty();
        if (script.isPresent()) {
            return script.get();
        }
        return named
                ? now.turn(
                        now.state().wonRace() ? Reason.PROMOTING_AFTER_RACE : Reason.PROMOTING_WITH_LOCK, promote(now))
                : now.turn(
                        Reason.PAUSED_LOCK_NOT_PRIMARY,
                        new Decision.ReleaseLeaderLock(Optional.empty(), Optional.empty()));
    }

    /** Replicas keep WAL by what the leader publishes: it goes on doing so. */
    private static Turn leading(Situation now) {
        List<Note> notes = new ArrayList<>();
        Situation retaining = SlotTurn.retaining(now, notes);
        SlotTurn slots = SlotTurn.of(retaining);
        List<Decision> decisions = new ArrayList<>(
                List.of(new Decision.PauseGuard(), new Decision.DisarmWatchdog(), new Decision.RenewLeaderLock()));
        decisions.addAll(Leading.registers(retaining));
        decisions.addAll(slots.decisions());
        notes.addAll(slots.notes());
        Synchronous.Step sync =
                Synchronous.lead(now.with(slots.next().withWonRace(false).withPromotion(PromotionMemory.NONE)));
        decisions.addAll(sync.decisions());
        notes.addAll(sync.notes());
        return new Turn(sync.next(), Reason.LEADER_WITH_LOCK, List.of(now.self().value()), notes, decisions);
    }

    /** A switchover goes to a member that the register lists, in pause as well; a failover to any. */
    private static boolean mayBeElected(Situation now) {
        return !Synchronous.isActive(now)
                || now.cluster().sync().includes(now.self())
                || !now.cluster().request().map(SwitchoverRequest::isSwitchover).orElse(false);
    }

    private static Decision[] promote(Situation now) {
        return now.writable(now.promotion()).stream()
                .filter(decision -> !(decision instanceof Decision.ArmWatchdog))
                .toArray(Decision[]::new);
    }

    /** Only to a named candidate, and nothing that was scheduled. */
    private static Optional<Turn> switchover(Situation now) {
        return now.cluster()
                .request()
                .filter(request -> request.scheduledAt().isEmpty())
                .flatMap(request -> {
                    if (request.candidate().isEmpty()) {
                        String action = request.isSwitchover() ? "Switchover" : "Manual failover";
                        return Optional.of(now.turn(
                                        Reason.LEADER_WITH_LOCK,
                                        List.of(now.self().value()),
                                        new Decision.RenewLeaderLock(),
                                        new Decision.ClearRequest(request.revision()))
                                .with(List.of(Note.warning(
                                        action + " is possible only to a specific candidate in a paused state"))));
                    }
                    return Switchover.requested(now);
                });
    }

    private static Turn free(Situation now) {
        if (now.isPrimary()) {
            return now.turn(
                    Reason.ACQUIRING_AS_PRIMARY,
                    new Decision.PauseGuard(),
                    new Decision.DisarmWatchdog(),
                    LeaderRace.acquire(now));
        }
        boolean named = now.cluster()
                .request()
                .filter(request -> request.scheduledAt().isEmpty())
                .flatMap(SwitchoverRequest::candidate)
                .filter(now.self()::equals)
                .isPresent();
        if (named
                && mayBeElected(now)
                && !now.seen().tags().nofailover()
                && !now.standsBack()
                && Failsafe.bar(now).isEmpty()) {
            return Turn.of(now.state().withWonRace(true), Reason.ACQUIRING_AS_REPLICA, LeaderRace.acquire(now));
        }
        return now.turn(
                Reason.FOLLOWING_NOBODY,
                List.of(now.self().value()),
                new Decision.PauseGuard(),
                new Decision.DisarmWatchdog());
    }

    private static Turn following(Situation now, MemberName leader) {
        if (now.isPrimary()) {
            return now.turn(
                    Reason.PAUSED_PRIMARY_WITHOUT_LOCK, new Decision.PauseGuard(), new Decision.DisarmWatchdog());
        }
        Optional<Turn> asked = Requests.restart(now).or(() -> Requests.reinitialize(now));
        if (asked.isPresent()) {
            return asked.get();
        }
        Upstream wanted = now.upstream();
        List<String> facts = List.of(now.self().value(), leader.value());
        if (!now.postgres().upstream().equals(Optional.of(wanted))) {
            return now.turn(Following.reason(now), facts, new Decision.Follow(wanted, Role.REPLICA));
        }
        SlotTurn slots = SlotTurn.of(now);
        return new Turn(slots.next(), Following.reason(now), facts, slots.notes(), slots.decisions());
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.RewindProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The turn of a member with a running server while somebody else holds the lock. */
final class Following {

    private Following() {}

    static Turn decide(Situation now) {
        if (now.isPrimary()) {
            return now.demote(
                    now.settings().isStandbyCluster()
                            ? Reason.REAL_PRIMARY_IN_STANDBY_CLUSTER
                            : Reason.PRIMARY_WITHOUT_LOCK);
        }
        if (now.postgres().role().isPrimary()) {
            // A promotion is under way that nobody wants any more: it must not end in a primary.
            return now.demote(Reason.LOST_BEFORE_PROMOTE);
        }
        Situation lost = now.with(now.state().withWonRace(false));
        if (now.state().wonRace()) {
            Turn turn = stream(lost);
            // Who tried for the lock says once that another one has it; whatever else there is to do is done as ever.
            return turn.reason() == Reason.FOLLOWING_LEADER
                    ? new Turn(turn.next(), Reason.RACE_LOST, List.of(), turn.notes(), turn.decisions())
                    : turn;
        }
        return Requests.restart(lost).or(() -> Requests.reinitialize(lost)).orElseGet(() -> stream(lost));
    }

    /** Streams from whom it should, after whatever divergence has been mended. */
    static Turn stream(Situation now) {
        Situation checked = now.with(suspicion(now));
        return mendDivergence(checked).orElseGet(() -> follow(checked));
    }

    /** A leader on a later timeline than ours is what divergence looks like from here. */
    static HaState suspicion(Situation now) {
        boolean open = now.state().rewind() == RewindProgress.UNCHECKED
                || now.state().rewind() == RewindProgress.NOT_NEEDED
                || now.state().rewind() == RewindProgress.DONE;
        boolean behind = now.otherLeader()
                .map(Member::timeline)
                .filter(leaders -> now.postgres().timeline().isKnown())
                .map(leaders -> now.postgres().timeline().isBefore(leaders))
                .orElse(false);
        // So it looks from a standby of another cluster: the receiver has fetched the history of a timeline to come.
        behind |= now.settings().isStandbyCluster() && now.postgres().laterHistory();
        boolean streams = now.postgres().sql() instanceof SqlView.Standby standby && standby.streaming();
        return open && behind && !streams && !Recovery.justCompared(now) ? now.divergenceSuspected() : now.state();
    }

    static Optional<Turn> mendDivergence(Situation now) {
        Optional<Upstream.Source> source = Upstreams.authority(now);
        if (source.isEmpty() || !now.state().rewind().isOpen()) {
            return Optional.empty();
        }
        if (now.state().rewind() != RewindProgress.NEEDED) {
            if (Recovery.justCompared(now)) {
                // Undecided, or the leader has not written its checkpoint yet: asked again by a later turn.
                return Optional.empty();
            }
            return Optional.of(now.turn(
                    Reason.COMPARING_TIMELINES,
                    List.of(source.get().title()),
                    new Decision.CompareTimelines(source.get())));
        }
        return Optional.of(now.turn(
                Reason.STOPPING_TO_REWIND,
                List.of(source.get().title()),
                new Decision.StopServer(
                        StopMode.FAST, false, Optional.of(now.settings().pgCtlTimeout()), "stop before rewind")));
    }

    /** A leader whose own key is missing still leads: whoever streams from it goes on (HA-022). */
    private static boolean leaderIsUnknown(Situation now) {
        return now.upstream() instanceof Upstream.Nobody
                && !now.seen().tags().nostream()
                && now.otherLeader().map(leader -> leader.connUrl().isEmpty()).orElse(false);
    }

    private static Turn follow(Situation now) {
        List<String> facts = List.of(
                now.self().value(),
                now.cluster().leaderName().orElse(now.self()).value());
        Upstream wanted = now.upstream();
        boolean unknown = leaderIsUnknown(now);
        List<Decision> decisions = new ArrayList<>();
        boolean another = !now.postgres().upstream().equals(Optional.of(wanted));
        if ((another || now.postgres().role() == Role.STANDBY_LEADER) && !unknown) {
            decisions.add(new Decision.Follow(wanted, Role.REPLICA));
            decisions.addAll(SlotTurn.of(now).decisions());
            // Following is a task, nothing after it is carried out in this turn: no copy of a slot has been tried.
            return new Turn(
                    another ? now.divergenceSuspected() : now.state(),
                    reason(now, unknown),
                    facts,
                    List.of(),
                    decisions);
        }
        if (now.postgres().sql() instanceof SqlView.Standby standby
                && standby.replayPaused()
                && now.seen().serverVersion() >= 140000) {
            decisions.add(new Decision.ResumeReplay());
        }
        SlotTurn slots = SlotTurn.of(now);
        decisions.addAll(slots.decisions());
        return slots.copies().isEmpty()
                ? new Turn(slots.next(), reason(now, unknown), facts, slots.notes(), decisions)
                : new Turn(
                        slots.next(),
                        Reason.COPYING_LOGICAL_SLOTS,
                        List.of(String.join(", ", slots.copies())),
                        slots.notes(),
                        decisions);
    }

    private static Reason reason(Situation now, boolean leaderIsUnknown) {
        if (!now.settings().isStandbyCluster()) {
            return Reason.FOLLOWING_LEADER;
        }
        return leaderIsUnknown ? Reason.FOLLOWING_OLD_STANDBY_LEADER : Reason.FOLLOWING_STANDBY_LEADER;
    }

    /** As whose secondary a member goes on. */
    static Reason reason(Situation now) {
        return reason(now, leaderIsUnknown(now));
    }
}

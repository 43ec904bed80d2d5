package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.sync.SyncStep;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The members somebody who gives up the lock may count on (ha-decisions §9.7).
 *
 * @param members those who may be asked
 * @param named the one that was asked for, if one was
 */
record Candidates(List<Member> members, Optional<MemberName> named) {

    /** Those who are fit, the fittest first, and why the others are not. */
    record Fit(List<Member> members, List<Note> notes) {}

    static Candidates of(Situation now, Optional<SwitchoverRequest> request) {
        Optional<MemberName> named = request.flatMap(SwitchoverRequest::candidate);
        // What a person asks for without naming the leader may go to an asynchronous member (HA-093).
        boolean voters = Synchronous.isActive(now)
                && request.map(SwitchoverRequest::isSwitchover).orElse(true);
        return new Candidates(
                now.cluster().members().stream()
                        .filter(member -> !member.name().equals(now.self()))
                        .filter(member -> !member.tags().nofailover())
                        .filter(member -> member.apiUrl().isPresent())
                        .filter(member -> named.isEmpty() || named.get().equals(member.name()))
                        .filter(member -> !voters || now.cluster().sync().lists(member.name()))
                        .toList(),
                named);
    }

    /** Judges the answers of the turn before. */
    Fit fit(String action, Situation now) {
        List<Note> notes = new ArrayList<>();
        if (members.isEmpty()) {
            notes.add(Note.warning(
                    Synchronous.isActive(now) && named.isPresent()
                            ? action + " candidate=" + named.get() + " does not match with sync_standbys="
                                    + SyncStep.list(now.cluster().sync().voters())
                            : action + ": candidates list is empty"));
        }
        List<PeerAnswer.Reachable> good = new ArrayList<>();
        for (PeerAnswer answer : now.seen().peers().orElse(List.of())) {
            Optional<String> limitation = LeaderRace.limitation(answer);
            if (limitation.isPresent()) {
                notes.add(Note.info("Member " + answer.name() + " is " + limitation.get()));
            } else if (answer instanceof PeerAnswer.Reachable peer && isClose(now, peer, notes)) {
                good.add(peer);
            }
        }
        if (!good.isEmpty() && named.isEmpty() && Synchronous.countsVotes(now)) {
            int needed = now.cluster().sync().quorum();
            if (good.size() < needed + 1) {
                notes.add(Note.info("Quorum requirement " + needed + " can not be reached"));
                good.clear();
            }
        }
        good.sort(Comparator.comparing(PeerAnswer.Reachable::position)
                .reversed()
                .thenComparing(peer -> -peer.tags().effectivePriority())
                .thenComparing(PeerAnswer.Reachable::name));
        List<Member> fit = good.stream()
                .flatMap(peer -> members.stream().filter(member -> member.name().equals(peer.name())))
                .toList();
        return new Fit(fit, notes);
    }

    /**
     * How far it reaches. A member answers with what its last turn has seen, up to a loop ago, and a busy primary writes
     * more than any limit in that time; the primary's own sender knows better.
     */
    private static Lsn reaches(Situation now, PeerAnswer.Reachable peer) {
        Lsn position = peer.position();
        if (now.postgres().sql() instanceof SqlView.Primary primary) {
            for (WalSender sender : primary.replication().senders()) {
                boolean itself =
                        sender.holdsItsSlot() || !now.settings().slots().use();
                if (itself && sender.applicationName().equals(peer.name().value())) {
                    position = position.max(sender.flushed().orElse(Lsn.ZERO));
                }
            }
        }
        return position;
    }

    private static boolean isClose(Situation now, PeerAnswer.Reachable peer, List<Note> notes) {
        Lsn ours = now.postgres().position().orElse(now.cluster().status().position());
        if (ours.lagBytes(reaches(now, peer)) > now.settings().maximumLagOnFailover()) {
            notes.add(Note.info("Member " + peer.name() + " exceeds maximum replication lag"));
            return false;
        }
        if (now.postgres().sql() instanceof SqlView.Primary && !peer.streams()) {
            // What it lacks now it will lack when the primary has stopped (SAF-060).
            notes.add(Note.info("Member " + peer.name() + " is not streaming"));
            return false;
        }
        Timeline clusters = now.cluster().history().clusterTimeline();
        if (now.checksTimeline() && peer.timeline().isBefore(clusters)) {
            notes.add(Note.info("Timeline " + peer.timeline() + " of member " + peer.name()
                    + " is behind the cluster timeline " + clusters));
            return false;
        }
        return true;
    }
}

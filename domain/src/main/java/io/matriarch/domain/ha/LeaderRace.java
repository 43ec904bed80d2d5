package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.SyncSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Nobody holds the lock, and the server runs: who may take it? */
final class LeaderRace {

    private LeaderRace() {}

    static Turn decide(Situation now) {
        if (now.isPrimary()) {
            return asPrimary(now);
        }
        return now.postgres().role().isPrimary() ? now.demote(Reason.LOST_BEFORE_PROMOTE) : asReplica(now);
    }

    /**
     * A primary may take the free lock only back: if somebody else has held it since, that one may have acknowledged
     * commits that we do not have, whatever the timelines say (SAF-016).
     */
    static Turn asPrimary(Situation now) {
        Epoch epoch = now.cluster().epoch();
        if (epoch.holder().isPresent() && !epoch.wasHeldBy(now.self())) {
            return now.demote(Reason.PRIMARY_OVERTAKEN, epoch.holder().get().value());
        }
        Timeline ours = now.postgres().timeline();
        Timeline clusters = now.cluster().history().clusterTimeline();
        if (ours.isBefore(clusters)) {
            return now.demote(Reason.PRIMARY_BEHIND_CLUSTER, ours.toString(), clusters.toString());
        }
        return now.turn(Reason.ACQUIRING_AS_PRIMARY, acquire(now));
    }

    static Decision acquire(Situation now) {
        return new Decision.AcquireLeaderLock(
                now.isPrimary() ? now.epochOfPrimary() : now.epochOfPromotion(now.self()),
                now.cluster().sync().revision(),
                now.cluster().failoverRevision());
    }

    private static Turn asReplica(Situation seen) {
        // Also who must not win has a vote (HA-080).
        return race(Votes.promise(seen));
    }

    private static Turn race(Situation now) {
        if (now.standsBack()) {
            return lose(
                    now,
                    Reason.NOT_HEALTHIEST,
                    List.of(Note.info("backoff: skip leader race after pre_promote script failure and releasing the"
                            + " lock voluntarily")));
        }
        if (now.seen().tags().nofailover()) {
            return lose(now, Reason.NOT_ALLOWED_TO_PROMOTE, List.of());
        }
        if (now.seen().watchdog().required() && !now.seen().watchdog().usable()) {
            return lose(now, Reason.NOT_HEALTHIEST, List.of(Note.warning("Watchdog device is not usable")));
        }
        Optional<String> bar = Failsafe.bar(now);
        if (bar.isPresent()) {
            return lose(now, Reason.NOT_HEALTHIEST, List.of(Note.info(bar.get())));
        }
        if (!isInitialized(now)) {
            return lose(now, Reason.NOT_HEALTHIEST, List.of(Note.warning("the cluster has no system identifier yet")));
        }
        if (now.postgres().sql() instanceof SqlView.NoAnswer(String why)) {
            // How far its WAL reaches is not known: it may lack what others have.
            return lose(now, Reason.NOT_HEALTHIEST, List.of(Note.warning("my server does not answer: " + why)));
        }
        Optional<Turn> before = RaceDelay.backoff(now).or(() -> Votes.endReceiver(now));
        if (before.isPresent()) {
            return before.get();
        }
        if (now.seen().peers().isEmpty()) {
            return poll(now);
        }
        List<Note> notes = new ArrayList<>();
        Optional<SwitchoverRequest> request = now.cluster().request().filter(one -> isDue(now, one));
        boolean listed = !Synchronous.isActive(now) || now.cluster().sync().includes(now.self());
        boolean mayRace = request.isPresent()
                ? (listed || !request.get().isSwitchover()) && asRequested(now, request.get(), notes)
                : (listed || Synchronous.countsVotes(now)) && isHealthiest(now, true, Optional.empty(), notes);
        return mayRace
                ? Turn.of(now.state().withWonRace(true), Reason.ACQUIRING_AS_REPLICA, acquire(now))
                        .with(notes)
                : lose(now, Reason.NOT_HEALTHIEST, notes);
    }

    /**
     * A cluster that has been led is one, whatever has become of its identifier: the next leader writes it anew. While
     * somebody is at work on the key it is that one's.
     */
    private static boolean isInitialized(Situation now) {
        return switch (now.cluster().initialize()) {
            case InitializeKey.Done _ -> true;
            case InitializeKey.Absent _, InitializeKey.Invalid _ ->
                now.cluster().epoch().holder().isPresent();
            case InitializeKey.InProgress _ -> false;
        };
    }

    /** A switchover that is scheduled for later says nothing about who may lead now (W-24). */
    private static boolean isDue(Situation now, SwitchoverRequest request) {
        if (request.scheduleText().isPresent()) {
            return false;
        }
        return request.scheduledAt()
                .map(at -> Duration.between(at, now.seen().wallClock()))
                .map(late -> !late.isNegative() && !Switchover.isStale(late, now.settings()))
                .orElse(true);
    }

    private static Turn poll(Situation now) {
        List<Member> others = pool(now);
        if (others.isEmpty()) {
            // Nobody to ask: the answers are known already.
            var asked = new Situation(now.state(), withoutPeers(now.seen()), now.cluster());
            return race(asked);
        }
        return now.turn(
                Reason.POLLING_MEMBERS,
                new Decision.PollMembers(others, now.state().lastLeader()));
    }

    private static Observation withoutPeers(Observation seen) {
        return new Observation(
                seen.self(),
                seen.tags(),
                seen.now(),
                seen.wallClock(),
                seen.settings(),
                seen.dcs(),
                seen.lease(),
                seen.postgres(),
                seen.serverVersion(),
                seen.task(),
                Optional.of(List.of()),
                seen.watchdog(),
                seen.requests(),
                seen.initializeCreated(),
                seen.nameTaken(),
                seen.shutdown(),
                seen.failsafe());
    }

    /** The members of now and of when the lock was last held: their keys may have ended together with the leader's. */
    private static List<Member> pool(Situation now) {
        var byName = new TreeMap<MemberName, Member>();
        now.state().lastMembers().forEach(member -> byName.put(member.name(), member));
        Failsafe.members(now).forEach(member -> byName.put(member.name(), member));
        now.cluster().members().forEach(member -> byName.put(member.name(), member));
        byName.remove(now.self());
        return byName.values().stream()
                .filter(member -> member.apiUrl().isPresent())
                .toList();
    }

    /** In a standby cluster everybody follows the other cluster meanwhile: nobody's commits wait there for us. */
    static Upstream withoutLeader(Situation now) {
        return now.settings().isStandbyCluster() ? now.upstream() : new Upstream.Nobody();
    }

    /** Not ours to win: stream from nobody, so that the old primary gets no more confirmations from here. */
    private static Turn lose(Situation now, Reason reason, List<Note> notes) {
        Upstream wanted = withoutLeader(now);
        boolean follows = now.postgres().upstream().equals(Optional.of(wanted))
                && now.postgres().role() != Role.STANDBY_LEADER;
        return follows
                ? now.turn(reason).with(notes)
                : now.turn(reason, new Decision.Follow(wanted, Role.REPLICA)).with(notes);
    }

    /** Somebody has asked for a certain leader, or for another one than the last (ha-decisions §8.3). */
    private static boolean asRequested(Situation now, SwitchoverRequest request, List<Note> notes) {
        if (request.candidate().filter(now.self()::equals).isPresent()) {
            // A named candidate needs no lag limit, but it must not lose what another one has (W-25).
            return request.isSwitchover()
                    ? isHealthiest(now, false, request.leader(), notes)
                    : noPrimaryAlive(now, notes);
        }
        Optional<MemberName> candidate =
                request.candidate().filter(name -> now.cluster().member(name).isPresent());
        if (candidate.isPresent() && !mayStandIn(now)) {
            return false;
        }
        if (candidate.isPresent()) {
            Optional<String> trouble = RaceDelay.candidateHadItsTime(now)
                    ? Optional.of("not taking the lock")
                    : Failsafe.isOutside(now, candidate.get())
                            ? Optional.of("not among the members in /failsafe")
                            : limitation(now, candidate.get());
            if (trouble.isEmpty()) {
                notes.add(Note.info(request.action() + ": to " + candidate.get() + ", i am " + now.self()));
                return false;
            }
            notes.add(Note.warning(request.action() + ": member " + candidate.get() + " is " + trouble.get()));
        }
        if (request.leader().filter(now.self()::equals).isPresent()) {
            boolean another = now.seen().peers().orElse(List.of()).stream()
                    .filter(answer -> !candidate.filter(answer.name()::equals).isPresent())
                    .filter(answer ->
                            !Synchronous.isActive(now) || now.cluster().sync().lists(answer.name()))
                    .filter(answer -> !Failsafe.isOutside(now, answer.name()) && !isOnEarlierTimeline(now, answer))
                    .anyMatch(answer -> limitation(now, answer.name()).isEmpty());
            return !another && isHealthiest(now, true, Optional.empty(), notes);
        }
        return isHealthiest(now, false, request.leader(), notes);
    }

    /** In priority mode nobody but those listed stands in for a candidate that was asked for. */
    private static boolean mayStandIn(Situation now) {
        return !now.settings().sync().isOn()
                || now.settings().sync().mode() == SyncSettings.Mode.QUORUM
                || now.cluster().sync().includes(now.self());
    }

    /** It lacks what we have: it would itself wait for somebody on our timeline. */
    private static boolean isOnEarlierTimeline(Situation now, PeerAnswer answer) {
        return answer instanceof PeerAnswer.Reachable peer
                && peer.timeline().isKnown()
                && now.postgres().timeline().isKnown()
                && peer.timeline().isBefore(now.postgres().timeline());
    }

    /** Why a member cannot be promoted, as it answered itself. */
    static Optional<String> limitation(Situation now, MemberName name) {
        Optional<PeerAnswer> answer = now.seen().peers().orElse(List.of()).stream()
                .filter(one -> one.name().equals(name))
                .findFirst();
        return answer.isEmpty() ? Optional.of("not reachable") : limitation(answer.get());
    }

    static Optional<String> limitation(PeerAnswer answer) {
        return switch (answer) {
            case PeerAnswer.Unreachable _ -> Optional.of("not reachable");
            case PeerAnswer.Reachable reachable
            when reachable.tags().nofailover() -> Optional.of("not allowed to promote");
            case PeerAnswer.Reachable reachable when reachable.watchdogFailed() -> Optional.of("not watchdog capable");
            case PeerAnswer.Reachable _ -> Optional.empty();
        };
    }

    private static boolean noPrimaryAlive(Situation now, List<Note> notes) {
        for (PeerAnswer answer : now.seen().peers().orElse(List.of())) {
            if (answer instanceof PeerAnswer.Reachable peer && !peer.inRecovery()) {
                notes.add(Note.warning("Primary (" + peer.name() + ") is still alive"));
                return false;
            }
        }
        return true;
    }

    /** The healthiest-node check (ha-decisions §8.4), a live primary's veto before anybody's eligibility (W-32). */
    private static boolean isHealthiest(
            Situation now, boolean lagCheck, Optional<MemberName> except, List<Note> notes) {
        if (lagCheck && exceedsLag(now)) {
            notes.add(Note.info("My wal position exceeds maximum replication lag"));
            return false;
        }
        if (now.checksTimeline() && !timelineIsCurrent(now, notes)) {
            return false;
        }
        if (!noPrimaryAlive(now, notes)) {
            return false;
        }
        for (PeerAnswer answer : now.seen().peers().orElse(List.of())) {
            if (answer instanceof PeerAnswer.Reachable peer
                    && limitation(peer).isEmpty()
                    && (!Synchronous.isActive(now) || now.cluster().sync().includes(peer.name()))
                    && except.filter(peer.name()::equals).isEmpty()
                    && isBetter(now, peer, notes)) {
                return false;
            }
        }
        return Votes.enough(now, notes);
    }

    private static boolean exceedsLag(Situation now) {
        Lsn leaders = now.cluster().status().position();
        return leaders.lagBytes(now.position()) > now.settings().maximumLagOnFailover();
    }

    private static boolean timelineIsCurrent(Situation now, List<Note> notes) {
        Timeline ours = now.postgres().timeline();
        Timeline clusters = now.cluster().history().clusterTimeline();
        if (!ours.isKnown()) {
            notes.add(Note.info("Can not figure out my timeline"));
            return false;
        }
        if (ours.isBefore(clusters)) {
            notes.add(Note.info("My timeline " + ours + " is behind last known cluster timeline " + clusters));
            return false;
        }
        return true;
    }

    /** Whether a peer has more WAL, or as much and a higher priority. */
    private static boolean isBetter(Situation now, PeerAnswer.Reachable peer, List<Note> notes) {
        Timeline ours = now.postgres().timeline();
        if (ours.isKnown() && peer.timeline().isKnown() && !ours.equals(peer.timeline())) {
            // Bytes of two branches cannot be compared: the later branch is the one that was elected last (W-7).
            if (ours.isBefore(peer.timeline())) {
                notes.add(Note.info(
                        "Timeline " + peer.timeline() + " of " + peer.name() + " is ahead of my timeline " + ours));
                return true;
            }
            return false;
        }
        if (peer.position().isAfter(now.position())) {
            notes.add(Note.info("Wal position of " + peer.name() + " is ahead of my wal position"));
            if (Synchronous.isActive(now) && isFormerLeader(now, peer)) {
                // What it has beyond ours has not been acknowledged (HA-083).
                notes.add(Note.info("Ignoring the former leader being ahead of us"));
                return false;
            }
            return true;
        }
        int mine = now.seen().tags().effectivePriority();
        int theirs = peer.tags().effectivePriority();
        if (peer.position().isZero() || !peer.position().equals(now.position()) || mine >= theirs) {
            return false;
        }
        if (Failsafe.isOutside(now, peer.name())) {
            // It may not race: to yield to it would leave nobody.
            return false;
        }
        if (isFormerLeader(now, peer)) {
            notes.add(Note.info("Ignoring former leader " + peer.name() + " having priority " + theirs
                    + " higher than this nodes " + mine + " priority"));
            return false;
        }
        if (Synchronous.countsVotes(now) && !now.cluster().sync().lists(peer.name())) {
            // Only a voter's priority counts (HA-081).
            return false;
        }
        notes.add(Note.info(peer.name() + " has equally tolerable WAL position and priority " + theirs
                + ", while this node has priority " + mine));
        return true;
    }

    private static boolean isFormerLeader(Situation now, PeerAnswer.Reachable peer) {
        return Synchronous.isActive(now)
                ? now.cluster()
                        .sync()
                        .leader()
                        .filter(peer.name()::matchesIgnoringCase)
                        .isPresent()
                : now.state().lastLeader().filter(peer.name()::equals).isPresent();
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.failsafe.FailsafePace;
import io.matriarch.domain.failsafe.FailsafePromise;
import io.matriarch.domain.failsafe.FailsafeRound;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A primary goes on without the store for as long as everybody who could lead instead has promised not to (SAF-047).
 *
 * <p>Three things together make that safe. Whoever is not in the map never races, so there is nobody but those asked.
 * Whoever was asked and agreed does not race for as long as the leader relies on it, and a while longer; and because an
 * agent that has just begun does not know what the one before it agreed to, it behaves as if it had. The leader counts
 * from before its first question left, and only on an answer to that question while its hold has not ended.
 */
final class Failsafe {

    private Failsafe() {}

    /** What is remembered of it, before anything is decided. */
    static HaState remember(HaState state, Observation seen) {
        FailsafeMemory memory = state.failsafe();
        if (seen.dcs() instanceof DcsView.Read(ClusterView cluster)) {
            memory = memory.reading(cluster.failsafe());
            if (seen.settings().failsafe()) {
                memory = memory.on(seen.now());
            }
        }
        return state.withFailsafe(memory);
    }

    /** The map as it should be, where it is not: every member that can be asked, and the leader itself. */
    static Optional<Decision.WriteFailsafe> register(Situation now) {
        if (!now.settings().failsafe()) {
            return Optional.empty();
        }
        SortedMap<MemberName, String> wanted = new TreeMap<>();
        now.cluster().members().forEach(member -> member.apiUrl().ifPresent(url -> wanted.put(member.name(), url)));
        FailsafeMap there = now.cluster().failsafe();
        boolean same = there.members().filter(wanted::equals).isPresent();
        return same || !wanted.containsKey(now.self())
                ? Optional.empty()
                : Optional.of(new Decision.WriteFailsafe(wanted, there.revision()));
    }

    static HaState writing(HaState state, Optional<Decision.WriteFailsafe> write) {
        return write.map(map -> state.withFailsafe(state.failsafe().writing(map.members())))
                .orElse(state);
    }

    /**
     * The turn of a primary whose store is away; nothing if it must do without consent.
     *
     * @param left time to the first rung of the ladder, if there is any
     */
    static Optional<Turn> withoutDcs(HaState state, Observation seen, Optional<Duration> left) {
        if (!mayAsk(state, seen) || left.isEmpty() || !(seen.lease() instanceof LeaseView.Mine(Lease lease))) {
            return Optional.empty();
        }
        List<Member> others = others(state, seen.self());
        if (others.isEmpty()) {
            return Optional.of(
                    goOn(state, lease.id(), seen.now().plus(seen.settings().ttl())));
        }
        Optional<FailsafeRound> round =
                seen.failsafe().round().filter(answers -> answers.lease().equals(lease.id()));
        if (round.isEmpty()) {
            FailsafeClaim claim = claim(state, seen, lease.id());
            Duration patience = FailsafePace.patience(seen.settings(), left.get());
            return Optional.of(Turn.of(
                    state, Reason.FAILSAFE_ASKING, new Decision.AskFailsafe(others, claim, lease.id(), patience)));
        }
        return Optional.of(
                agreed(round.get(), others)
                        ? goOn(
                                state,
                                lease.id(),
                                round.get().began().plus(round.get().ttl()))
                        : Turn.of(
                                state,
                                Reason.FAILSAFE_REFUSED,
                                List.of(refusals(round.get()), left.get().toMillis() + " ms")));
    }

    private static boolean mayAsk(HaState state, Observation seen) {
        // A server that is being stopped needs no consent.
        boolean stops = seen.task() instanceof TaskView.Running(TaskKind kind, var _) && kind == TaskKind.STOP;
        return seen.settings().failsafe()
                && !seen.settings().paused()
                && !stops
                && state.bootstrapStep() == BootstrapStep.NONE
                && seen.postgres().isAlive()
                && seen.postgres().isPrimary()
                && state.failsafe().read().lists(seen.self());
    }

    private static Turn goOn(HaState state, LeaseId lease, MonotonicTime until) {
        return Turn.of(
                state,
                Reason.FAILSAFE_KEEPS_PRIMARY,
                new Decision.ProlongLease(lease, until),
                new Decision.ArmGuard(),
                new Decision.KeepWatchdogAlive());
    }

    /** Everybody has to have been asked in this round: the map may have grown since. */
    private static boolean agreed(FailsafeRound round, List<Member> others) {
        return round.refusals().isEmpty()
                && others.stream()
                        .allMatch(member -> round.answers().stream()
                                .map(FailsafeAnswer::name)
                                .anyMatch(member.name()::equals));
    }

    private static String refusals(FailsafeRound round) {
        return round.refusals().stream()
                .map(refused -> refused.name() + ": " + refused.why())
                .collect(Collectors.joining("; "));
    }

    private static List<Member> others(HaState state, MemberName self) {
        List<Member> others = new ArrayList<>();
        state.failsafe().anyOf().forEach((name, url) -> {
            if (!name.equals(self)) {
                others.add(Member.named(name).withApiUrl(url));
            }
        });
        return others;
    }

    private static FailsafeClaim claim(HaState state, Observation seen, LeaseId lease) {
        String connUrl = state.lastMembers().stream()
                .filter(member -> member.name().equals(seen.self()))
                .findFirst()
                .flatMap(Member::connUrl)
                .orElse("");
        return new FailsafeClaim(
                seen.self(),
                connUrl,
                state.failsafe().anyOf().getOrDefault(seen.self(), ""),
                seen.postgres().sql() instanceof SqlView.Primary primary
                        ? Leading.slotPositions(seen.self(), primary.flushed(), primary.slots())
                        : new TreeMap<>(),
                Optional.of(lease),
                state.lastLeader().filter(seen.self()::equals).map(_ -> state.lastEpoch()),
                Optional.of(seen.settings().ttl()));
    }

    /** Nobody holds the lock, and we have promised somebody not to take it: that one leads. */
    static ClusterView withPromisedLeader(ClusterView cluster, Observation seen) {
        Optional<FailsafeClaim> claim = seen.failsafe()
                .binding(seen.now())
                .map(FailsafePromise::claim)
                .filter(given -> !given.leader().equals(seen.self()));
        if (cluster.isLocked() || claim.isEmpty() || seen.lease() instanceof LeaseView.Mine) {
            return cluster;
        }
        FailsafeClaim given = claim.get();
        Member leader = cluster.member(given.leader())
                .orElseGet(() -> Member.named(given.leader()).withApiUrl(given.apiUrl()))
                .leadingAt(given.connUrl());
        return cluster.ledBy(leader, given.lease().orElseGet(() -> new LeaseId("failsafe")));
    }

    /** Why this member must not try to lead at the moment, if it must not. */
    static Optional<String> bar(Situation now) {
        Observation seen = now.seen();
        Duration ttl = now.settings().ttl();
        MonotonicTime started = seen.failsafe().agentStarted();
        Optional<FailsafePromise> promise = seen.failsafe().binding(seen.now());
        if (promise.isPresent()) {
            return Optional.of("not racing: I have promised "
                    + promise.get().claim().leader() + " that it may go on without the DCS");
        }
        FailsafeMap map = now.cluster().failsafe();
        if ((now.settings().failsafe() || map.binds()) && FailsafePromise.within(seen.now(), started, ttl)) {
            return Optional.of("not racing: failsafe mode, and what I have promised before my start "
                    + seen.now().grantorSince(started).toMillis() + " ms ago is not known");
        }
        return isOutside(now, now.self())
                ? Optional.of("not racing: failsafe mode, and I am not among the members in /failsafe")
                : Optional.empty();
    }

    /**
     * Whether the map bars a member from racing. Switched off, the mode ends for everybody only when nobody can rely on
     * a promise any more.
     */
    static boolean isOutside(Situation now, MemberName name) {
        FailsafeMap map = now.cluster().failsafe();
        boolean inForce = now.settings().failsafe()
                || now.state()
                        .failsafe()
                        .lastOn()
                        .filter(last -> FailsafePromise.within(
                                now.seen().now(), last, now.settings().ttl()))
                        .isPresent();
        return inForce && map.binds() && !map.lists(name);
    }

    /** The members of the map, of which no more is known than where to ask them. */
    static List<Member> members(Situation now) {
        if (!now.settings().failsafe()) {
            return List.of();
        }
        List<Member> members = new ArrayList<>();
        now.cluster()
                .failsafe()
                .members()
                .ifPresent(all -> all.forEach(
                        (name, url) -> members.add(Member.named(name).withApiUrl(url))));
        return members;
    }
}

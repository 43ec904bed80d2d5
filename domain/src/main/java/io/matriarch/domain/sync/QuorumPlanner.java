package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.MonotonicTime;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The next change in quorum mode, where so many of the listed members elect one of them (ha-decisions §10.5): the
 * resolver says where to go, the rule whether the next step may be taken yet.
 */
final class QuorumPlanner {

    private QuorumPlanner() {}

    /**
     * @param settledAt until when standbys have time to come after a promotion
     */
    static SyncAdvice next(SyncView seen, Standbys standbys, MonotonicTime now, Optional<MonotonicTime> settledAt) {
        if (seen.register().leader().isEmpty()) {
            return SyncAdvice.of(new SyncStep.Register(
                    seen.self(), List.of(), 0, "Enabled synchronous replication", "Updating sync state failed"));
        }
        StandbyNames loaded = seen.loaded();
        if (loaded.kind() == StandbyNames.Kind.PRIORITY && !loaded.names().isEmpty()) {
            // As many of the same names: only the way to choose them changes.
            int number = Math.min(loaded.number(), loaded.names().size());
            return SyncAdvice.of(new SyncStep.Server(StandbyNames.anyOf(number, loaded.names())))
                    .saying(assigning(number, loaded.names()));
        }
        QuorumState state = state(seen, loaded);
        if (state.leader().equals(seen.self())) {
            if (settledAt.filter(until -> !now.hasReached(until)).isPresent() && somebodyIsToCome(seen, standbys)) {
                return SyncAdvice.nothing();
            }
            Optional<SyncAdvice> kept = keepStrict(seen, standbys, state);
            if (kept.isPresent()) {
                return kept.get();
            }
        }
        return resolved(seen, standbys, state);
    }

    static QuorumState state(SyncView seen, StandbyNames loaded) {
        MemberName leader = seen.leader().orElse(seen.self());
        Set<MemberName> voters = new TreeSet<>(seen.voters());
        voters.remove(leader);
        Set<MemberName> names = new TreeSet<>(loaded.names());
        names.remove(seen.self());
        return new QuorumState(
                seen.self(), leader, seen.register().quorum(), voters, Math.min(loaded.number(), names.size()), names);
    }

    /** Members that run and are waited for by commits, and do not stream yet. */
    private static boolean somebodyIsToCome(SyncView seen, Standbys standbys) {
        return seen.members().stream()
                .filter(Member::isRunning)
                .map(Member::name)
                .filter(seen.loaded().names()::contains)
                .anyMatch(name -> !standbys.active().contains(name));
    }

    /** Nobody streams and no commit may be acknowledged without: who had everything keeps its vote (W-17). */
    private static Optional<SyncAdvice> keepStrict(SyncView seen, Standbys standbys, QuorumState state) {
        if (!seen.settings().strict() || !standbys.active().isEmpty()) {
            return Optional.empty();
        }
        StandbyNames wanted = state.voters().isEmpty()
                ? StandbyNames.nobody(StandbyNames.Kind.QUORUM)
                : StandbyNames.anyOf(Math.max(1, state.voters().size() - state.quorum()), state.voters());
        boolean same = state.voters().isEmpty()
                ? seen.replication().synchronousNames().equals(wanted.text())
                : seen.loaded().equals(wanted);
        return Optional.of(
                same
                        ? SyncAdvice.nothing()
                        : SyncAdvice.of(new SyncStep.Server(wanted))
                                .warning("No active replication connections from Patroni members and"
                                        + " synchronous_mode_strict is requested. Commits will be delayed."));
    }

    private static SyncAdvice resolved(SyncView seen, Standbys standbys, QuorumState state) {
        Set<MemberName> active = new TreeSet<>(standbys.active());
        int confirmed = (int)
                standbys.confirmed().stream().filter(state.standbys()::contains).count();
        QuorumResolver.Plan plan = QuorumResolver.resolve(state, confirmed, active, seen.nodeCount());
        if (plan.changes().isEmpty()) {
            return SyncAdvice.nothing();
        }
        SyncAdvice advice = switch (plan.changes().getFirst()) {
            case QuorumResolver.Change.Restart _ -> SyncAdvice.nothing();
            case QuorumResolver.Change.Sync change -> server(seen, state, change);
            case QuorumResolver.Change.Quorum change -> register(standbys, state, change);
        };
        return plan.irregular() && !(advice.step() instanceof SyncStep.Nothing)
                ? advice.warning("/sync and synchronous_standby_names do not fit together, updating both")
                : advice;
    }

    private static SyncAdvice server(SyncView seen, QuorumState state, QuorumResolver.Change.Sync change) {
        var after = new QuorumState(
                state.me(), state.leader(), state.quorum(), state.voters(), change.number(), change.standbys());
        if (!QuorumRule.allowsServer(after)) {
            return SyncAdvice.nothing();
        }
        int least = seen.settings().leastStandbys();
        String text = assigning(change.number(), change.standbys());
        if (change.number() >= least) {
            return SyncAdvice.of(new SyncStep.Server(StandbyNames.anyOf(change.number(), change.standbys())))
                    .saying(text);
        }
        StandbyNames raised = change.standbys().isEmpty()
                ? StandbyNames.nobody(StandbyNames.Kind.QUORUM)
                : StandbyNames.anyOf(least, change.standbys());
        return seen.replication().synchronousNames().equals(raised.text())
                ? SyncAdvice.nothing()
                : SyncAdvice.of(new SyncStep.Server(raised))
                        .saying(text)
                        .warning("Replication factor " + seen.nodeCount() + " requested, but " + change.number()
                                + " synchronous standbys available. Commits will be delayed.");
    }

    private static SyncAdvice register(Standbys standbys, QuorumState state, QuorumResolver.Change.Quorum change) {
        var after = new QuorumState(
                state.me(), change.leader(), change.quorum(), change.voters(), state.number(), state.standbys());
        if (!QuorumRule.allowsRegister(state, after, standbys.confirmed())) {
            return SyncAdvice.nothing();
        }
        List<MemberName> voters = List.copyOf(new TreeSet<>(change.voters()));
        return SyncAdvice.of(new SyncStep.Register(
                        change.leader(),
                        voters,
                        change.quorum(),
                        "",
                        "Synchronous replication key updated by someone else."))
                .saying("Setting leader to " + change.leader() + ", quorum to " + change.quorum() + " of "
                        + voters.size() + " (" + names(voters) + ")");
    }

    private static String assigning(int number, Collection<MemberName> standbys) {
        return "Setting synchronous replication to " + number + " of " + standbys.size() + " (" + names(standbys) + ")";
    }

    private static String names(Collection<MemberName> names) {
        return String.join(", ", names.stream().map(MemberName::value).sorted().toList());
    }
}

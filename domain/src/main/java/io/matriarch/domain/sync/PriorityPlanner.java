package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The next change in priority mode, where each listed member alone may be elected (ha-decisions §10.4).
 *
 * <p>So a member is listed only while every commit waits for it and it has all those from before: it is added to the
 * server's names before it is listed, and no longer listed before it leaves the server's names (HA-106, HA-107, S-9).
 */
final class PriorityPlanner {

    private static final String CHANGED = "Synchronous replication key updated by someone else.";

    private PriorityPlanner() {}

    static SyncAdvice next(SyncView seen, Standbys standbys) {
        MemberName self = seen.self();
        if (seen.register().leader().isEmpty()) {
            return SyncAdvice.of(new SyncStep.Register(
                    self, List.of(), 0, "Enabled synchronous replication", "Updating sync state failed"));
        }
        MemberName leader = seen.leader().orElseThrow();
        if (!leader.equals(self)) {
            return SyncAdvice.of(new SyncStep.Register(self, List.of(), 0, "", "Updating sync state failed"))
                    .warning("Inconsistent state of /sync key detected, leader = " + leader + " doesn't match " + self
                            + ", updating synchronous replication key");
        }
        StandbyNames loaded = seen.loaded();
        boolean enforced = loaded.kind() == StandbyNames.Kind.PRIORITY && loaded.waitsForAll();
        List<MemberName> voters = seen.voters();
        if (standbys.active().isEmpty() && seen.settings().strict()) {
            boolean kept =
                    enforced && seen.register().quorum() == 0 && loaded.names().containsAll(voters);
            if (kept && !voters.isEmpty()) {
                // Nothing is acknowledged meanwhile: who had everything still has it, and may take over (W-17).
                return SyncAdvice.nothing();
            }
        }
        List<MemberName> confirmed = enforced
                ? standbys.confirmed().stream()
                        .filter(loaded.names()::contains)
                        .sorted()
                        .toList()
                : List.of();
        List<MemberName> picked = standbys.active().stream().sorted().toList();
        List<MemberName> common = voters.stream().filter(confirmed::contains).toList();
        if (!common.equals(voters) || seen.register().quorum() > 0) {
            SyncAdvice shrink = SyncAdvice.of(new SyncStep.Register(self, common, 0, "", CHANGED))
                    .saying("Updating synchronous privilege temporarily from " + SyncStep.list(voters) + " to "
                            + SyncStep.list(common));
            return picked.equals(voters)
                    ? shrink.warning("Inconsistent state between synchronous_standby_names = "
                            + SyncStep.list(loaded.names()) + " and /sync = " + SyncStep.list(voters)
                            + " key detected, updating synchronous replication key...")
                    : shrink;
        }
        return server(seen, picked).orElseGet(() -> grow(self, confirmed, voters));
    }

    private static Optional<SyncAdvice> server(SyncView seen, List<MemberName> picked) {
        boolean none = picked.isEmpty() && seen.settings().strict();
        StandbyNames wanted = none ? StandbyNames.nobody(StandbyNames.Kind.PRIORITY) : StandbyNames.allOf(picked);
        boolean loaded = none
                ? seen.replication().synchronousNames().equals(wanted.text())
                : seen.loaded().equals(wanted);
        if (loaded) {
            return Optional.empty();
        }
        var advice = SyncAdvice.of(new SyncStep.Server(wanted))
                .saying("Assigning synchronous standby status to "
                        + SyncStep.list(none ? List.of(StandbyNames.PLACEHOLDER) : picked));
        return Optional.of(none ? advice.warning("No standbys available!") : advice);
    }

    private static SyncAdvice grow(MemberName self, List<MemberName> confirmed, List<MemberName> voters) {
        if (confirmed.isEmpty() || new TreeSet<>(confirmed).equals(new TreeSet<>(voters))) {
            return SyncAdvice.nothing();
        }
        return SyncAdvice.of(new SyncStep.Register(
                self,
                confirmed,
                0,
                "Synchronous standby status assigned to " + SyncStep.list(confirmed),
                "Synchronous replication key updated by someone else"));
    }
}

package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.time.MonotonicTime;
import java.util.List;
import java.util.Optional;

/**
 * The next safe change of the synchronous set: one at a time, decided afresh from what both places say when the one before
 * is done, so that it does not matter whether it was this member or another one, now or before a crash, that made it.
 */
public final class SyncPlanner {

    private SyncPlanner() {}

    /**
     * The next change and what to remember.
     *
     * @param pending whether a standby that commits wait for has to catch up before it can be listed
     */
    public record Next(SyncAdvice advice, SyncMemory memory, boolean pending) {}

    /**
     * For a primary with the lock while a synchronous mode is on.
     *
     * @param settledAt until when standbys have time to come after a promotion; empty for no such time
     */
    public static Next next(
            SyncView seen, MonotonicTime now, Optional<SyncMemory> before, Optional<MonotonicTime> settledAt) {
        Standbys standbys = Standbys.of(seen, now, before);
        SyncAdvice advice = switch (seen.settings().mode()) {
            case PRIORITY -> PriorityPlanner.next(seen, standbys);
            case QUORUM -> QuorumPlanner.next(seen, standbys, now, settledAt);
            case OFF -> SyncAdvice.nothing();
        };
        boolean again = before.filter(
                        known -> known.names().equals(standbys.memory().names()))
                .isPresent();
        for (MemberName name : again ? List.<MemberName>of() : standbys.impostors()) {
            advice = advice.warning("Something streams from here under the name of member " + name
                    + " without its replication slot: " + name + " cannot be synchronous");
        }
        boolean pending = standbys.active().stream()
                .filter(standbys.memory().names().names()::contains)
                .anyMatch(name -> !standbys.confirmed().contains(name));
        return new Next(advice, standbys.memory(), pending);
    }

    /**
     * What the register and the server have to say before a member's server may become writable (ha-decisions §10.6), the
     * register first.
     *
     * @param register the register to write; empty if it stays
     * @param names whom the first commit has to wait for
     */
    public record Beginning(Optional<SyncStep.Register> register, StandbyNames names) {}

    /** For a member that holds the lock and is about to promote or start its server, a synchronous mode being on. */
    public static Beginning beginning(SyncView seen) {
        boolean quorum = seen.settings().mode() == SyncSettings.Mode.QUORUM;
        StandbyNames.Kind kind = quorum ? StandbyNames.Kind.QUORUM : StandbyNames.Kind.PRIORITY;
        StandbyNames nobody = seen.settings().strict() ? StandbyNames.nobody(kind) : StandbyNames.NONE;
        if (seen.leader().isEmpty()) {
            return new Beginning(Optional.empty(), nobody);
        }
        boolean ours = seen.leader().get().equals(seen.self());
        QuorumState state = QuorumPlanner.state(seen, StandbyNames.NONE);
        List<MemberName> others = state.electable().stream()
                .filter(name -> !name.equals(seen.self()))
                .sorted()
                .toList();
        if (quorum || ours) {
            return new Beginning(Optional.empty(), others.isEmpty() ? nobody : asBefore(seen, others, quorum));
        }
        boolean strict =
                seen.settings().strict() && !others.isEmpty() && seen.register().quorum() == 0;
        List<MemberName> kept = strict ? others : List.of();
        return new Beginning(
                Optional.of(new SyncStep.Register(
                        seen.self(),
                        kept,
                        0,
                        "",
                        "Postponing promotion because synchronous replication state was updated by somebody else")),
                strict ? StandbyNames.allOf(kept) : nobody);
    }

    /** As many confirmations that each group which can elect has a member that gives one. */
    private static StandbyNames asBefore(SyncView seen, List<MemberName> others, boolean quorum) {
        int votes = seen.register().quorum();
        int number = Math.max(seen.settings().leastStandbys(), others.size() - votes);
        return votes == 0 && !quorum ? StandbyNames.allOf(others) : StandbyNames.anyOf(number, others);
    }
}

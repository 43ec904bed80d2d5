package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.PRIORITY_LOSSES;
import static io.matriarch.simulation.mutation.Hunt.QUORUM_LOSSES;
import static io.matriarch.simulation.mutation.Hunt.UNGUARDED_QUORUM_LOSSES;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** Synchronous modes: the orders of the two registers, votes, promotion (SAF-050, SAF-051, HA-104). */
final class SyncMutations {

    private static final Source PRIORITY_PLAN = Source.domain("sync/PriorityPlanner");
    private static final Source QUORUM_PLAN = Source.domain("sync/QuorumPlanner");
    private static final Source RULE = Source.domain("sync/QuorumRule");
    private static final Source STATE = Source.domain("sync/QuorumState");
    private static final Source RESOLVER = Source.domain("sync/QuorumResolver");
    private static final Source RACE = Source.domain("ha/LeaderRace");
    private static final Source VOTES = Source.domain("ha/Votes");

    static final List<Mutation> ALL = List.of(
            of(
                    "listed-before-the-server-waits",
                    "SAF-051: the synchronous set grows in PostgreSQL before it is listed (priority)",
                    List.of(PRIORITY_LOSSES),
                    edit(
                            PRIORITY_PLAN,
                            "if (!common.equals(voters) || seen.register().quorum() > 0) {",
                            "if (seen.register().quorum() > 0) {"),
                    edit(
                            PRIORITY_PLAN,
                            "return server(seen, picked).orElseGet(() -> grow(self, confirmed, voters));",
                            "return new TreeSet<>(picked).equals(new TreeSet<>(voters))"
                                    + " ? server(seen, picked).orElseGet(SyncAdvice::nothing)"
                                    + " : grow(self, picked, voters);")),
            of(
                    "server-shrinks-first",
                    "SAF-051: the synchronous set shrinks in the register before it does in PostgreSQL (priority)",
                    List.of(PRIORITY_LOSSES),
                    edit(
                            PRIORITY_PLAN,
                            "if (!common.equals(voters) || seen.register().quorum() > 0) {",
                            "if (server(seen, picked).isEmpty()"
                                    + " && (!common.equals(voters) || seen.register().quorum() > 0)) {")),
            of(
                    "listed-before-caught-up",
                    "HA-106: who is listed has everything from before the server's present names",
                    List.of(PRIORITY_LOSSES, QUORUM_LOSSES),
                    edit(
                            Source.domain("sync/Standbys"),
                            ".filter(one -> one.position().isAtLeast(memory.from().get()))",
                            "")),
            of(
                    "promoted-without-the-sync-cas",
                    "HA-104, SAF-017: the register on which it was decided",
                    List.of(PRIORITY_LOSSES, QUORUM_LOSSES),
                    edit(Source.loop("LockActions"), ".when(StoreKey.SYNC, sync)", ""),
                    edit(
                            Source.loop("DcsActions"),
                            "Change.NONE.when(StoreKey.SYNC, wanted.revision()).put",
                            "Change.NONE.put")),
            of(
                    "register-not-checked",
                    "SAF-051: the register changes only if it intersects with the server's names (quorum)",
                    List.of(QUORUM_LOSSES),
                    edit(
                            QUORUM_PLAN,
                            "if (!QuorumRule.allowsRegister(state, after, standbys.confirmed())) {",
                            "if (change.voters().contains(state.me())) {")),
            of(
                    "server-not-checked",
                    "SAF-051: the server's names change only if they intersect with the register (quorum)",
                    List.of(QUORUM_LOSSES),
                    edit(QUORUM_PLAN, "if (!QuorumRule.allowsServer(after)) {", "if (after.number() < 0) {"),
                    edit(QUORUM_PLAN, "switch (plan.changes().getFirst()) {", "switch (plan.changes().getLast()) {")),
            of(
                    "quorum-off-by-one",
                    "HA-050: so many votes besides one's own",
                    List.of(QUORUM_LOSSES, UNGUARDED_QUORUM_LOSSES),
                    edit(
                            VOTES,
                            "boolean won = votes >= register.quorum()",
                            "boolean won = votes + 1 >= register.quorum()")),
            of(
                    "intersection-off-by-one",
                    "I-Q: both sides have a member in common",
                    List.of(QUORUM_LOSSES, UNGUARDED_QUORUM_LOSSES),
                    edit(STATE, "return all.size() <= quorum + number;", "return all.size() <= quorum + number + 1;"),
                    edit(
                            RULE,
                            "return group - Math.min(newcomers, group) >= before.quorum() + 1;",
                            "return newcomers >= 0;")),
            of(
                    "vote-with-a-receiver",
                    "SAF-050: a vote is a promise to stop receiving",
                    List.of(UNGUARDED_QUORUM_LOSSES),
                    edit(
                            VOTES,
                            "if (promised || !Synchronous.countsVotes(now) || !(now.postgres().sql() instanceof SqlView.Standby)) {",
                            "if (now.seen() != null) {"),
                    edit(
                            VOTES,
                            "return now.postgres().upstream().equals(Optional.of(new Upstream.Nobody())) && now.postgres().sql()",
                            "return now.postgres().sql()"),
                    edit(VOTES, "&& standby.receiver() == WalReceiver.NONE", ""),
                    edit(RACE, "return follows ?", "return follows || Synchronous.countsVotes(now) ?")),
            of(
                    "unlisted-votes",
                    "HA-050: only the listed members' votes count",
                    List.of(QUORUM_LOSSES, UNGUARDED_QUORUM_LOSSES),
                    edit(VOTES, "peer.inRecovery() && register.includes(peer.name())", "peer.inRecovery()"),
                    edit(VOTES, "register.includes(now.self()) ? 0 : -1", "0")),
            of(
                    "server-names-not-compared",
                    "HA-106: the names that the server has loaded are compared with the wanted ones (Patroni before 4.0.6)",
                    List.of(PRIORITY_LOSSES),
                    edit(
                            PRIORITY_PLAN,
                            ": seen.loaded().equals(wanted);",
                            ": seen.loaded().names().containsAll(wanted.names());")),
            of(
                    "joined-and-gone",
                    "HA-110: more confirmations than there are standbys (Patroni before 4.0.5)",
                    List.of(QUORUM_LOSSES),
                    edit(
                            RESOLVER,
                            "sync(Math.min(Math.max(wanted, number), left.size()), left);",
                            "sync(Math.max(wanted, number), left);"),
                    edit(RESOLVER, "sync(Math.min(number, alive.size()), alive);", "sync(number, alive);")));

    private SyncMutations() {}
}

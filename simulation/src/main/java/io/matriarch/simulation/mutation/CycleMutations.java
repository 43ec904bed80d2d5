package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.BOOTSTRAPS;
import static io.matriarch.simulation.mutation.Hunt.CLUSTER;
import static io.matriarch.simulation.mutation.Hunt.HAND_OVERS;
import static io.matriarch.simulation.mutation.Hunt.LOSSES;
import static io.matriarch.simulation.mutation.Hunt.RAFT_CLUSTER;
import static io.matriarch.simulation.mutation.Hunt.STEPS;
import static io.matriarch.simulation.mutation.Hunt.UNGUARDED_QUORUM_LOSSES;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** What is decided and carried out: guard, promotion, hand-over, rewind (SAF-014 to SAF-018, SAF-041, SAF-060). */
final class CycleMutations {

    private static final Source SITUATION = Source.domain("ha/Situation");
    private static final Source RACE = Source.domain("ha/LeaderRace");
    private static final Source TASKS = Source.domain("ha/TaskEnd");
    private static final Source REWIND = Source.domain("rewind/RewindCheck");
    private static final Source KEEPER = Source.loop("LeaseKeeper");
    private static final Source LOCK = Source.loop("LockActions");
    private static final Source KEYS = Source.loop("DcsActions");

    private static final List<Hunt> GUARDED = List.of(CLUSTER, RAFT_CLUSTER);

    static final List<Mutation> ALL = List.of(
            of(
                    "lock-by-name",
                    "SAF-014: ownership is the lease, never the name",
                    List.of(STEPS),
                    edit(
                            Source.domain("ha/HaCycle"),
                            "LeaseView.None _ -> othersLease(now);",
                            "LeaseView.None _ -> now.turn(Reason.ADOPTING_LOCK, new Decision.AdoptLeaderLock(held.lease()));")),
            of(
                    "retake-without-epoch",
                    "SAF-016: only the last holder takes a free lock back",
                    List.of(UNGUARDED_QUORUM_LOSSES),
                    edit(
                            RACE,
                            "if (epoch.holder().isPresent() && !epoch.wasHeldBy(now.self())) {",
                            "if (epoch.holder().isEmpty() && epoch.number() > 0) {"),
                    edit(RACE, "if (ours.isBefore(clusters)) { return now.demote(", "if (false) { return now.demote("),
                    // The guard would stop whoever comes back too late: it has to be broken, too.
                    edit(Source.loop("GuardActions"), "leaseGuard.arm(lease.get());", "")),
            of(
                    "timelines-not-reserved",
                    "SAF-016: nobody writes a timeline number twice",
                    GUARDED,
                    edit(SITUATION, "if (!hasReserved()) {", "if (!ours.isKnown()) {"),
                    edit(
                            SITUATION,
                            "return new Decision.Promote(skipped);",
                            "return new Decision.Promote(List.of());")),
            of(
                    "bootstrap-overwrites",
                    "SAF-018: initialize unchanged since our create, leader absent",
                    List.of(BOOTSTRAPS),
                    edit(LOCK, ".when(StoreKey.INITIALIZE, ours) .put", ".put"),
                    edit(
                            Source.domain("ha/Bootstrap"),
                            "if (!stillOurs || now.cluster().isLocked()",
                            "if (now.cluster().isLocked()"),
                    edit(KEYS, "change.when(StoreKey.EPOCH, next.revision()).put", "change.put")),
            of(
                    "guard-not-armed",
                    "SAF-041: armed before any act that may lead to a writable server",
                    List.of(CLUSTER, RAFT_CLUSTER),
                    edit(Source.loop("GuardActions"), "leaseGuard.arm(lease.get());", ""),
                    edit(
                            Source.loop("GuardActions"),
                            "guard.arm(lease.get().id(), lease.get().deadline()); return",
                            "if (lease.get().id().value().isEmpty()) { guard.arm(lease.get().id(),"
                                    + " lease.get().deadline()); } return")),
            of(
                    "arm-after-promote",
                    "SAF-041: the guard is armed before the promotion",
                    List.of(STEPS),
                    edit(
                            SITUATION,
                            "return Turn.of(next, reason, writable(promotion()).toArray(Decision[]::new));",
                            "return Turn.of(next, reason, promotion());")),
            of(
                    "hung-loop-renews",
                    "SAF-070: a loop that hangs gives up the lock",
                    List.of(STEPS),
                    edit(KEEPER, "if (now.hasReached(mandateEnds)) {", "if (mandateEnds == null) {")),
            of(
                    "hand-over-unknown-keeps-the-lock",
                    "SAF-013: after a hand-over answered unknown the lease is dead to us",
                    List.of(HAND_OVERS),
                    edit(
                            KEEPER,
                            "case WriteResult.Unknown _ -> dropUnknown(held.get().id()); case WriteResult.Refused _ -> {}",
                            "case WriteResult.Unknown _, WriteResult.Refused _ -> {}")),
            of(
                    "release-unknown-keeps-the-lock",
                    "SAF-013: after a release answered unknown the lease is dead to us",
                    GUARDED,
                    edit(KEEPER, "Optional<Lease> held = lease(); drop();", "Optional<Lease> held = lease();"),
                    edit(
                            KEEPER,
                            "if (answer instanceof WriteResult.Unknown) { dropUnknown(held.get().id()); }",
                            "if (answer instanceof WriteResult.Done) { drop(); }"),
                    edit(Source.raft("RaftDcs"), "bury(lease.id()); return write(() ->", "return write(() ->")),
            of(
                    "hand-over-after-any-stop",
                    "SAF-060: the lock is not handed over after an escalated stop",
                    List.of(HAND_OVERS),
                    edit(
                            TASKS,
                            "case STOP -> stopped(state, ended.result());",
                            "case STOP -> stopped(state, ended.result() instanceof TaskResult.Stopped done"
                                    + " && done.escalated() ? new TaskResult.Stopped(done.proof(), false,"
                                    + " server.controlData().map(control -> new ShutdownPosition("
                                    + "control.checkpointTimeline(), control.checkpoint()))) : ended.result());")),
            of(
                    "candidate-not-compared",
                    "SAF-060: the candidate has flushed up to the end of the shutdown checkpoint",
                    List.of(HAND_OVERS),
                    edit(TASKS, "&& ready.flushed().isAtLeast(waiting.position().end())) {", ") {"),
                    edit(Source.loop("PostgresActions"), "wait.position().end(),", "Lsn.ZERO,")),
            of(
                    "start-of-the-checkpoint",
                    "SAF-060: the end of the shutdown checkpoint record, not its start",
                    List.of(HAND_OVERS),
                    edit(
                            TASKS,
                            "&& ready.flushed().isAtLeast(waiting.position().end())) {",
                            "&& ready.flushed().plus(1).isAtLeast(Lsn.ZERO)) {"),
                    edit(
                            Source.loop("PostgresActions"),
                            "wait.position().end(),",
                            "new Lsn(wait.position().end().value() - 120),")),
            of(
                    "candidate-does-not-stream",
                    "SAF-060: a candidate streams",
                    List.of(HAND_OVERS),
                    edit(
                            Source.domain("ha/Candidates"),
                            "if (now.postgres().sql() instanceof SqlView.Primary && !peer.streams()) {",
                            "if (now.postgres().sql() instanceof SqlView.Primary && peer.position().isZero()) {"),
                    edit(TASKS, "&& ready.flushed().isAtLeast(waiting.position().end())) {", ") {"),
                    edit(Source.loop("PostgresActions"), "wait.position().end(),", "Lsn.ZERO,")),
            of(
                    "rewind-not-needed",
                    "HA-054: a primary's last record ends exactly at the switchpoint",
                    List.of(LOSSES, STEPS),
                    edit(
                            REWIND,
                            "return endOfCheckpoint.map(end -> !end.equals(switchpoint)).orElse(true);",
                            "return false;"),
                    edit(REWIND, "if (local.lsn().isAtLeast(switchpoint)) {", "if (local.lsn().isZero()) {")),
            of(
                    "rewind-standby-off",
                    "HA-053: a standby that is beyond the switchpoint has diverged",
                    GUARDED,
                    edit(REWIND, "return local.lsn().isAfter(switchpoint);", "return local.lsn().isZero();")),
            of(
                    "race-without-veto",
                    "HA-047: a live primary's veto",
                    List.of(HAND_OVERS),
                    edit(
                            RACE,
                            "if (!noPrimaryAlive(now, notes)) { return false; }",
                            "if (now.seen().peers().isEmpty()) { return false; }")));

    private CycleMutations() {}
}

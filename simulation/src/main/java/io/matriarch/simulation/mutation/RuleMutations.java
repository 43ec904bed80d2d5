package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.CLUSTER;
import static io.matriarch.simulation.mutation.Hunt.PRIORITY;
import static io.matriarch.simulation.mutation.Hunt.RAFT_CLUSTER;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** Rules of their own in ha-decisions §22: strict mode, verdicts about divergence, pause, standby clusters. */
final class RuleMutations {

    private static final Source PRIORITY_PLAN = Source.domain("sync/PriorityPlanner");
    private static final List<Hunt> GUARDED = List.of(CLUSTER, RAFT_CLUSTER);

    static final List<Mutation> ALL = List.of(
            of(
                    "strict-lets-commits-go",
                    "S-10: in strict mode somebody confirms each commit",
                    List.of(PRIORITY),
                    edit(
                            PRIORITY_PLAN,
                            "boolean none = picked.isEmpty() && seen.settings().strict();",
                            "boolean none = picked.isEmpty() && seen.settings().strict() && seen.voters().size() > 9;"),
                    edit(
                            PRIORITY_PLAN,
                            "if (kept && !voters.isEmpty()) {",
                            "if (kept && !voters.isEmpty() && voters.size() > 9) {")),
            of(
                    "verdict-before-the-checkpoint",
                    "S-14: a leader without a checkpoint on its timeline settles nothing",
                    GUARDED,
                    edit(
                            Source.domain("ha/TaskEnd"),
                            "if (!leader.checkpointed()) {",
                            "if (!leader.checkpointed() && failedBefore) {")),
            of(
                    "pause-is-for-leaders",
                    "S-18: in pause nobody starts a server by itself",
                    GUARDED,
                    edit(
                            Source.domain("ha/HaCycle"),
                            "if (now.settings().paused()) { return Pause.decide",
                            "if (now.settings().paused() && now.holdsLock()) { return Pause.decide")),
            of(
                    "standby-cluster-promotes",
                    "S-21: a standby cluster has no primary",
                    GUARDED,
                    edit(
                            Source.domain("ha/Situation"),
                            "if (settings().isStandbyCluster()) { return Turn.of(next, Reason.STANDBY_CLUSTER",
                            "if (settings().isStandbyCluster() && isPrimary()) { return Turn.of(next, Reason.STANDBY_CLUSTER"),
                    edit(
                            Source.domain("ha/Leading"),
                            "if (now.settings().isStandbyCluster()) {",
                            "if (now.settings().isStandbyCluster() && now.isPrimary()) {")));

    private RuleMutations() {}
}

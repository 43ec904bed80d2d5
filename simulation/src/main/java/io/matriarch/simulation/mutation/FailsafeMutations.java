package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.CLUSTER;
import static io.matriarch.simulation.mutation.Hunt.RAFT_CLUSTER;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** A primary that goes on without the store (SAF-047). */
final class FailsafeMutations {

    private static final Source FAILSAFE = Source.domain("ha/Failsafe");
    private static final Source PROMISES = Source.loop("FailsafePromises");
    private static final List<Hunt> GUARDED = List.of(CLUSTER, RAFT_CLUSTER);

    static final List<Mutation> ALL = List.of(
            of(
                    "promise-in-memory-only",
                    "SAF-047: an agent that has just begun behaves as if it had promised",
                    GUARDED,
                    edit(
                            FAILSAFE,
                            "if ((now.settings().failsafe() || map.binds()) && FailsafePromise.within(seen.now(), started, ttl)) {",
                            "if (map.binds() && started == null) {")),
            of(
                    "promise-does-not-bind",
                    "SAF-047: who has agreed does not race",
                    GUARDED,
                    edit(FAILSAFE, "if (promise.isPresent()) {", "if (promise.isPresent() && ttl.isZero()) {"),
                    edit(
                            FAILSAFE,
                            "if (cluster.isLocked() || claim.isEmpty()",
                            "if (cluster.isLocked() || claim.isEmpty() || !claim.isEmpty()"),
                    edit(PROMISES, "if (active()) { return false; }", "")),
            of(
                    "one-refusal-is-no-refusal",
                    "SAF-047: everybody has to agree",
                    GUARDED,
                    edit(FAILSAFE, "return round.refusals().isEmpty() &&", "return")),
            of(
                    "counted-from-the-consent",
                    "SAF-047: counted from before the first question left",
                    GUARDED,
                    edit(
                            FAILSAFE,
                            "round.get().began().plus(round.get().ttl()))",
                            "seen.now().plus(round.get().ttl()))")),
            of(
                    "unlisted-races",
                    "SAF-047: who is not in the map never races",
                    GUARDED,
                    edit(
                            FAILSAFE,
                            "return inForce && map.binds() && !map.lists(name);",
                            "return inForce && map.binds() && !map.binds();")),
            of(
                    "old-epoch-accepted",
                    "SAF-047: a lower epoch is refused",
                    GUARDED,
                    edit(
                            PROMISES,
                            "if (claim.epoch().filter(epoch -> epoch < known).isPresent()) {",
                            "if (claim.epoch().filter(epoch -> epoch < 0).isPresent()) {"),
                    edit(
                            PROMISES,
                            "if (standing.leader().filter(leader -> !leader.equals(claim.leader())).isPresent()) {",
                            "if (standing.leader().filter(leader -> leader.equals(null)).isPresent()) {")));

    private FailsafeMutations() {}
}

package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.FAILSAFE;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** A primary that goes on without the store (SAF-047). */
final class FailsafeMutations {

    private static final Source BRANCH = Source.domain("ha/Failsafe");
    private static final Source PROMISES = Source.loop("FailsafePromises");
    private static final List<Hunt> OUTAGES = List.of(FAILSAFE);

    static final List<Mutation> ALL = List.of(
            of(
                    "promise-in-memory-only",
                    "SAF-047: an agent that has just begun behaves as if it had promised",
                    OUTAGES,
                    edit(
                            BRANCH,
                            "if ((now.settings().failsafe() || map.binds()) && FailsafePromise.within(seen.now(), started, ttl)) {",
                            "if (map.binds() && started == null) {")),
            of(
                    "promise-does-not-bind",
                    "SAF-047: who has agreed does not race",
                    OUTAGES,
                    edit(BRANCH, "if (promise.isPresent()) {", "if (promise.isPresent() && ttl.isZero()) {"),
                    edit(
                            BRANCH,
                            "if (cluster.isLocked() || claim.isEmpty()",
                            "if (cluster.isLocked() || claim.isEmpty() || !claim.isEmpty()"),
                    edit(PROMISES, "if (active()) { return false; }", "")),
            of(
                    "one-refusal-is-no-refusal",
                    "SAF-047: everybody has to agree",
                    OUTAGES,
                    edit(BRANCH, "return round.refusals().isEmpty() &&", "return")),
            of(
                    "counted-from-the-consent",
                    "SAF-047: counted from before the first question left",
                    OUTAGES,
                    edit(
                            BRANCH,
                            "round.get().began().plus(round.get().ttl()))",
                            "seen.now().plus(round.get().ttl()))")),
            of(
                    "unlisted-races",
                    "SAF-047: who is not in the map never races",
                    OUTAGES,
                    edit(
                            BRANCH,
                            "return inForce && map.binds() && !map.lists(name);",
                            "return inForce && map.binds() && !map.binds();")));

    private FailsafeMutations() {}
}

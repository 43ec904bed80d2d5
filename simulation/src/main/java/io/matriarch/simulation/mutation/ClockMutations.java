package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.AGENTS;
import static io.matriarch.simulation.mutation.Hunt.AGENTS_OUTAGES;
import static io.matriarch.simulation.mutation.Hunt.CLUSTER;
import static io.matriarch.simulation.mutation.Hunt.FAST_STORE;
import static io.matriarch.simulation.mutation.Hunt.LOSSES;
import static io.matriarch.simulation.mutation.Hunt.STORE;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** What leases are counted on, and when what happens before their end (SAF-001, SAF-002, SAF-040). */
final class ClockMutations {

    private static final Source TIME = Source.domain("time/MonotonicTime");
    private static final Source LADDER = Source.domain("time/LeaseLadder");
    private static final Source STATE = Source.raft("voter/VoterState");
    private static final Source RULE = Source.raft("lease/ExpiryRule");
    private static final Source KEEPER = Source.loop("LeaseKeeper");
    private static final Source GUARD = Source.loop("LeaseGuard");

    private static final String WALL =
            "MonotonicTime.ofNanos(java.time.Duration.between(java.time.Instant.EPOCH, clock.wallClock()).toNanos())";

    static final List<Mutation> ALL = List.of(
            of(
                    "wall-clock-lease",
                    "SAF-001: wall clocks decide nothing",
                    List.of(STORE),
                    edit(STATE, "var now = clock.now();", "var now = " + WALL + ";"),
                    edit(STATE, "notes.loaded(loaded, clock.now());", "notes.loaded(loaded, " + WALL + ");"),
                    edit(
                            STATE,
                            "rule.due(current.leases(), clock.now(), longest)",
                            "rule.due(current.leases(), " + WALL + ", longest)"),
                    edit(STATE, "lastApplied = now;", "lastApplied = clock.now();")),
            of(
                    "holder-on-monotonic",
                    "SAF-002: the holder counts what the machine slept and what a time daemon slewed",
                    List.of(STORE),
                    edit(TIME, "return Math.max(boot, rawNanos - other.rawNanos + slept);", "return boot - slept;")),
            of(
                    "holder-without-sleep",
                    "SAF-002: a machine may sleep while its clocks are slewed",
                    List.of(STORE),
                    edit(TIME, "rawNanos - other.rawNanos + slept", "rawNanos - other.rawNanos")),
            of(
                    "grantor-on-boot-time",
                    "SAF-002: the grantor waits for the later of two clocks that stand still in suspend",
                    List.of(STORE),
                    edit(
                            TIME,
                            "Math.min(rawNanos - start.rawNanos, monotonicNanos - start.monotonicNanos)",
                            "bootNanos - start.bootNanos")),
            of(
                    "grantor-without-slack",
                    "SAF-002: a thousandth and 20 ms more",
                    List.of(FAST_STORE, STORE),
                    edit(
                            RULE,
                            "return Duration.ofNanos(Math.multiplyExact(ttlMillis, 1_001_000L)).plus(SLACK);",
                            "return Duration.ofMillis(ttlMillis - 20);")),
            of(
                    "no-margin",
                    "SAF-040: everything is dead before D",
                    List.of(CLUSTER, AGENTS),
                    edit(LADDER, "return deadline.minus(margin);", "return deadline.plus(politeness);")),
            of(
                    "stop-at-the-deadline",
                    "SAF-040: everything is stopped before D, not from D on",
                    List.of(LOSSES, AGENTS_OUTAGES),
                    edit(LADDER, "return deadline.minus(margin);", "return deadline;"),
                    edit(LADDER, "return killAt(deadline).minus(politeness);", "return deadline;"),
                    edit(LADDER, "return immediateAt(deadline).minus(stopBudget);", "return deadline;"),
                    edit(
                            GUARD,
                            "return ladder.killAt(end).minus(Duration.ofNanos(ladder.politeness().toNanos() / 2));",
                            "return end;")),
            of(
                    "leader-beyond-the-lease",
                    "SAF-062: nobody is told that this is the primary once the kill is due",
                    List.of(CLUSTER),
                    edit(
                            KEEPER,
                            "&& !clock.now().hasReached(LeaseLadder.of(granted).killAt(lease.deadline()));",
                            ";")));

    private ClockMutations() {}
}

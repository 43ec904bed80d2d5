package io.matriarch.simulation.mutation;

/** What is run to find a seeded bug; {@link SeedRunner} knows how. */
enum Hunt {
    /** The embedded store alone, ttl 10. */
    STORE,
    /** The same with a ttl of 3 and short election timeouts. */
    FAST_STORE,
    /** Whole clusters with a guard process, on a store in memory. */
    CLUSTER,
    /** Whole clusters with a guard process, on the embedded store. */
    RAFT_CLUSTER,
    /** Whole clusters with a guard process that switch over all the time. */
    HAND_OVERS,
    /** Whole clusters with a guard process, in failsafe mode, whose leader loses the store. */
    FAILSAFE,
    /** Whole clusters with a guard process, whose agents stand still between two steps. */
    STEPS,
    /** Whole clusters with a guard process that lose their leaders. */
    LOSSES,
    /** Whole clusters that come up. */
    BOOTSTRAPS,
    /** Whole clusters guarded by their agents alone. */
    AGENTS,
    /** The same, whose leader loses the store. */
    AGENTS_OUTAGES,
    /** Whole clusters in synchronous mode. */
    PRIORITY,
    /** Whole clusters in quorum mode. */
    QUORUM,
    /** The same without a guard process, agents failing alone all the same. */
    UNGUARDED_QUORUM,
    /** Whole clusters in synchronous mode whose leaders are lost while standbys lag. */
    PRIORITY_LOSSES,
    /** The same in quorum mode. */
    QUORUM_LOSSES,
    /** The same without a guard process. */
    UNGUARDED_QUORUM_LOSSES
}

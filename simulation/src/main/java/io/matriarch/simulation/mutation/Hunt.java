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
    /** Whole clusters guarded by their agents alone. */
    AGENTS,
    /** Whole clusters in synchronous mode. */
    PRIORITY,
    /** Whole clusters in quorum mode. */
    QUORUM,
    /** The same without a guard process, agents failing alone all the same. */
    UNGUARDED_QUORUM
}

package io.matriarch.simulation;

/** Places between two steps of an agent: it may stand still at any of them, for as long as it likes (SAF-041). */
enum Step {
    /** It has decided to take the lock. */
    RACES,
    /** The store has said that it has the lock. */
    HAS_LOCK,
    /** The store has said that its lock is another one's. */
    HAS_HANDED_OVER,
    /** It is about to promote its server. */
    PROMOTES,
    /** The order to promote is given. */
    HAS_PROMOTED,
    /** It is about to start its server as a primary. */
    STARTS,
    /** It has made a new database, which does not run yet. */
    HAS_INITIALIZED,
    /** All members have answered whether it may go on without the store. */
    HAS_ASKED
}

package io.matriarch.simulation;

/** What a run is mostly about: faults that have to meet each other do so seldom among all the others. */
public enum Theme {
    /** Everything there is. */
    ANY,
    /** Switchovers, and what happens to servers and their streams meanwhile. */
    HAND_OVERS,
    /** A primary without its store, in failsafe mode. */
    FAILSAFE,
    /** Agents that stand still between two steps. */
    STEPS,
    /** Leaders that are lost, or only away, while not every standby has everything. */
    LOSSES,
    /** Nothing but the first bootstrap and what comes right after it. */
    BOOTSTRAP;

    /** The share of what happens for itself alone. */
    double alone() {
        return this == HAND_OVERS || this == LOSSES ? 0.2 : 0.03;
    }
}

package io.matriarch.ports.process;

/** The memory of this very process. Both may be called as often as one likes. */
public interface ProcessMemory {

    /** Clears the heap of garbage and lets it shrink: for some tens of milliseconds every thread stands still. */
    void collect();

    /**
     * Gives pages back to the operating system that are not needed now, after a start for instance. Takes some
     * milliseconds and stops nobody; nothing is lost by it, what is needed again comes back by itself; what cannot be done
     * is left undone.
     */
    void giveBack();
}

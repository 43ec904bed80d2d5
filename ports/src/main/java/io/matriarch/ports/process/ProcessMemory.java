package io.matriarch.ports.process;

/** The memory of this very process. */
public interface ProcessMemory {

    /**
     * Gives back to the operating system what is not needed now, after a start for instance. Nothing is lost by it, what
     * is needed again comes back by itself. Takes some tens of milliseconds during which every thread may stand still;
     * may be called as often as one likes; what cannot be done is left undone.
     */
    void giveBack();
}

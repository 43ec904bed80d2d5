package io.matriarch.domain.ha;

/**
 * What is remembered of replication slots.
 *
 * @param nameChecked whether this member's slot has been found to be its own
 * @param feedback whether the server was told last to send feedback to its upstream, whatever its configuration says
 */
public record SlotMemory(boolean nameChecked, boolean feedback) {

    public static final SlotMemory NONE = new SlotMemory(false, false);

    SlotMemory named() {
        return new SlotMemory(true, feedback);
    }

    SlotMemory withFeedback(boolean forced) {
        return new SlotMemory(nameChecked, forced);
    }
}

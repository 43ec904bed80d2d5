package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is remembered of replication slots.
 *
 * @param nameChecked whether this member's slot has been found to be its own
 * @param feedback whether the server has ever been told to send feedback to its upstream, whatever its configuration says
 * @param copies the last attempts to copy logical slots, by name
 */
public record SlotMemory(boolean nameChecked, boolean feedback, SortedMap<String, Copy> copies) {

    public static final SlotMemory NONE = new SlotMemory(false, false, Collections.emptySortedMap());

    private static final Duration AGAIN = Duration.ofMinutes(5);

    /**
     * An attempt to copy a logical slot.
     *
     * @param at when
     * @param position what the slot's consumer had confirmed then; empty once the attempt has succeeded
     */
    public record Copy(MonotonicTime at, Optional<Lsn> position) {}

    public SlotMemory {
        copies = Collections.unmodifiableSortedMap(new TreeMap<>(copies));
    }

    SlotMemory named() {
        return new SlotMemory(true, feedback, copies);
    }

    SlotMemory withFeedback() {
        return new SlotMemory(nameChecked, true, copies);
    }

    /**
     * Whether a slot may be copied now. What could not be copied, for want of WAL that is not here any more, cannot be
     * copied before its consumer has moved on; and a copy that breaks at once must not stop the standby again and again.
     */
    boolean mayCopy(String name, Optional<Lsn> position, MonotonicTime now, Duration loopWait) {
        Copy last = copies.get(name);
        if (last == null || now.since(last.at()).compareTo(AGAIN) >= 0) {
            return true;
        }
        return last.position().isPresent()
                && !last.position().equals(position)
                && now.since(last.at()).compareTo(loopWait) >= 0;
    }

    SlotMemory copying(List<PermanentSlot.Logical> slots, Map<String, Lsn> positions, MonotonicTime now) {
        var next = new TreeMap<>(copies);
        slots.forEach(slot -> next.put(slot.name(), new Copy(now, Optional.ofNullable(positions.get(slot.name())))));
        return new SlotMemory(nameChecked, feedback, next);
    }

    SlotMemory copied() {
        var next = new TreeMap<String, Copy>();
        copies.forEach((name, copy) -> next.put(name, new Copy(copy.at(), Optional.empty())));
        return new SlotMemory(nameChecked, feedback, next);
    }
}

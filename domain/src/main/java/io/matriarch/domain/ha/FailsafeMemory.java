package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.MonotonicTime;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a member remembers of failsafe mode while the store is away.
 *
 * @param read the map as it was last read
 * @param written what this member has tried to write since: whether the store has it is not known
 * @param lastOn when the mode was last seen switched on
 */
public record FailsafeMemory(FailsafeMap read, SortedMap<MemberName, String> written, Optional<MonotonicTime> lastOn) {

    static final FailsafeMemory NONE = new FailsafeMemory(FailsafeMap.NONE, new TreeMap<>(), Optional.empty());

    public FailsafeMemory {
        written = Collections.unmodifiableSortedMap(new TreeMap<>(written));
    }

    /** A write was made on condition of the revision it saw: it may still come for as long as that is there. */
    FailsafeMemory reading(FailsafeMap map) {
        boolean open = map.revision().equals(read.revision());
        return new FailsafeMemory(map, open ? written : new TreeMap<>(), lastOn);
    }

    FailsafeMemory writing(SortedMap<MemberName, String> map) {
        return new FailsafeMemory(read, map, lastOn);
    }

    FailsafeMemory on(MonotonicTime now) {
        return new FailsafeMemory(read, written, Optional.of(now));
    }

    /** Everybody who may be in the store's map by now: all of them have to agree. */
    SortedMap<MemberName, String> anyOf() {
        SortedMap<MemberName, String> all = new TreeMap<>(written);
        read.members().ifPresent(all::putAll);
        return all;
    }
}

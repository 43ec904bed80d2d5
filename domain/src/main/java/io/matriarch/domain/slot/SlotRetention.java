package io.matriarch.domain.slot;

import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * When each member's slot was last wanted, as the leader remembers it: the slot of a member that is away is kept for a
 * while, so that the WAL it needs is still there when it comes back (dcs-layout §2.5).
 *
 * @param wanted by slot name
 */
public record SlotRetention(SortedMap<String, MonotonicTime> wanted) {

    public SlotRetention {
        wanted = Collections.unmodifiableSortedMap(new TreeMap<>(wanted));
    }

    /** A new leader gives every slot the last one retained its full time (DCS-084). */
    public static SlotRetention begin(Collection<String> retained, MonotonicTime now) {
        var stamps = new TreeMap<String, MonotonicTime>();
        retained.forEach(name -> stamps.put(name, now));
        return new SlotRetention(stamps);
    }

    /** Those that are wanted now get their full time anew; who has been away for longer than {@code ttl} is forgotten. */
    public SlotRetention refresh(Collection<String> now, MonotonicTime at, Duration ttl) {
        var stamps = new TreeMap<String, MonotonicTime>();
        wanted.forEach((name, since) -> {
            if (at.since(since).compareTo(ttl) < 0) {
                stamps.put(name, since);
            }
        });
        now.forEach(name -> stamps.put(name, at));
        return new SlotRetention(stamps);
    }

    /** Names whose time is over: in {@code before} and no longer here. */
    public List<String> expiredSince(SlotRetention before) {
        var gone = new ArrayList<>(before.wanted.keySet());
        gone.removeAll(wanted.keySet());
        return gone;
    }

    /** The slots to keep, sorted. */
    public List<String> names() {
        return List.copyOf(wanted.keySet());
    }
}

package io.matriarch.ports.dcs;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One consistent read of everything below a scope.
 *
 * @param keys what exists of the cluster's keys
 * @param members the members' keys by name; names that are no member names are left out
 */
public record StoreSnapshot(Map<StoreKey, StoredValue> keys, SortedMap<MemberName, StoredValue> members) {

    public StoreSnapshot {
        var copy = new EnumMap<StoreKey, StoredValue>(StoreKey.class);
        copy.putAll(keys);
        keys = Collections.unmodifiableMap(copy);
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    }

    public Optional<StoredValue> get(StoreKey key) {
        return Optional.ofNullable(keys.get(key));
    }

    /** The key's revision, {@link Revision#ABSENT} when it does not exist. */
    public Revision revision(StoreKey key) {
        return get(key).map(StoredValue::revision).orElse(Revision.ABSENT);
    }
}

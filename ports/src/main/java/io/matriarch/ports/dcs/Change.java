package io.matriarch.ports.dcs;

import io.matriarch.domain.cluster.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one transaction requires and does, all of it or nothing.
 *
 * @param unchanged keys that must still have the revision they were decided on
 * @param writes what is written then, at most one entry a key
 */
public record Change(List<Unchanged> unchanged, List<Write> writes) {

    /** Requires nothing and writes nothing. */
    public static final Change NONE = new Change(List.of(), List.of());

    public Change {
        unchanged = List.copyOf(unchanged);
        writes = List.copyOf(writes);
    }

    /** The key has this revision; {@link Revision#ABSENT} requires that it does not exist. */
    public record Unchanged(StoreKey key, Revision revision) {}

    /**
     * The key gets this value, or ends when there is none. The leader key is not written this way: only the lock's own
     * calls change it.
     */
    public record Write(StoreKey key, Optional<String> value) {

        public Write {
            if (key == StoreKey.LEADER) {
                throw new IllegalArgumentException("the leader key is changed by the lock's own calls only");
            }
        }
    }

    public Change when(StoreKey key, Revision revision) {
        var more = new ArrayList<>(unchanged);
        more.add(new Unchanged(key, revision));
        return new Change(more, writes);
    }

    public Change put(StoreKey key, String value) {
        return with(new Write(key, Optional.of(value)));
    }

    public Change delete(StoreKey key) {
        return with(new Write(key, Optional.empty()));
    }

    private Change with(Write write) {
        var more = new ArrayList<>(writes);
        more.add(write);
        return new Change(unchanged, more);
    }
}

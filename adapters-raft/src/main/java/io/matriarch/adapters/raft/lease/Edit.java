package io.matriarch.adapters.raft.lease;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a command requires and writes below its scope, all of it or nothing.
 *
 * @param conditions keys that must still have a revision; 0 is a key that does not exist
 * @param puts what is written then: at most one entry a key, and never the leader's or a member's key, which live by
 *     leases and have commands of their own
 */
public record Edit(List<Condition> conditions, List<Put> puts) {

    public static final Edit NONE = new Edit(List.of(), List.of());

    public Edit {
        conditions = List.copyOf(conditions);
        puts = List.copyOf(puts);
        if (conditions.size() > Limits.ITEMS || puts.size() > Limits.ITEMS) {
            throw new IllegalArgumentException("more than " + Limits.ITEMS + " conditions or writes");
        }
        var seen = new HashSet<String>();
        for (var put : puts) {
            if (put.key().equals(Keys.LEADER) || put.key().startsWith(Keys.MEMBERS)) {
                throw new IllegalArgumentException(put.key() + " lives by a lease and cannot be written as such");
            }
            if (!seen.add(put.key())) {
                throw new IllegalArgumentException(put.key() + " is written twice");
            }
        }
    }

    public record Condition(String key, long revision) {
        public Condition {
            Limits.key(key);
        }
    }

    /** The key gets this value, or ends when there is none. */
    public record Put(String key, Optional<String> value) {
        public Put {
            Limits.key(key);
            value.ifPresent(Limits::value);
        }
    }
}

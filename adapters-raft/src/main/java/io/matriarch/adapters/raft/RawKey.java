package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.lease.Edit;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.RequestId;
import io.matriarch.ports.dcs.StoreKey;
import java.util.List;
import java.util.Optional;

/**
 * A key by its full path, as an operator writes it past the agents.
 *
 * <p>Invariant: it is no leader's and no member's key. Those live by leases, and a leader that lost its key before its
 * lease is over would go on writing beside the next one.
 *
 * @param folder the path up to the name, with its last slash
 */
record RawKey(String folder, String name) {

    private static final String LEGACY_OPTIME = "/" + StoreKey.LEGACY_OPTIME.path();

    /**
     * @throws IllegalArgumentException if it is not a path that can be written
     */
    static RawKey of(String path) {
        if (!path.startsWith("/") || path.endsWith("/") || path.contains("//")) {
            throw new IllegalArgumentException(
                    "a key starts with a slash, does not end with one and has no empty part: '" + path + "'");
        }
        // The one key of two parts, the second of which would look like the leader's.
        int slash = path.endsWith(LEGACY_OPTIME) ? path.length() - LEGACY_OPTIME.length() : path.lastIndexOf('/');
        var key = new RawKey(path.substring(0, slash + 1), path.substring(slash + 1));
        if (key.name.equals(StoreKey.LEADER.path()) || key.folder.endsWith("/" + StoreKey.MEMBERS)) {
            throw new IllegalArgumentException(path + " lives by the lease of its holder and ends with it");
        }
        return key;
    }

    RaftCommand write(Optional<String> value) {
        return new RaftCommand.Write(
                RequestId.fresh(), folder, Optional.empty(), new Edit(List.of(), List.of(new Edit.Put(name, value))));
    }
}

package io.matriarch.domain.postgres;

import java.util.List;

/**
 * Who streams from a primary, and whom its commits wait for.
 *
 * @param senders the standbys that are connected
 * @param synchronousNames {@code synchronous_standby_names} as the server has loaded it
 * @param synchronousCommit {@code synchronous_commit} as it holds where nobody says otherwise
 */
public record Replication(List<WalSender> senders, String synchronousNames, String synchronousCommit) {

    /** Nobody streams, and no commit waits. */
    public static final Replication NONE = new Replication(List.of(), "", "on");

    public Replication {
        senders = List.copyOf(senders);
    }
}

package io.matriarch.domain.postgres;

import java.util.Optional;

/**
 * A standby that streams from the local primary, as {@code pg_stat_replication} shows it.
 *
 * @param applicationName what the standby calls itself: its member name, if it is a member
 * @param state {@code streaming}, {@code catchup}, ...
 * @param syncState {@code sync}, {@code quorum}, {@code potential} or {@code async}
 * @param written the standby has told the operating system to write this much
 * @param flushed it has flushed this much
 * @param replayed it has replayed this much
 * @param holdsItsSlot whether it streams through the slot that belongs to a member of that name
 */
public record WalSender(
        String applicationName,
        String state,
        String syncState,
        Optional<Lsn> written,
        Optional<Lsn> flushed,
        Optional<Lsn> replayed,
        boolean holdsItsSlot) {

    /** A member that streams through its slot. */
    public WalSender(
            String applicationName,
            String state,
            String syncState,
            Optional<Lsn> written,
            Optional<Lsn> flushed,
            Optional<Lsn> replayed) {
        this(applicationName, state, syncState, written, flushed, replayed, true);
    }

    public boolean isStreaming() {
        return state.equals("streaming");
    }
}

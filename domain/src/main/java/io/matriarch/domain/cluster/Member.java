package io.matriarch.domain.cluster;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.Timeline;
import java.util.List;
import java.util.Optional;

/**
 * A member as its key in the store describes it; every field but the name may be missing there.
 *
 * @param connUrl {@code postgres://host:port/database}
 * @param apiUrl {@code http://host:port/patroni}
 * @param state text of its server's state
 * @param role its role
 * @param version dotted version of the implementation
 * @param position how far its WAL reaches
 * @param received received by a replica
 * @param replayed replayed by a replica
 * @param replicationState {@code streaming} or {@code in archive recovery}
 * @param timeline its timeline, unknown if not published
 * @param checkpointPending a leader that has not yet written its new timeline to its control file
 * @param pendingRestart parameters that wait for a restart
 * @param paused whether it has seen that automation is paused
 * @param scheduledRestart when its server is to be restarted
 * @param proxyUrl address of a connection pool in front of it
 */
public record Member(
        MemberName name,
        Optional<String> connUrl,
        Optional<String> apiUrl,
        String state,
        Optional<Role> role,
        Optional<String> version,
        Tags tags,
        Optional<Lsn> position,
        Optional<Lsn> received,
        Optional<Lsn> replayed,
        Optional<String> replicationState,
        Timeline timeline,
        boolean checkpointPending,
        List<PendingParameter> pendingRestart,
        boolean paused,
        Optional<ScheduledRestart> scheduledRestart,
        Optional<String> proxyUrl) {

    public Member {
        pendingRestart = List.copyOf(pendingRestart);
    }

    /** A member of which only the name is known. */
    public static Member named(MemberName name) {
        return new Member(
                name,
                Optional.empty(),
                Optional.empty(),
                "",
                Optional.empty(),
                Optional.empty(),
                Tags.NONE,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Timeline.UNKNOWN,
                false,
                List.of(),
                false,
                Optional.empty(),
                Optional.empty());
    }

    /** The same, to be asked there; an empty address is none. */
    public Member withApiUrl(String url) {
        return new Member(
                name,
                connUrl,
                Optional.of(url).filter(one -> !one.isEmpty()),
                state,
                role,
                version,
                tags,
                position,
                received,
                replayed,
                replicationState,
                timeline,
                checkpointPending,
                pendingRestart,
                paused,
                scheduledRestart,
                proxyUrl);
    }

    /** The same as a running primary that is streamed from there, unless the address is empty. */
    public Member leadingAt(String url) {
        Optional<String> address = Optional.of(url).filter(one -> !one.isEmpty());
        return new Member(
                name,
                address.or(() -> connUrl),
                apiUrl,
                "running",
                Optional.of(Role.PRIMARY),
                version,
                tags,
                position,
                received,
                replayed,
                replicationState,
                timeline,
                checkpointPending,
                pendingRestart,
                paused,
                scheduledRestart,
                proxyUrl);
    }

    /** The same without what changes with every byte written: whether there is news for others. */
    public Member withoutPositions() {
        return new Member(
                name,
                connUrl,
                apiUrl,
                state,
                role,
                version,
                tags,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                replicationState,
                timeline,
                checkpointPending,
                pendingRestart,
                paused,
                scheduledRestart,
                proxyUrl);
    }

    public Member withTags(Tags other) {
        return new Member(
                name,
                connUrl,
                apiUrl,
                state,
                role,
                version,
                other,
                position,
                received,
                replayed,
                replicationState,
                timeline,
                checkpointPending,
                pendingRestart,
                paused,
                scheduledRestart,
                proxyUrl);
    }

    public boolean isRunning() {
        return state.equals("running");
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;

/** What another member said when it was asked. */
public sealed interface PeerAnswer {

    MemberName name();

    /** Nothing, or nothing of use. */
    record Unreachable(MemberName name, String why) implements PeerAnswer {}

    /**
     * Its own account.
     *
     * @param inRecovery whether its server is a standby
     * @param position how far its WAL reaches, zero for a primary
     * @param timeline its timeline, unknown if it did not say
     * @param streams whether its server receives WAL at the moment, as far as it says
     * @param tags its tags
     * @param watchdogFailed whether it needs a watchdog and has none
     * @param promise what it has promised about its position
     */
    record Reachable(
            MemberName name,
            boolean inRecovery,
            Lsn position,
            Timeline timeline,
            boolean streams,
            Tags tags,
            boolean watchdogFailed,
            Promise promise)
            implements PeerAnswer {

        /** One that has promised nothing. */
        public Reachable(
                MemberName name,
                boolean inRecovery,
                Lsn position,
                Timeline timeline,
                boolean streams,
                Tags tags,
                boolean watchdogFailed) {
            this(name, inRecovery, position, timeline, streams, tags, watchdogFailed, new Promise.None());
        }
    }
}

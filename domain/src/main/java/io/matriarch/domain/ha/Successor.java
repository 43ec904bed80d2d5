package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;

/** Whether a member may take over from a primary that has stopped, by what it sees of itself (SAF-060). */
public sealed interface Successor {

    /** It has on disk what the primary has. */
    record Ready(Timeline timeline, Lsn flushed) implements Successor {}

    /** It has not enough, and may still get it. */
    record Behind(String why) implements Successor {}

    /** It cannot, or must not. */
    record Unfit(String why) implements Successor {}

    /**
     * Judges one look.
     *
     * @param own its tags at this moment: who was a candidate when the hand-over began may have been barred since
     * @param timeline of the stopped primary
     * @param end first byte after its shutdown checkpoint
     */
    static Successor of(PostgresView seen, Tags own, Timeline timeline, Lsn end) {
        if (own.nofailover()) {
            return new Unfit("it is tagged nofailover");
        }
        if (!(seen.sql() instanceof SqlView.Standby standby)) {
            return new Unfit("its server is no standby that answers");
        }
        return standby.received().isAtLeast(end) && seen.timeline().equals(timeline)
                ? new Ready(seen.timeline(), standby.received())
                : new Behind("it has " + standby.received() + " of timeline " + seen.timeline() + " on disk, not " + end
                        + " of " + timeline);
    }
}

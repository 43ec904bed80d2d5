package io.matriarch.domain.rewind;

import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import java.util.List;
import java.util.Optional;

/** Has the local WAL left the leader's history? Compares positions with the switchpoints of the leader's timelines. */
public final class RewindCheck {

    private RewindCheck() {}

    /** The answer; undecided is asked again later. */
    public enum Verdict {
        NEEDED,
        NOT_NEEDED,
        UNDECIDED
    }

    /**
     * Where the local WAL ends.
     *
     * @param inRecovery whether the server is, or was when it stopped, a standby
     * @param timeline its timeline
     * @param lsn replayed by a standby; begin of the last checkpoint record of a stopped primary
     */
    public record LocalPosition(boolean inRecovery, Timeline timeline, Lsn lsn) {}

    /**
     * The local position as far as it is known for certain.
     *
     * <p>A standby that runs is judged by what it has replayed. A stopped one is judged by its minimum recovery point; a
     * crashed primary that was started as a standby shows none and is judged as a primary.
     */
    public static Optional<LocalPosition> localPosition(PostgresView server) {
        if (server.sql() instanceof SqlView.Standby standby) {
            return Optional.of(new LocalPosition(true, server.timeline(), standby.replayed()))
                    .filter(position -> position.timeline().isKnown());
        }
        if (server.isAlive()) {
            return Optional.empty();
        }
        return server.controlData().flatMap(RewindCheck::stoppedPosition);
    }

    private static Optional<LocalPosition> stoppedPosition(ControlData control) {
        return switch (control.state()) {
            case SHUT_DOWN_IN_RECOVERY, IN_ARCHIVE_RECOVERY -> {
                boolean hasMinimum = !control.minimumRecoveryEnd().isZero()
                        && control.minimumRecoveryTimeline().isKnown();
                yield Optional.of(
                        hasMinimum
                                ? new LocalPosition(
                                        true, control.minimumRecoveryTimeline(), control.minimumRecoveryEnd())
                                : new LocalPosition(false, control.checkpointTimeline(), control.checkpoint()));
            }
            case SHUT_DOWN -> Optional.of(new LocalPosition(false, control.checkpointTimeline(), control.checkpoint()));
            case STARTING_UP, SHUTTING_DOWN, IN_CRASH_RECOVERY, IN_PRODUCTION, UNRECOGNIZED -> Optional.empty();
        };
    }

    /**
     * Compares.
     *
     * @param endOfCheckpoint first byte after the record at the local position, for a cleanly stopped primary
     */
    public static Verdict compare(LocalPosition local, LeaderTimeline.Primary leader, Optional<Lsn> endOfCheckpoint) {
        if (leader.timeline().isBefore(local.timeline())) {
            return Verdict.NEEDED;
        }
        if (leader.timeline().equals(local.timeline())) {
            return Verdict.NOT_NEEDED;
        }
        return switchpointOf(local.timeline(), leader.history())
                .map(switchpoint -> beyond(local, switchpoint, endOfCheckpoint) ? Verdict.NEEDED : Verdict.NOT_NEEDED)
                .orElse(Verdict.NEEDED);
    }

    /** A standby may stand right at the switchpoint; a primary's last record must end exactly there. */
    private static boolean beyond(LocalPosition local, Lsn switchpoint, Optional<Lsn> endOfCheckpoint) {
        if (local.inRecovery()) {
            return local.lsn().isAfter(switchpoint);
        }
        if (local.lsn().isAtLeast(switchpoint)) {
            return true;
        }
        return endOfCheckpoint.map(end -> !end.equals(switchpoint)).orElse(true);
    }

    private static Optional<Lsn> switchpointOf(Timeline timeline, List<HistoryLine> history) {
        return history.stream()
                .filter(line -> line.parent().equals(timeline))
                .map(HistoryLine::switchpoint)
                .findFirst();
    }
}

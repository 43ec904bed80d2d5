package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.SystemIdentifier;
import java.util.List;
import java.util.Optional;

/** Does the data directory belong to this cluster? A member that does not belong never takes part. */
final class Membership {

    private Membership() {}

    /** The turn to end with, or nothing when all is well. */
    static Optional<Turn> check(Situation now) {
        if (now.postgres().controlData().isEmpty()) {
            // Not readable at the moment (a copy is being made) or broken: nothing is started on it.
            return now.postgres().isAlive() ? Optional.empty() : Optional.of(unreadable(now));
        }
        SystemIdentifier ours = now.postgres().systemIdentifier().orElseThrow();
        return switch (now.cluster().initialize()) {
            case InitializeKey.Done(SystemIdentifier theirs, var _) ->
                theirs.equals(ours) ? Optional.empty() : Optional.of(foreign(now, theirs, ours));
            case InitializeKey.Absent _, InitializeKey.InProgress _, InitializeKey.Invalid _ ->
                uninitialized(now, ours);
        };
    }

    /** The lease is kept for as long as turns end: a leader that can start nothing gives the lock to others itself. */
    private static Turn unreadable(Situation now) {
        return now.holdsLock()
                ? now.turn(
                        Reason.SYSTEM_ID_INVALID_AS_LEADER,
                        new Decision.DisarmWatchdog(),
                        new Decision.ReleaseLeaderLock(now.stopped(), Optional.empty()))
                // The sentence asks for a reinitialize, so that has to work here.
                : Requests.reinitialize(now).orElseGet(() -> now.turn(Reason.SYSTEM_ID_INVALID));
    }

    private static Decision[] released(Situation now, Decision exit) {
        return now.holdsLock()
                ? new Decision[] {
                    new Decision.DisarmWatchdog(), new Decision.ReleaseLeaderLock(now.stopped(), Optional.empty()), exit
                }
                : new Decision[] {exit};
    }

    private static Turn foreign(Situation now, SystemIdentifier theirs, SystemIdentifier ours) {
        String difference = theirs + " != " + ours;
        if (!now.settings().paused()) {
            if (now.stopped().isEmpty()) {
                return now.turn(
                        Reason.STOPPING_FOREIGN,
                        List.of(theirs.value(), ours.value()),
                        new Decision.StopServer(
                                StopMode.FAST,
                                false,
                                Optional.of(now.settings().pgCtlTimeout()),
                                "stop a server of another cluster"));
            }
            String why = "system ID mismatch, node " + now.self() + " belongs to a different cluster: " + difference;
            return now.turn(
                    Reason.SYSTEM_ID_MISMATCH,
                    List.of(now.self().value(), theirs.value(), ours.value()),
                    released(now, new Decision.Exit(1, why)));
        }
        var warning = Note.warning("system ID has changed while in paused mode."
                + " Matriarch will exit when resuming unless system ID is reset: " + difference);
        Turn turn = now.holdsLock()
                ? now.turn(
                        Reason.SYSTEM_ID_MISMATCH_PAUSED,
                        new Decision.ReleaseLeaderLock(now.stopped(), Optional.empty()))
                : now.turn(Reason.FOLLOWING_NOBODY, List.of(now.self().value()));
        return turn.with(List.of(warning));
    }

    /** An existing data directory in a scope that nobody has initialized: its primary brings it in. */
    private static Optional<Turn> uninitialized(Situation now, SystemIdentifier ours) {
        boolean first = !now.state().joined()
                && !now.cluster().isLocked()
                && !now.settings().paused();
        if (!first) {
            return Optional.empty();
        }
        boolean runsAsReplica = now.postgres().isAlive()
                && !now.isPrimary()
                && !now.postgres().state().isStarting();
        if (runsAsReplica) {
            return Optional.of(now.turn(
                            Reason.NO_INITIALIZE_KEY_AS_REPLICA,
                            new Decision.Exit(1, "Please first start Matriarch on the node running as primary"))
                    .with(List.of(Note.error(
                            "No initialize key in DCS and PostgreSQL is running as replica, aborting start"))));
        }
        if (now.cluster().initialize() instanceof InitializeKey.InProgress) {
            // Another member is bootstrapping: what it has created is not ours to overwrite (W-11).
            return Optional.of(now.turn(Reason.WAITING_FOR_LEADER));
        }
        return Optional.of(now.turn(
                Reason.JOINING_UNINITIALIZED,
                new Decision.WriteInitializeKey(ours, now.cluster().initialize().revision())));
    }
}

package io.matriarch.domain.postgres;

import io.matriarch.domain.cluster.Role;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The local server as one observation saw it.
 *
 * @param directory the data directory
 * @param controlData pg_controldata, where it could be read; never while a replica is being created
 * @param process its processes
 * @param state the state the member publishes
 * @param role the role it was last started, promoted or demoted to
 * @param sql the answer to the monitoring query
 * @param upstream what the standby is configured to follow, empty before the agent has configured it
 * @param recoverySignal whether a signal file makes the next start a standby's
 * @param backupLabel whether an unfinished base backup's label is there
 * @param laterHistory whether the history of a timeline after the one of a standby has come to its WAL directory
 * @param rewindConfigured whether pg_rewind is wanted and its binary works
 * @param pendingRestart parameters that wait for a restart
 * @param stalled how long a primary has shown no sign that it can write: it does not answer, or WAL waits to be flushed
 *     and none is; empty while all is well
 */
public record PostgresView(
        DataDirectory directory,
        Optional<ControlData> controlData,
        ServerProcess process,
        ServerState state,
        Role role,
        SqlView sql,
        Optional<Upstream> upstream,
        boolean recoverySignal,
        boolean backupLabel,
        boolean laterHistory,
        boolean rewindConfigured,
        List<PendingParameter> pendingRestart,
        Optional<Duration> stalled) {

    public PostgresView {
        pendingRestart = List.copyOf(pendingRestart);
    }

    /** Of a server whose WAL directory has nothing to tell. */
    public PostgresView(
            DataDirectory directory,
            Optional<ControlData> controlData,
            ServerProcess process,
            ServerState state,
            Role role,
            SqlView sql,
            Optional<Upstream> upstream,
            boolean recoverySignal,
            boolean backupLabel,
            boolean rewindConfigured,
            List<PendingParameter> pendingRestart,
            Optional<Duration> stalled) {
        this(
                directory,
                controlData,
                process,
                state,
                role,
                sql,
                upstream,
                recoverySignal,
                backupLabel,
                false,
                rewindConfigured,
                pendingRestart,
                stalled);
    }

    /** A parameter whose new value waits for a restart, as texts. */
    public record PendingParameter(String name, String oldValue, String newValue) {}

    public boolean isAlive() {
        return !(process instanceof ServerProcess.Stopped);
    }

    /**
     * Whether it may accept writes: by its own word, or, while it does not answer, by what it last was (a primary that
     * hangs is still a primary).
     */
    public boolean isPrimary() {
        return switch (sql) {
            case SqlView.Primary _ -> true;
            case SqlView.Standby _ -> false;
            case SqlView.NoAnswer _ -> isAlive() && role.isPrimary();
        };
    }

    /** How far its WAL reaches, as it said; empty when it did not answer. */
    public Optional<Lsn> position() {
        return switch (sql) {
            case SqlView.Primary primary -> Optional.of(primary.flushed());
            case SqlView.Standby standby -> Optional.of(standby.position());
            case SqlView.NoAnswer _ -> Optional.empty();
        };
    }

    /** The timeline it writes, streams, or, failing that, has in its control file. */
    public Timeline timeline() {
        var fromControlFile = controlData
                .map(control -> control.minimumRecoveryTimeline().isKnown()
                        ? control.minimumRecoveryTimeline()
                        : control.checkpointTimeline())
                .orElse(Timeline.UNKNOWN);
        return switch (sql) {
            case SqlView.Primary primary -> primary.timeline();
            case SqlView.Standby standby -> standby.receivedTimeline().orElse(fromControlFile);
            case SqlView.NoAnswer _ -> fromControlFile;
        };
    }

    public Optional<SystemIdentifier> systemIdentifier() {
        return controlData.map(ControlData::systemIdentifier);
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.postgres.ServerReport;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the local server: its directory, its control file, its processes, and what it answers. */
final class PgProbe implements PostgresProbe {

    private static final Logger log = LoggerFactory.getLogger(PgProbe.class);

    private static final Duration CALLBACKS_BEGIN_WITHIN = Duration.ofSeconds(10);

    private final Server server;
    private final Heartbeat heartbeat;
    private final ReportQuery report;
    /** Why the server did not answer last; empty when it did. */
    private volatile String complaint = "";
    /** How far a primary had flushed its WAL when it was asked last. */
    private Lsn flushed = Lsn.ZERO;

    PgProbe(Server server) {
        this.server = server;
        this.heartbeat = new Heartbeat(server);
        this.report = new ReportQuery(server);
    }

    @Override
    public PostgresView observe(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        ServerStatus status = server.status();
        DataDirectory directory = server.directory();
        ServerProcess process = server.processes().view();
        if (!(process instanceof ServerProcess.Alive) && status.state() == ServerState.RUNNING) {
            // A start may have ended while the remains of the server before it were looked for.
            process = server.processes().view();
        }
        boolean alive = process instanceof ServerProcess.Alive;
        noteProcess(alive);
        SqlView sql = alive ? heartbeat.ask(deadline.left()) : new SqlView.NoAnswer("no postmaster");
        noteAnswer(sql);
        complain(alive, sql);
        if (directory instanceof DataDirectory.Empty) {
            status.role(Role.UNINITIALIZED);
        }
        Optional<ControlData> control =
                directory instanceof DataDirectory.Present && status.state() != ServerState.CREATING_REPLICA
                        ? ControlFile.read(server.settings().binaries(), server.dataDirectory())
                                .flatMap(ControlFile::data)
                        : Optional.empty();
        return new PostgresView(
                directory,
                control,
                process,
                status.state(),
                status.role(),
                sql,
                status.upstream(),
                server.files().hasSignal(),
                Files.exists(server.dataDirectory().resolve("backup_label")),
                sql instanceof SqlView.Standby standby && laterHistory(standby),
                server.rewindConfigured(),
                status.pendingRestart(),
                stalled(alive, sql));
    }

    /** WAL that somebody has written and nobody flushes is a sign of storage that hangs; so is silence. */
    private Optional<Duration> stalled(boolean alive, SqlView sql) {
        ServerStatus status = server.status();
        boolean hangs = switch (sql) {
            case SqlView.Primary primary -> {
                boolean waits = heartbeat.inserted().isAfter(primary.flushed())
                        && primary.flushed().equals(flushed);
                flushed = primary.flushed();
                yield waits;
            }
            case SqlView.Standby _ -> false;
            case SqlView.NoAnswer _ ->
                alive && status.state() == ServerState.RUNNING && status.role().isPrimary();
        };
        if (!hangs) {
            status.canWrite();
            return Optional.empty();
        }
        return Optional.of(status.notWritten());
    }

    /** A receiver fetches the history of its upstream's timelines before it finds that it cannot follow it there. */
    private boolean laterHistory(SqlView.Standby standby) {
        return standby.receivedTimeline()
                .map(timeline -> TimelineFiles.name(timeline.next()))
                .map(name ->
                        Files.exists(server.dataDirectory().resolve("pg_wal").resolve(name)))
                .orElse(false);
    }

    /** A postmaster that has gone by itself has crashed. What is being started or stopped is left to who does that. */
    private void noteProcess(boolean alive) {
        ServerStatus status = server.status();
        if (!alive) {
            heartbeat.forget();
        }
        switch (status.state()) {
            case RUNNING -> {
                if (!alive) {
                    status.replace(ServerState.RUNNING, ServerState.CRASHED);
                }
            }
            case STARTING, STARTING_AFTER_BOOTSTRAP -> {
                if (isReady(alive)) {
                    server.nowRunning();
                } else if (!alive && !status.isStartAwaited()) {
                    status.state(ServerState.CRASHED);
                }
            }
            case CRASHED, STOPPED, START_FAILED, STOP_FAILED, RESTART_FAILED -> {
                // Somebody else has started it, or it came up after all.
                if (isReady(alive)) {
                    server.nowRunning();
                }
            }
            case INITIALIZING,
                    INITDB_FAILED,
                    CUSTOM_BOOTSTRAP,
                    CUSTOM_BOOTSTRAP_FAILED,
                    CREATING_REPLICA,
                    RESTARTING,
                    STOPPING -> {}
        }
    }

    private boolean isReady(boolean alive) {
        return alive
                && !heartbeat.isRejected()
                && PidFile.read(server.dataDirectory()).filter(PidFile::isReady).isPresent();
    }

    private void noteAnswer(SqlView sql) {
        ServerStatus status = server.status();
        Role role = status.role();
        if (!(sql instanceof SqlView.NoAnswer)
                && (status.state() == ServerState.STARTING || status.state() == ServerState.STARTING_AFTER_BOOTSTRAP)) {
            // It began to accept connections after its status was looked at.
            server.nowRunning();
        }
        switch (sql) {
            case SqlView.Primary _ -> {
                if (role == Role.PROMOTED || role == Role.UNINITIALIZED || role == Role.DEMOTED) {
                    status.role(Role.PRIMARY);
                }
            }
            case SqlView.Standby _ -> {
                if (role == Role.UNINITIALIZED || role == Role.DEMOTED) {
                    status.role(Role.REPLICA);
                }
            }
            case SqlView.NoAnswer _ -> {
                if (heartbeat.isRejected()) {
                    // It recovers from the crash of a session: its postmaster has never gone (HA-020).
                    status.replace(ServerState.RUNNING, ServerState.STARTING);
                }
            }
        }
    }

    /** A member that cannot ask its own server would go on as if all were well: said once a reason, and when it ends. */
    private void complain(boolean alive, SqlView sql) {
        switch (sql) {
            case SqlView.NoAnswer(String why) -> {
                if (alive && server.status().state() == ServerState.RUNNING && !why.equals(complaint)) {
                    complaint = why;
                    log.warn("PostgreSQL runs and does not answer the agent: {}", why);
                }
            }
            case SqlView.Primary _, SqlView.Standby _ -> {
                if (!complaint.isEmpty()) {
                    complaint = "";
                    log.info("PostgreSQL answers the agent again");
                }
            }
        }
    }

    @Override
    public int serverVersion() {
        return heartbeat.serverVersion();
    }

    @Override
    public ServerReport report(Duration patience) {
        return report.ask(patience);
    }

    @Override
    public void onServerExit(Runnable listener) {
        server.processes().onExit(listener);
    }

    @Override
    public void close() {
        heartbeat.close();
        report.close();
        server.awaitCallbacks(CALLBACKS_BEGIN_WITHIN);
    }
}

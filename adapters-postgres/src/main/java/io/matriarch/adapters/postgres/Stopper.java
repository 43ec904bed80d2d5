package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops the server. It never says so without the proof (SAF-030). */
final class Stopper {

    private static final Logger log = LoggerFactory.getLogger(Stopper.class);
    private static final int LOOK_MILLIS = 5;
    /** How long what is left of a killed server may take to go: killed processes only have to be scheduled once. */
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(1);

    private final Server server;
    private final WalReader wal;

    Stopper(Server server, WalReader wal) {
        this.server = server;
        this.wal = wal;
    }

    /**
     * Stops it.
     *
     * @param callback whether {@code on_stop} runs: not within a restart
     */
    StopResult stop(StopOrder order, boolean callback) {
        ServerStatus status = server.status();
        if (server.processes().isSingleUser()) {
            return new StopResult.NotStopped("a single-user server works in " + server.dataDirectory());
        }
        Optional<Postmaster> running = server.processes().postmaster();
        if (running.isEmpty()) {
            return afterwards(false);
        }
        log.info("stopping PostgreSQL: mode={} reason={}", order.mode(), order.why());
        if (order.checkpointFirst() && order.mode() != StopMode.IMMEDIATE) {
            checkpointForStop();
        }
        // The end of what it was is told in its own name, not in that of what it has become by it.
        Role role = status.role();
        if (status.state() != ServerState.RESTARTING) {
            status.state(ServerState.STOPPING);
        }
        Limits limits = Limits.of(order);
        beforeStop(order);
        // A shutdown waits for replication connections last of all, and looks only each 10 ms whether they have ended.
        server.replayedTimeline().forget();
        boolean escalated = false;
        try {
            running.get()
                    .handle()
                    .send(order.mode() == StopMode.IMMEDIATE ? Pidfd.Signal.IMMEDIATE : Pidfd.Signal.FAST);
            escalated = await(running.get(), order.mode(), limits);
        } catch (IllegalStateException e) {
            status.state(ServerState.STOP_FAILED);
            return new StopResult.NotStopped(e.getMessage());
        }
        if (running.get().isAlive()) {
            status.state(ServerState.STOP_FAILED);
            return new StopResult.NotStopped(
                    "PostgreSQL did not stop: pid=" + running.get().pid());
        }
        StopResult result = afterwards(escalated);
        if (callback && result instanceof StopResult.Stopped) {
            server.callback("on_stop", role);
        }
        return result;
    }

    /** When a stop that takes long is helped on, counted from its beginning: the operator's script is part of it. */
    private record Limits(Deadline immediate, Deadline kill) {

        static Limits of(StopOrder order) {
            Duration never = Duration.ofDays(10_000);
            return new Limits(
                    Deadline.in(order.escalateAfter().orElse(never)),
                    Deadline.in(order.escalateAfter()
                            .map(patience -> patience.plus(patience.dividedBy(2)))
                            .orElse(never)));
        }
    }

    /** Waits for the end; true if that took more than was ordered. */
    private boolean await(Postmaster running, StopMode mode, Limits limits) {
        var senders = new LingeringSenders(server);
        boolean escalated = false;
        while (running.isAlive()) {
            if (Thread.currentThread().isInterrupted()) {
                return escalated;
            }
            if (limits.kill().hasPassed()) {
                kill();
                return true;
            }
            if (limits.immediate().hasPassed() && !escalated) {
                log.warn("Timeout during postmaster stop, aborting Postgres.");
                running.handle().send(Pidfd.Signal.IMMEDIATE);
                escalated = true;
            }
            if (mode == StopMode.HAND_OVER) {
                senders.look();
            }
            Pause.millis(LOOK_MILLIS);
        }
        return escalated;
    }

    /** The postmaster has gone: what is left of the server goes too, and then there is the proof. */
    private StopResult afterwards(boolean escalated) {
        ServerStatus status = server.status();
        // After an ordinary shutdown nothing is left; after a crash the orphans notice soon, but not in a commit loop.
        Optional<StopProof> proof = server.processes().awaitProof(Deadline.in(Duration.ofMillis(200)));
        boolean killed = proof.isEmpty();
        if (killed) {
            log.warn(
                    "processes of the server outlived the postmaster, killing them: {}",
                    server.processes().view());
            proof = kill();
        }
        if (proof.isEmpty()) {
            status.state(ServerState.STOP_FAILED);
            return new StopResult.NotStopped(server.processes().whatIsLeft());
        }
        if (status.state() != ServerState.RESTARTING) {
            status.state(ServerState.STOPPED);
        }
        if (status.role().isPrimary() && status.state() != ServerState.RESTARTING) {
            status.role(Role.DEMOTED);
        }
        return new StopResult.Stopped(proof.get(), escalated || killed, shutdownPosition());
    }

    /** Where a cleanly stopped primary's WAL ends: after its last record, not where that begins (SAF-060). */
    private Optional<ShutdownPosition> shutdownPosition() {
        return ControlFile.read(server.settings().binaries(), server.dataDirectory())
                .flatMap(ControlFile::data)
                .filter(data -> data.state() == ControlData.State.SHUT_DOWN)
                .flatMap(data -> wal.endOfRecord(data.checkpointTimeline(), data.checkpoint())
                        .map(end -> new ShutdownPosition(data.checkpointTimeline(), end)));
    }

    Optional<StopProof> kill() {
        return server.processes().kill(Deadline.in(KILL_PATIENCE));
    }

    void signal(Pidfd.Signal signal) {
        server.processes().postmaster().ifPresent(running -> running.handle().send(signal));
    }

    private void checkpointForStop() {
        try (Connection connection = server.connect("checkpoint", Jdbc.Bounds.none());
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        } catch (SQLException e) {
            log.warn("checkpoint before the stop failed: {}", e.getMessage());
        }
    }

    /** Half of a stop's time at most; an immediate stop has none, for nobody may write from then on. */
    private void beforeStop(StopOrder order) {
        Optional<String> script = server.settings().beforeStop();
        if (script.isEmpty()) {
            return;
        }
        Duration patience = order.mode() == StopMode.IMMEDIATE
                ? Duration.ZERO
                : order.escalateAfter()
                        .map(limit -> limit.dividedBy(2))
                        .orElse(server.settings().startTimeout());
        if (patience.isZero()) {
            log.warn("before_stop script `{}` is not run: the stop must not wait for it", script.get());
            return;
        }
        Subprocess.Result result =
                Subprocess.runWithin(patience, ShellWords.split(script.get()), Subprocess.inherited());
        if (!result.isOk()) {
            log.warn("before_stop script `{}` exited with {}{}", script.get(), result.code(), timedOut(result));
        }
    }

    private static String timedOut(Subprocess.Result result) {
        return result.code() == Subprocess.TIMED_OUT ? ": it was ended, the stop goes on without it" : "";
    }
}

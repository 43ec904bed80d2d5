package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StandbyCluster;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.slot.SlotPlanner;
import io.matriarch.ports.postgres.PostgresContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one server an agent manages: what its parts share. */
final class Server {

    private static final Logger log = LoggerFactory.getLogger(Server.class);

    static final String SYNCHRONOUS_NAMES = "synchronous_standby_names";
    static final String FEEDBACK = "hot_standby_feedback";

    private final ServerProcesses processes;
    private final ServerStatus status = new ServerStatus();
    private final ReplayedTimeline replayedTimeline =
            new ReplayedTimeline(this::connectReplication, ReplayedTimeline.READY);
    private final Callbacks callbacks = new Callbacks();
    private final SlotWatch slotWatch = new SlotWatch(this);
    private final Map<String, GucCatalog> catalogs = new HashMap<>();
    private final Map<String, Boolean> rewindWorks = new HashMap<>();

    private volatile PostgresContext context;
    private volatile PgSettings settings;
    private volatile Optional<String> synchronousNames = Optional.empty();
    private volatile boolean feedbackForced;
    private volatile boolean bootstrapping;
    private volatile boolean calledBack;

    Server(PostgresContext context) {
        this.context = context;
        this.settings = PgSettings.read(context.settings());
        this.processes = new ServerProcesses(settings.dataDirectory());
        if (Files.exists(dataDirectory().resolve("global").resolve("pg_control"))) {
            // What a stopped primary was is no role to publish: it has to find out whether it still may be one.
            status.role(files().hasSignal() ? Role.REPLICA : processes.isAlive() ? Role.PRIMARY : Role.DEMOTED);
        }
        if (processes.isAlive()) {
            if (!files().hasSignal()) {
                // Commits wait for these names, and the store may say so: they stay until the agent has decided on
                // others.
                synchronousNames = files().present(SYNCHRONOUS_NAMES);
            }
            status.state(ServerState.STARTING);
            status.pendingCallback("on_start");
        }
    }

    /** Takes new settings over; the data directory stays the one it is. */
    void adopt(PostgresContext next) {
        PgSettings read = PgSettings.read(next.settings());
        if (!read.dataDirectory().equals(settings.dataDirectory())) {
            log.warn(
                    "postgresql.data_dir changed to {}: that needs a restart of the agent, {} stays in use",
                    read.dataDirectory(),
                    settings.dataDirectory());
            return;
        }
        context = next;
        settings = read;
    }

    PostgresContext context() {
        return context;
    }

    PgSettings settings() {
        return settings;
    }

    ServerProcesses processes() {
        return processes;
    }

    ServerStatus status() {
        return status;
    }

    ReplayedTimeline replayedTimeline() {
        return replayedTimeline;
    }

    SlotWatch slotWatch() {
        return slotWatch;
    }

    Path dataDirectory() {
        return settings.dataDirectory();
    }

    ConfigFiles files() {
        return new ConfigFiles(settings);
    }

    /** Major version: that of the data directory, or of the installed programs while it is empty. */
    OptionalInt major() {
        return PgBinaries.majorOf(dataDirectory());
    }

    /** The major version, or the oldest one supported where nothing tells. */
    int majorOrOldest() {
        return major().orElse(12);
    }

    synchronized GucCatalog catalog() {
        return catalogs.computeIfAbsent(settings.binaries().path("postgres"), _ -> GucCatalog.of(settings.binaries()));
    }

    ServerParameters parameters() {
        var configured = ServerParameters.of(settings, context.scope(), majorOrOldest(), catalog());
        var asked = feedbackForced ? configured.with(Map.of(FEEDBACK, "on")) : configured;
        return synchronousNames
                .map(names -> asked.with(Map.of(SYNCHRONOUS_NAMES, names)))
                .orElse(asked);
    }

    /**
     * Whether the server tells its upstream which old rows it needs, whatever the configuration says.
     *
     * @return whether that is news
     */
    boolean forceFeedback(boolean on) {
        boolean news = feedbackForced != on;
        feedbackForced = on;
        return news;
    }

    /** What commits wait for from now on, whatever the configuration says; nothing to do as that says. */
    void synchronousNames(Optional<String> names) {
        synchronousNames = names;
    }

    /** What a parameter is in the configuration files, as PostgreSQL itself reads them; empty if it cannot. */
    Optional<String> filed(String parameter) {
        Subprocess.Result result = Subprocess.run(
                List.of(
                        settings.binaries().path("postgres"),
                        "-D",
                        dataDirectory().toString(),
                        "--config-file=" + settings.configFile(),
                        "-C",
                        parameter),
                Subprocess.environment(Map.of()));
        return result.isOk() ? Optional.of(result.output().strip()) : Optional.empty();
    }

    /** Whether pg_rewind is wanted and can be run. */
    synchronized boolean rewindConfigured() {
        return settings.usePgRewind()
                && rewindWorks.computeIfAbsent(
                        settings.binaries().path("pg_rewind"),
                        program -> Subprocess.run(List.of(program, "--help"), Subprocess.environment(Map.of()))
                                .isOk());
    }

    Endpoint local() {
        return Endpoint.local(
                settings, Optional.ofNullable(settings.parameters().get("unix_socket_directories")));
    }

    /** A connection to the local server as the superuser. */
    Connection connect(String purpose, Jdbc.Bounds bounds) throws SQLException {
        return Jdbc.open(settings.superuser(), local(), settings.database(), "Patroni " + purpose, bounds);
    }

    /** A replication connection to the local server. */
    Connection connectReplication(Duration patience) throws SQLException {
        return Jdbc.openReplication(settings.replication(), local(), ReplayedTimeline.NAME, Jdbc.Bounds.kept(patience));
    }

    DataDirectory directory() {
        Path directory = dataDirectory();
        if (!Files.exists(directory)) {
            return new DataDirectory.Empty();
        }
        if (Files.exists(directory.resolve("global").resolve("pg_control"))) {
            return new DataDirectory.Present();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            boolean empty = entries.map(entry -> entry.getFileName().toString())
                    .allMatch(name -> name.startsWith(".") || name.equals("lost+found"));
            return empty ? new DataDirectory.Empty() : new DataDirectory.Present();
        } catch (IOException | java.io.UncheckedIOException e) {
            return new DataDirectory.Inaccessible("cannot read " + directory + ": " + e.getMessage());
        }
    }

    /**
     * Settings of recovery for a server that follows {@code upstream}.
     *
     * @throws IllegalArgumentException when its address is none
     */
    SortedMap<String, String> recovery(Upstream upstream) {
        var wanted = new TreeMap<>(RecoverySettings.forStandby(settings.recovery()));
        switch (upstream) {
            case Upstream.Nobody _ -> {}
            case Upstream.Of _ -> ownSlot(wanted);
            case Upstream.Cascade(var _, StandbyCluster within) -> {
                ownSlot(wanted);
                RecoverySettings.override(wanted, within);
            }
            case Upstream.Remote(StandbyCluster remote) -> {
                remote.primarySlotName()
                        .filter(_ -> remote.streams())
                        .ifPresent(slot -> wanted.put("primary_slot_name", slot));
                remote.recoveryMinApplyDelay().ifPresent(delay -> wanted.put("recovery_min_apply_delay", delay));
                RecoverySettings.override(wanted, remote);
            }
        }
        Endpoint.of(upstream)
                .ifPresent(endpoint -> wanted.put(
                        "primary_conninfo",
                        ConnectionString.format(ConnectionString.primaryConninfo(
                                settings, endpoint, context.self().value(), majorOrOldest()))));
        return wanted;
    }

    private void ownSlot(SortedMap<String, String> wanted) {
        if (settings.useSlots()) {
            wanted.put("primary_slot_name", SlotPlanner.slotName(context.self()));
        }
    }

    /** The password a standby connects to {@code upstream} with, where its WAL receiver looks for it. */
    void writePassFile(Upstream upstream) throws IOException {
        Optional<Endpoint> endpoint = Endpoint.of(upstream);
        if (endpoint.isPresent()) {
            files().writePassFile(settings.replication(), endpoint.get());
        }
    }

    /** Settings of recovery for the configuration file as things are. */
    SortedMap<String, String> presentRecovery() {
        Optional<Upstream> upstream = status.upstream();
        if (upstream.isPresent()) {
            return recovery(upstream.get());
        }
        // Taken over: what it follows is in its file, and stays until the agent has decided on an upstream.
        var kept = recovery(new Upstream.Nobody());
        if (files().hasSignal()) {
            SortedMap<String, String> present = files().presentRecovery();
            for (String name : List.of("primary_conninfo", "primary_slot_name")) {
                if (present.containsKey(name)) {
                    kept.put(name, present.get(name));
                }
            }
        }
        return kept;
    }

    /** Called once the server accepts connections; repeats do nothing. */
    void nowRunning() {
        ServerState before = status.state();
        if (before == ServerState.RUNNING) {
            return;
        }
        status.state(ServerState.RUNNING);
        log.info(
                "PostgreSQL accepts connections: role={} state before={}",
                status.role().text(),
                before.text());
        files().saveBackups();
        status.takePendingCallback().ifPresent(this::callback);
    }

    /** Runs the callback of an action, if there is one. */
    void callback(String action) {
        callback(action, status.role());
    }

    /** The same with the role of a moment ago. Nobody is told of what a bootstrap does to its server. */
    void callback(String action, Role role) {
        if (!bootstrapping) {
            calledBack = true;
            callbacks.run(
                    settings.callbacks(),
                    action,
                    (role == Role.PROMOTED ? Role.PRIMARY : role).text(),
                    context.scope());
        }
    }

    /** A cluster is being made here: callbacks begin with the end of that. */
    void bootstrapping(boolean begun) {
        bootstrapping = begun;
    }

    /**
     * The callback of a server that comes up as a standby: what it was before is news for those who have been told of it
     * (ha-decisions §20).
     */
    String callbackOfFollowing(Role before, Role role, String otherwise) {
        return isRoleChange(before, role) ? "on_role_change" : otherwise;
    }

    boolean isRoleChange(Role before, Role role) {
        return calledBack && before != role && before != Role.UNINITIALIZED;
    }

    /** Before the agent ends: what it has still to say is said. */
    void awaitCallbacks(Duration atMost) {
        callbacks.awaitBegun(atMost);
    }

    /** Throws unless the server has stopped; used where a proof from earlier could be out of date. */
    void requireStopped(StopProof proof) {
        if (processes.proof().isEmpty()) {
            throw new IllegalStateException(
                    "the server was started again after it had been proven to have stopped: " + proof.evidence());
        }
    }
}

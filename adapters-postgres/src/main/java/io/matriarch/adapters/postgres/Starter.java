package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.watchdog.Guard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the server through the guard and waits until it accepts connections. */
final class Starter {

    private static final Logger log = LoggerFactory.getLogger(Starter.class);
    private static final int LOOK_MILLIS = 20;
    private static final int LAST_WORDS = 1000;

    private final Server server;
    private final Guard guard;

    Starter(Server server, Guard guard) {
        this.server = server;
        this.guard = guard;
    }

    ControlResult startPrimary(Duration timeout, String callback) {
        return start(new StartAs.Primary(), Role.PRIMARY, timeout, callback);
    }

    ControlResult startStandby(Upstream upstream, Role role, Duration timeout, String callback) {
        return start(new StartAs.Standby(upstream), role, timeout, callback);
    }

    /** Starts it again as the primary or the standby it was, whatever it followed. */
    ControlResult startAsBefore(Role role, Duration timeout, String callback) {
        return start(before(), role, timeout, callback);
    }

    private StartAs before() {
        if (!server.files().hasSignal()) {
            return new StartAs.Primary();
        }
        Optional<Upstream> upstream = server.status().upstream();
        return upstream.isPresent() ? new StartAs.Standby(upstream.get()) : new StartAs.StandbyAsConfigured();
    }

    /** What to start it as. */
    private sealed interface StartAs {

        record Primary() implements StartAs {}

        record Standby(Upstream upstream) implements StartAs {}

        /** With the upstream that its configuration file names: a server that was taken over. */
        record StandbyAsConfigured() implements StartAs {}
    }

    private ControlResult start(StartAs as, Role role, Duration timeout, String callback) {
        ServerStatus status = server.status();
        if (server.processes().isAlive()) {
            return alreadyRunning(!(as instanceof StartAs.Primary), timeout);
        }
        if (server.processes().isSingleUser()) {
            return new ControlResult.Failed("a single-user server works in " + server.dataDirectory());
        }
        Optional<String> problem = problem();
        if (problem.isPresent()) {
            return failed(problem.get());
        }
        if (server.processes().proof().isEmpty()) {
            return failed("cannot start PostgreSQL: " + server.processes().whatIsLeft());
        }
        status.startAwaited(true);
        status.state(ServerState.STARTING);
        status.role(role);
        status.pendingRestart(List.of());
        status.pendingCallback(callback);
        try {
            ServerParameters parameters = configure(as, role);
            if (Thread.currentThread().isInterrupted()) {
                return failed("PostgreSQL start cancelled.");
            }
            long pid = guard.start(command(parameters));
            log.info("postmaster pid={}", pid);
            server.processes().adopt(pid);
            return await(pid, timeout);
        } catch (IOException | Guard.GuardException | IllegalArgumentException e) {
            return failed("cannot start PostgreSQL: " + e.getMessage());
        } finally {
            status.startAwaited(false);
        }
    }

    /** Nothing is started twice; a server in the other role is not what was asked for. */
    private ControlResult alreadyRunning(boolean standby, Duration timeout) {
        log.error("Cannot start PostgreSQL because one is already running.");
        boolean isStandby = server.files().hasSignal();
        if (standby != isStandby) {
            return new ControlResult.Failed("PostgreSQL already runs as a " + (isStandby ? "standby" : "primary")
                    + ": it must be stopped first");
        }
        return server.processes()
                .postmaster()
                .map(running -> await(running.pid(), timeout))
                .orElseGet(() -> new ControlResult.Failed("PostgreSQL has just stopped"));
    }

    private ControlResult failed(String why) {
        log.error("{}", why);
        server.status().state(ServerState.START_FAILED);
        return new ControlResult.Failed(why);
    }

    /** Everything that would make the start fail, before anything is written. */
    private Optional<String> problem() {
        if (!(server.directory() instanceof DataDirectory.Present)
                || server.major().isEmpty()) {
            return Optional.of("there is no data directory of a server in " + server.dataDirectory());
        }
        var problems = new ArrayList<>(server.settings().binaries().problems(server.dataDirectory()));
        problems.addAll(DirectoryCheck.problems(server.dataDirectory()));
        if (Rewind.isUnfinished(server.dataDirectory())) {
            problems.add("pg_rewind began to change " + server.dataDirectory()
                    + " and did not finish: it has to be rewound again or copied anew");
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
    }

    private ServerParameters configure(StartAs as, Role role) throws IOException {
        log.debug("configuring PostgreSQL: role={}", role.text());
        ConfigFiles files = server.files();
        ServerParameters parameters = server.parameters();
        SortedMap<String, String> recovery = switch (as) {
            case StartAs.Primary _ -> server.recovery(new Upstream.Nobody());
            case StartAs.Standby(Upstream upstream) -> server.recovery(upstream);
            case StartAs.StandbyAsConfigured _ -> server.presentRecovery();
        };
        switch (as) {
            case StartAs.Primary _ -> {
                server.status().upstream(Optional.empty());
                // Told to be a primary: a signal file would make it a standby again.
                files.removeSignals();
            }
            case StartAs.Standby(Upstream upstream) -> {
                server.status().upstream(Optional.of(upstream));
                files.writeStandbySignal();
                parameters = notLessThanPrimary(parameters);
                server.writePassFile(upstream);
            }
            case StartAs.StandbyAsConfigured _ -> {
                files.writeStandbySignal();
                parameters = notLessThanPrimary(parameters);
            }
        }
        directories(parameters, files);
        files.writeMain(parameters.file(), recovery);
        files.writeAccess(parameters.file());
        return parameters;
    }

    /**
     * A standby refuses to start, or pauses, with less of some resources than its primary had. What the control file
     * says wins, and the configuration's value waits for a restart.
     */
    private ServerParameters notLessThanPrimary(ServerParameters parameters) {
        Optional<ControlFile> control = ControlFile.read(server.settings().binaries(), server.dataDirectory());
        var raised = new TreeMap<String, String>();
        var pending = new ArrayList<PendingParameter>();
        ServerParameters.NOT_LESS_THAN_PRIMARY.forEach((name, inControlFile) -> {
            Optional<Integer> least = control.flatMap(file -> file.setting(inControlFile));
            Optional<Integer> wanted = integer(parameters.file().get(name));
            if (least.isPresent() && wanted.isPresent() && least.get() > wanted.get()) {
                log.warn(
                        "{} value in pg_controldata: {}, in the global configuration: {}. pg_controldata value will be"
                                + " used. Setting 'Pending restart' flag",
                        name,
                        least.get(),
                        wanted.get());
                raised.put(name, least.get().toString());
                pending.add(new PendingParameter(
                        name, least.get().toString(), wanted.get().toString()));
            }
        });
        server.status().pendingRestart(pending);
        return parameters.with(raised);
    }

    private static Optional<Integer> integer(String text) {
        try {
            return Optional.ofNullable(text).map(Integer::valueOf);
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private void directories(ServerParameters parameters, ConfigFiles files) throws IOException {
        files.ensureDirectory(server.settings().serverLog().getParent());
        for (String text :
                parameters.file().getOrDefault("unix_socket_directories", "").split(",")) {
            if (!text.isBlank()) {
                Path directory = server.dataDirectory().resolve(text.trim());
                files.ensureDirectory(directory);
                if (!Files.isWritable(directory)) {
                    throw new IOException("the directory for sockets is not writable: " + directory
                            + " (postgresql.parameters.unix_socket_directories)");
                }
            }
        }
    }

    private Guard.ServerCommand command(ServerParameters parameters) {
        var arguments = new ArrayList<String>();
        arguments.add(server.settings().binaries().path("postgres"));
        arguments.addAll(List.of("-D", server.dataDirectory().toString()));
        arguments.add("--config-file=" + server.settings().configFile());
        arguments.addAll(parameters.arguments());
        return new Guard.ServerCommand(
                arguments,
                environment(),
                server.dataDirectory(),
                server.settings().serverLog());
    }

    private Map<String, String> environment() {
        var environment = new HashMap<>(System.getenv());
        environment.keySet().removeIf(Subprocess::isPrivate);
        Optional.ofNullable(environment.remove("PG_MALLOC_ARENA_MAX"))
                .ifPresent(arenas -> environment.put("MALLOC_ARENA_MAX", arenas));
        // A pid of another program in a stale postmaster.pid would stop the start; the server takes a "grandparent" for
        // nobody. The file itself is never removed: only the server knows whether it is really stale.
        PidFile.read(server.dataDirectory())
                .filter(file -> file.pid() > 0 && ProcessStat.of(file.pid()).isPresent())
                .ifPresent(file -> environment.put("PG_GRANDPARENT_PID", Long.toString(file.pid())));
        return environment;
    }

    /**
     * The status line of postmaster.pid says at once when connections are accepted; pg_ctl and pg_isready look every
     * tenth of a second or less often.
     */
    private ControlResult await(long pid, Duration timeout) {
        Deadline deadline = Deadline.in(timeout);
        while (true) {
            Optional<PidFile> file = PidFile.read(server.dataDirectory());
            Optional<Postmaster> postmaster = server.processes().postmaster();
            if (postmaster.filter(running -> running.pid() == pid).isEmpty()) {
                return failed("postmaster is not running; its last words in "
                        + server.settings().serverLog() + ": " + lastWords());
            }
            if (file.filter(written -> written.pid() == pid && written.isReady())
                    .isPresent()) {
                server.nowRunning();
                return new ControlResult.Done();
            }
            if (deadline.hasPassed()) {
                log.warn("Timed out waiting for PostgreSQL to start");
                return new ControlResult.StillRunning("PostgreSQL is still starting up: pid=" + pid);
            }
            if (!Pause.millis(LOOK_MILLIS)) {
                return new ControlResult.StillRunning("no longer waiting for PostgreSQL to start: pid=" + pid);
            }
        }
    }

    private String lastWords() {
        try {
            byte[] all = Files.readAllBytes(server.settings().serverLog());
            int from = Math.max(0, all.length - LAST_WORDS);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return e.toString();
        }
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StandbyCluster;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.postgres.ControlResult;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the data directory a copy of another server, by the first method that works. */
final class Cloner {

    private static final Logger log = LoggerFactory.getLogger(Cloner.class);
    private static final String BASEBACKUP = "basebackup";
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 2;
    private static final int FIRST_WITH_SERVER_COMPRESSION = 15;
    private static final Set<String> FORBIDDEN = Set.of(
            "pgdata",
            "format",
            "wal-method",
            "xlog-method",
            "gzip",
            "version",
            "dbname",
            "host",
            "port",
            "username",
            "password");
    private static final Set<String> OWN_KEYS = Set.of("command", "no_params");
    private static final Set<String> OWN_KEYS_WITHOUT_PARAMETERS =
            Set.of("command", "no_params", "no_leader", "keep_data");

    private final Server server;

    Cloner(Server server) {
        this.server = server;
    }

    ControlResult copyFrom(Upstream source, String why) {
        ServerStatus status = server.status();
        if (server.processes().proof().isEmpty()) {
            return new ControlResult.Failed("the server has not stopped: its directory is not overwritten");
        }
        status.state(ServerState.CREATING_REPLICA);
        try {
            ControlResult result = tryAll(source, why);
            if (!(result instanceof ControlResult.Done)) {
                // No half of a copy may be taken for a server, whatever the methods wanted to keep.
                DataDirectories.empty(server.dataDirectory(), "creating the replica failed");
            }
            return result;
        } catch (IOException | IllegalArgumentException e) {
            return new ControlResult.Failed("cannot create a replica: " + e.getMessage());
        } finally {
            status.state(ServerState.STOPPED);
        }
    }

    private ControlResult tryAll(Upstream source, String why) throws IOException {
        String last = "there is no method to create a replica";
        for (String method : methods(source)) {
            ControlResult result = method.equals(BASEBACKUP) ? basebackup(source, why) : custom(method, source, why);
            switch (result) {
                case ControlResult.Done _ -> {
                    log.info("replica has been created using {}", method);
                    server.files().restoreBackups();
                    Files.deleteIfExists(server.dataDirectory().resolve("promote"));
                    // The log that came along is the other server's.
                    Files.deleteIfExists(server.settings().serverLog());
                    return result;
                }
                case ControlResult.Failed failed -> last = failed.why();
                case ControlResult.StillRunning running -> last = running.what();
            }
            if (Thread.currentThread().isInterrupted()) {
                return new ControlResult.Failed("creating the replica was cancelled");
            }
        }
        return new ControlResult.Failed(last);
    }

    private List<String> methods(Upstream source) {
        List<String> own = server.settings().replicaMethods();
        return switch (source) {
            case Upstream.Nobody _ -> own.stream().filter(this::needsNobody).toList();
            case Upstream.Of _ -> own;
            case Upstream.Cascade(var _, StandbyCluster within) -> methods(within, own);
            case Upstream.Remote(StandbyCluster remote) -> methods(remote, own);
        };
    }

    private static List<String> methods(StandbyCluster cluster, List<String> own) {
        return cluster.createReplicaMethods().isEmpty() ? own : cluster.createReplicaMethods();
    }

    private boolean needsNobody(String method) {
        return !method.equals(BASEBACKUP)
                && server.settings().section().section(method).flag("no_leader").orElse(false);
    }

    private ControlResult basebackup(Upstream source, String why) throws IOException {
        PgSettings settings = server.settings();
        Optional<Endpoint> there = Endpoint.of(source);
        if (there.isEmpty()) {
            return new ControlResult.Failed(
                    "pg_basebackup needs a server to connect to, and standby_cluster has no host");
        }
        Endpoint endpoint = there.get();
        int major = settings.binaries().installedMajor().orElse(server.majorOrOldest());
        var command = new ArrayList<String>();
        command.add(settings.binaries().path("pg_basebackup"));
        command.add("--pgdata=" + server.dataDirectory());
        command.addAll(List.of("-X", "stream"));
        command.add("--dbname="
                + ConnectionString.format(ConnectionString.keywords(
                        settings.replication(), endpoint, endpoint.database().orElse(settings.database()), major)));
        command.addAll(options(major));
        String last = "";
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            wipe(why);
            server.files().writePassFile(settings.replication(), endpoint);
            log.info("running pg_basebackup from {}", title(source));
            Subprocess.Result result = Subprocess.run(
                    command, ConnectionString.environment(settings.passFile(), settings.krbServerName()));
            if (result.isOk()) {
                return new ControlResult.Done();
            }
            last = result.lastWords();
            log.error("Error when fetching backup: pg_basebackup exited with code={}: {}", result.code(), last);
            if (attempt < ATTEMPTS) {
                log.error("Trying again in 5 seconds");
                if (!Pause.millis(BETWEEN_ATTEMPTS.toMillis())) {
                    break;
                }
            }
        }
        wipe("the base backup failed");
        return new ControlResult.Failed("pg_basebackup from " + title(source) + " failed: " + last);
    }

    private List<String> options(int major) {
        var forbidden = new HashSet<>(FORBIDDEN);
        if (major < FIRST_WITH_SERVER_COMPRESSION) {
            forbidden.add("compress");
        }
        ToolOptions.Parsed options = ToolOptions.read(server.settings().section(), BASEBACKUP, forbidden);
        var arguments = new ArrayList<String>();
        var refused = new ArrayList<>(options.refused());
        for (String argument : options.arguments()) {
            // Compression by the client makes archives, not a directory.
            if (argument.startsWith("--compress") && !argument.startsWith("--compress=server")) {
                refused.add("compress");
            } else {
                arguments.add(argument);
            }
        }
        refused.forEach(name -> log.error("postgresql.basebackup: option {} is not allowed and left out", name));
        return arguments;
    }

    private ControlResult custom(String method, Upstream source, String why) throws IOException {
        PgSettings settings = server.settings();
        ConfigSection section = settings.section().section(method);
        boolean keepData = section.flag("keep_data").orElse(false);
        if (keepData) {
            log.info("Leaving data directory uncleaned");
        } else {
            wipe(why);
        }
        server.writePassFile(source);
        var command = new ArrayList<>(ShellWords.split(section.text("command").orElse(method)));
        boolean noParameters = section.flag("no_params").orElse(false);
        if (!noParameters) {
            command.add("--scope=" + server.context().scope());
            command.add("--role=replica");
            command.add("--datadir=" + server.dataDirectory());
            command.add("--connstring="
                    + Endpoint.of(source).map(this::connectionString).orElse(""));
        }
        Set<String> own = noParameters ? OWN_KEYS_WITHOUT_PARAMETERS : OWN_KEYS;
        new TreeMap<>(section.values()).forEach((key, value) -> {
            if (!own.contains(key)) {
                command.add("--" + key + "=" + value);
            }
        });
        Subprocess.Result result =
                Subprocess.run(command, ConnectionString.environment(settings.passFile(), settings.krbServerName()));
        if (result.isOk()) {
            return new ControlResult.Done();
        }
        log.error(
                "Error creating replica using method {}: {} exited with code={}: {}",
                method,
                command.getFirst(),
                result.code(),
                result.lastWords());
        if (!keepData) {
            wipe("creating the replica with method " + method + " failed");
        }
        return new ControlResult.Failed(command.getFirst() + " exited with code=" + result.code());
    }

    private String connectionString(Endpoint endpoint) {
        PgSettings settings = server.settings();
        return ConnectionString.format(ConnectionString.keywords(
                settings.replication(),
                endpoint,
                endpoint.database().orElse(settings.database()),
                settings.binaries().installedMajor().orElse(server.majorOrOldest())));
    }

    private static String title(Upstream source) {
        return source instanceof Upstream.Source known ? known.title() : "nobody";
    }

    private void wipe(String why) throws IOException {
        if (Files.isDirectory(server.dataDirectory()) && !isEmptyDirectory()) {
            DataDirectories.empty(server.dataDirectory(), why);
        }
    }

    private boolean isEmptyDirectory() throws IOException {
        try (var entries = Files.list(server.dataDirectory())) {
            return entries.findAny().isEmpty();
        }
    }
}

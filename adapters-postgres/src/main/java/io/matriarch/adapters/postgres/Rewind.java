package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.postgres.ControlResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** pg_rewind, and the single-user recovery that may have to come before it. */
final class Rewind {

    private static final Logger log = LoggerFactory.getLogger(Rewind.class);
    private static final Pattern MISSING = Pattern.compile("could not open file \".*pg_wal/([0-9A-F]{24})\"");
    /** What pg_rewind prints before it begins to change anything. */
    private static final String POINT_OF_NO_RETURN = "rewinding from last common checkpoint";

    private static final int FIRST_WITH_RESTORE = 13;
    private static final int FIRST_WITH_CONFIG_FILE = 15;
    private static final int MOST_FETCHES = 10_000;
    private static final Set<String> FORBIDDEN = Set.of(
            "target-pgdata",
            "source-pgdata",
            "source-server",
            "write-recovery-conf",
            "dry-run",
            "restore-target-wal",
            "config-file",
            "no-ensure-shutdown",
            "version",
            "help");

    private final Server server;
    private final WalArchive archive;

    Rewind(Server server, WalArchive archive) {
        this.server = server;
        this.archive = archive;
    }

    ControlResult rewind(Upstream.Source source, StopProof proof) {
        server.requireStopped(proof);
        PgSettings settings = server.settings();
        try {
            archive.archiveReady();
            Endpoint endpoint = Endpoint.required(source);
            server.files().writePassFile(settings.rewind(), endpoint);
            Map<String, String> dsn = new LinkedHashMap<>(ConnectionString.keywords(
                    settings.rewind(),
                    endpoint,
                    endpoint.database().orElse(settings.database()),
                    server.majorOrOldest()));
            dsn.put("target_session_attrs", "read-write");
            String text = ConnectionString.format(dsn);
            log.info("running pg_rewind from {}", text);
            return keepingServerLog(text, restoreCommand(source));
        } catch (IOException | IllegalArgumentException e) {
            return new ControlResult.Failed("cannot run pg_rewind: " + e.getMessage());
        }
    }

    /** pg_rewind makes every file the source's, the log too; what this server wrote is needed to see why it came to this. */
    private ControlResult keepingServerLog(String dsn, String restore) throws IOException {
        Path serverLog = server.settings().serverLog();
        Path aside =
                server.dataDirectory().resolveSibling(server.dataDirectory().getFileName() + ".server.log");
        boolean saved = false;
        try {
            Files.move(serverLog, aside, StandardCopyOption.REPLACE_EXISTING);
            saved = true;
        } catch (IOException e) {
            log.info("the server's log is not kept: {}", e.toString());
        }
        try {
            return run(dsn, restore);
        } finally {
            if (saved) {
                Files.createDirectories(serverLog.getParent());
                Files.move(aside, serverLog, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /**
     * Whether pg_rewind has changed the directory without getting to its end. Its control file is the old one until then,
     * so a server would start on pages of two histories.
     */
    static boolean isUnfinished(Path dataDirectory) {
        return Files.exists(mark(dataDirectory));
    }

    /** Neither pg_rewind nor a base backup touches or copies files whose names begin like this. */
    private static Path mark(Path dataDirectory) {
        return dataDirectory.resolve("global").resolve("pgsql_tmp.rewinding");
    }

    private ControlResult run(String dsn, String restore) throws IOException {
        PgSettings settings = server.settings();
        var command = new ArrayList<String>();
        command.add(settings.binaries().path("pg_rewind"));
        boolean fetches = !restore.isEmpty() && canRestore(command);
        command.addAll(List.of("-D", server.dataDirectory().toString(), "--source-server", dsn));
        ToolOptions.Parsed options = ToolOptions.read(settings.section(), "rewind", FORBIDDEN);
        options.refused().forEach(name -> log.error("postgresql.rewind: option {} is not allowed and left out", name));
        command.addAll(options.arguments());
        Map<String, String> environment = ConnectionString.environment(settings.passFile(), settings.krbServerName());
        environment.put("PGOPTIONS", "-c statement_timeout=0");
        var fetched = new HashSet<String>();
        boolean before = isUnfinished(server.dataDirectory());
        while (true) {
            server.files().write(mark(server.dataDirectory()), "");
            Subprocess.Result result = Subprocess.run(command, environment);
            log.info("pg_rewind exit code={}", result.code());
            log.info("stdout={}", result.output().strip());
            log.info("stderr={}", result.error().strip());
            if (result.isOk()) {
                Files.deleteIfExists(mark(server.dataDirectory()));
                return new ControlResult.Done();
            }
            if (!(result.output() + result.error()).contains(POINT_OF_NO_RETURN)
                    && result.code() != Subprocess.CANCELLED
                    && !before) {
                Files.deleteIfExists(mark(server.dataDirectory()));
            }
            Matcher missing = MISSING.matcher(result.error());
            boolean again = !fetches
                    && !restore.isEmpty()
                    && missing.find()
                    && fetched.size() < MOST_FETCHES
                    && fetched.add(missing.group(1))
                    && archive.fetch(restore, missing.group(1));
            if (!again) {
                return new ControlResult.Failed(
                        "pg_rewind failed with code " + result.code() + ": " + result.lastWords());
            }
        }
    }

    /** Whether pg_rewind itself can fetch missing WAL; adds what it needs for that. */
    private boolean canRestore(List<String> command) {
        PgSettings settings = server.settings();
        boolean inside = settings.configDirectory().equals(settings.dataDirectory())
                && settings.configBaseName().equals("postgresql");
        int major = server.majorOrOldest();
        if (major < FIRST_WITH_RESTORE || !inside && major < FIRST_WITH_CONFIG_FILE) {
            return false;
        }
        command.add("--restore-target-wal");
        if (!inside) {
            command.add("--config-file=" + settings.configFile());
        }
        return true;
    }

    /** What fetches WAL here: in a standby cluster it is that of the cluster it follows. */
    private String restoreCommand(Upstream source) {
        return Optional.ofNullable(server.recovery(source).get("restore_command"))
                .orElseGet(() -> archive.configured("restore_command"));
    }

    /**
     * Lets a server nobody can connect to replay its WAL and shut down cleanly. Nothing is archived: what it writes
     * meanwhile is going to be rewound.
     */
    ControlResult recoverCrash(StopProof proof) {
        server.requireStopped(proof);
        Optional<String> cannot = server.major().isEmpty() ? Optional.of("no data directory") : Optional.empty();
        if (cannot.isPresent()) {
            return new ControlResult.Failed(cannot.get());
        }
        try {
            archive.archiveReady();
            clearArchiveStatus();
            server.files().removeSignals();
        } catch (IOException e) {
            return new ControlResult.Failed("cannot prepare the crash recovery: " + e.getMessage());
        }
        PgSettings settings = server.settings();
        var command = new ArrayList<String>();
        command.addAll(List.of(
                settings.binaries().path("postgres"),
                "--single",
                "-D",
                server.dataDirectory().toString(),
                "--config-file=" + settings.configFile()));
        command.addAll(server.parameters().arguments());
        command.addAll(List.of("-c", "archive_mode=on", "-c", "archive_command=false", "template1"));
        Subprocess.Result result = Subprocess.run(command, Subprocess.environment(Map.of()));
        if (!result.isOk()) {
            log.error("Crash recovery finished with code={}", result.code());
            return new ControlResult.Failed(
                    "Crash recovery finished with code=" + result.code() + ": " + result.lastWords());
        }
        return new ControlResult.Done();
    }

    private void clearArchiveStatus() throws IOException {
        Path folder = server.dataDirectory().resolve("pg_wal").resolve("archive_status");
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> entries;
        try (Stream<Path> files = Files.list(folder)) {
            entries = files.toList();
        }
        for (Path entry : entries) {
            Files.deleteIfExists(entry);
        }
    }
}

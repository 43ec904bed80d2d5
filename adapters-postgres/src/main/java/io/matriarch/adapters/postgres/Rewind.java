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
    private static final Pattern READY = Pattern.compile("([0-9A-F]{24}(?:\\.partial)?)\\.ready");
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

    Rewind(Server server) {
        this.server = server;
    }

    ControlResult rewind(Upstream.Of source, StopProof proof) {
        server.requireStopped(proof);
        PgSettings settings = server.settings();
        try {
            archiveReady();
            Endpoint endpoint = Endpoint.parse(source.connUrl());
            server.files().writePassFile(settings.rewind(), endpoint);
            Map<String, String> dsn = new LinkedHashMap<>(ConnectionString.keywords(
                    settings.rewind(),
                    endpoint,
                    endpoint.database().orElse(settings.database()),
                    server.majorOrOldest()));
            dsn.put("target_session_attrs", "read-write");
            String text = ConnectionString.format(dsn);
            log.info("running pg_rewind from {}", text);
            return keepingServerLog(text);
        } catch (IOException | IllegalArgumentException e) {
            return new ControlResult.Failed("cannot run pg_rewind: " + e.getMessage());
        }
    }

    /** pg_rewind makes every file the source's, the log too; what this server wrote is needed to see why it came to this. */
    private ControlResult keepingServerLog(String dsn) throws IOException {
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
            return run(dsn);
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

    private ControlResult run(String dsn) throws IOException {
        PgSettings settings = server.settings();
        String restore = configured("restore_command");
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
                    && fetch(restore, missing.group(1));
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

    private boolean fetch(String restoreCommand, String segment) {
        Path target = server.dataDirectory().resolve("pg_wal").resolve(segment);
        Subprocess.Result result = shell(restoreCommand, target, segment);
        if (!result.isOk()) {
            log.error("Failed to fetch WAL segment {} required for pg_rewind", segment);
        }
        return result.isOk();
    }

    /**
     * Archives what waits for it: pg_rewind or recovery may remove it, and it may be the only copy of what a person
     * still wants to look at.
     */
    private void archiveReady() throws IOException {
        String mode = configured("archive_mode");
        String command = configured("archive_command");
        if (!Set.of("on", "always").contains(mode) || command.isEmpty()) {
            return;
        }
        Path wal = server.dataDirectory().resolve("pg_wal");
        Path folder = wal.resolve("archive_status");
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> entries;
        try (Stream<Path> files = Files.list(folder)) {
            entries = files.sorted().toList();
        }
        for (Path entry : entries) {
            Matcher ready = READY.matcher(entry.getFileName().toString());
            if (!ready.matches() || !Files.exists(wal.resolve(ready.group(1)))) {
                continue;
            }
            String segment = ready.group(1);
            log.info("Trying to archive {}: {}", segment, command);
            if (shell(command, wal.resolve(segment), segment).isOk()) {
                Files.move(entry, folder.resolve(segment + ".done"), StandardCopyOption.REPLACE_EXISTING);
            } else {
                log.error("Failed to archive WAL segment {}", segment);
            }
        }
    }

    private Subprocess.Result shell(String command, Path file, String name) {
        var expanded = new StringBuilder();
        for (int i = 0; i < command.length(); i++) {
            char next = i + 1 < command.length() ? command.charAt(i + 1) : 0;
            if (command.charAt(i) != '%' || "pfr%".indexOf(next) < 0) {
                expanded.append(command.charAt(i));
                continue;
            }
            i++;
            switch (next) {
                case 'p' -> expanded.append(file);
                case 'f' -> expanded.append(name);
                case 'r' -> expanded.append("000000010000000000000001");
                default -> expanded.append('%');
            }
        }
        return Subprocess.run(List.of("/bin/sh", "-c", expanded.toString()), Subprocess.environment(Map.of()));
    }

    /** The value a parameter has now, or in the configuration files of the server that does not run; else empty. */
    private String configured(String name) {
        PgSettings settings = server.settings();
        Optional<String> ours = Optional.ofNullable(server.parameters().file().get(name))
                .or(() -> Optional.ofNullable(settings.recovery().get(name)));
        if (ours.isPresent()) {
            return ours.get();
        }
        Subprocess.Result result = Subprocess.run(
                List.of(
                        settings.binaries().path("postgres"),
                        "-D",
                        server.dataDirectory().toString(),
                        "--config-file=" + settings.configFile(),
                        "-C",
                        name),
                Subprocess.environment(Map.of()));
        return result.isOk() ? result.output().strip() : "";
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
            archiveReady();
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

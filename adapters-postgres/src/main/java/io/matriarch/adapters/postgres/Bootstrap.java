package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import io.matriarch.ports.postgres.ControlResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a new database cluster: initdb or the operator's own command, first configuration, roles. */
final class Bootstrap {

    private static final Logger log = LoggerFactory.getLogger(Bootstrap.class);
    private static final Set<String> FORBIDDEN = Set.of("pgdata", "nosync", "pwfile", "sync-only", "version");
    private static final Set<String> NO_ARGUMENTS =
            Set.of("command", "no_params", "keep_existing_recovery_conf", "recovery_conf", "scope", "datadir");

    private final Server server;
    private final Starter starter;

    Bootstrap(Server server, Starter starter) {
        this.server = server;
        this.starter = starter;
    }

    ControlResult initialize() {
        Optional<String> obstacle = obstacle();
        if (obstacle.isPresent()) {
            return failed(ServerState.INITDB_FAILED, obstacle.get());
        }
        Optional<ConfigSection> custom = customMethod();
        ControlResult made = custom.isPresent() ? runCustom(custom.get()) : runInitdb();
        if (!(made instanceof ControlResult.Done)) {
            return made;
        }
        try {
            if (custom.isPresent()) {
                server.files().restoreBackups();
                Files.deleteIfExists(server.dataDirectory().resolve("promote"));
            } else {
                firstHba();
                server.files().saveBackups();
            }
        } catch (IOException e) {
            return failed(ServerState.INITDB_FAILED, "cannot configure the new server: " + e.getMessage());
        }
        return starter.startPrimary(server.settings().startTimeout(), "on_start");
    }

    private Optional<String> obstacle() {
        return switch (server.directory()) {
            case DataDirectory.Empty _ -> {
                var problems = new ArrayList<>(server.settings().binaries().problems(server.dataDirectory()));
                DirectoryCheck.cannotCreate(server.dataDirectory()).ifPresent(problems::add);
                yield problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
            }
            case DataDirectory.Inaccessible inaccessible -> Optional.of(inaccessible.why());
            case DataDirectory.Present _ -> Optional.of("the data directory is not empty: " + server.dataDirectory());
        };
    }

    private ControlResult failed(ServerState state, String why) {
        log.error("{}", why);
        server.status().state(state);
        return new ControlResult.Failed(why);
    }

    private ControlResult runInitdb() {
        server.status().state(ServerState.INITIALIZING);
        PgSettings settings = server.settings();
        ToolOptions.Parsed options = ToolOptions.read(server.context().bootstrap(), "initdb", FORBIDDEN);
        if (!options.refused().isEmpty()) {
            return failed(
                    ServerState.INITDB_FAILED,
                    "bootstrap.initdb has options that are not allowed: " + options.refused());
        }
        var command = new ArrayList<String>();
        command.add(settings.binaries().path("initdb"));
        command.addAll(options.arguments());
        settings.superuser().user().ifPresent(user -> command.add("--username=" + user));
        Optional<Path> passwordFile = Optional.empty();
        try {
            passwordFile = passwordFile(settings.superuser().password());
            passwordFile.ifPresent(file -> command.add("--pwfile=" + file));
            command.add(server.dataDirectory().toString());
            Subprocess.Result result = Subprocess.run(command, Subprocess.inherited());
            log.info("initdb exit code={}", result.code());
            if (result.isOk()) {
                return new ControlResult.Done();
            }
            // initdb removes what it made, but not when it was killed; nothing was there before it.
            if (result.code() == Subprocess.CANCELLED) {
                log.warn("Removing data directory: {} (initdb was cancelled)", server.dataDirectory());
                DataDirectories.removeContents(server.dataDirectory());
            }
            return failed(ServerState.INITDB_FAILED, "initdb failed: " + result.lastWords());
        } catch (IOException e) {
            return failed(ServerState.INITDB_FAILED, "cannot run initdb: " + e.getMessage());
        } finally {
            passwordFile.ifPresent(Bootstrap::delete);
        }
    }

    private static Optional<Path> passwordFile(Optional<Secret> password) throws IOException {
        if (password.isEmpty()) {
            return Optional.empty();
        }
        Path file = Files.createTempFile(
                "matriarch", ".pw", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, password.get().reveal() + "\n");
        return Optional.of(file);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.error("cannot delete the file with the superuser's password: {}", file, e);
        }
    }

    private void firstHba() throws IOException {
        PgSettings settings = server.settings();
        List<String> lines = server.context().bootstrap().texts("pg_hba");
        if (!lines.isEmpty()
                && settings.hba().isEmpty()
                && !settings.parameters().containsKey("hba_file")) {
            server.files().appendHba(lines);
        }
    }

    /** The section of {@code bootstrap.method}; without it or without its command initdb is used. */
    private Optional<ConfigSection> customMethod() {
        ConfigSection bootstrap = server.context().bootstrap();
        return bootstrap
                .text("method")
                .filter(method -> !method.equals("initdb"))
                .map(bootstrap::section)
                .filter(section -> section.text("command").isPresent());
    }

    private ControlResult runCustom(ConfigSection section) {
        server.status().state(ServerState.CUSTOM_BOOTSTRAP);
        String text = section.text("command").orElseThrow();
        var command = new ArrayList<>(ShellWords.split(text));
        if (!section.flag("no_params").orElse(false)) {
            command.add("--scope=" + server.context().scope());
            command.add("--datadir=" + server.dataDirectory());
        }
        new TreeMap<>(section.values()).forEach((key, value) -> {
            if (!NO_ARGUMENTS.contains(key)) {
                command.add("--" + key + "=" + value);
            }
        });
        log.info("Running custom bootstrap script: {}", text);
        Subprocess.Result result = Subprocess.run(command, Subprocess.inherited());
        return result.isOk()
                ? new ControlResult.Done()
                : failed(
                        ServerState.CUSTOM_BOOTSTRAP_FAILED,
                        "custom bootstrap exited with " + result.code() + ": " + result.lastWords());
    }

    /** Roles first, then the operator's command, on a server that is a primary by now. */
    ControlResult postBootstrap() {
        ConfigSection bootstrap = server.context().bootstrap();
        Optional<String> command = bootstrap
                .text("post_bootstrap")
                .or(() -> bootstrap.text("post_init"))
                .filter(text -> !text.isBlank());
        try (Connection connection = server.connect("bootstrap", Jdbc.Bounds.none())) {
            Roles.createSuperuser(connection, server.settings(), server.majorOrOldest());
            Roles.createUsers(connection, bootstrap.section("users"), server.majorOrOldest());
            Optional<ControlResult> failure = command.flatMap(this::runPostBootstrap);
            if (failure.isPresent()) {
                return failure.get();
            }
            Roles.createOthers(connection, server.settings(), server.majorOrOldest());
        } catch (SQLException e) {
            return new ControlResult.Failed("cannot create the roles: " + e.getMessage());
        }
        server.status().role(Role.PRIMARY);
        return new ControlResult.Done();
    }

    private Optional<ControlResult> runPostBootstrap(String text) {
        PgSettings settings = server.settings();
        Endpoint local = server.local();
        try {
            server.files().writePassFile(settings.superuser(), local);
        } catch (IOException e) {
            return Optional.of(new ControlResult.Failed("cannot write " + settings.passFile() + ": " + e.getMessage()));
        }
        var command = new ArrayList<>(ShellWords.split(text));
        command.add(ConnectionString.format(
                ConnectionString.keywords(settings.superuser(), local, settings.database(), server.majorOrOldest())));
        Map<String, String> environment = ConnectionString.environment(settings.passFile(), settings.krbServerName());
        environment.put("PGOPTIONS", "-c synchronous_commit=local -c statement_timeout=0");
        Subprocess.Result result = Subprocess.run(command, environment);
        if (result.isOk()) {
            return Optional.empty();
        }
        log.error("post_init script {} returned non-zero code {}: {}", text, result.code(), result.lastWords());
        return Optional.of(
                new ControlResult.Failed("post_init script " + text + " returned non-zero code " + result.code()));
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresContext;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.testing.MapSection;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** One member's PostgreSQL with the adapter in front of it, in a directory of its own. */
final class Instance implements AutoCloseable {

    static final Duration LONG = Duration.ofSeconds(60);
    static final String SUPERUSER_PASSWORD = "my-super:pass\\word 'quoted'";
    static final String REPLICATION_PASSWORD = "confi:dent\\ial";

    private static Optional<Path> template = Optional.empty();

    final String name;
    final Path home;
    final Path data;
    final int port;
    final Path sockets;
    final SetsidGuard guard = new SetsidGuard();
    final Map<String, Object> parameters = new LinkedHashMap<>();
    final Map<String, Object> section = new LinkedHashMap<>();
    final Map<String, Object> bootstrap = new LinkedHashMap<>();

    Server server;
    PgProbe probe;
    PgControl control;
    PgConfigurator configurator;

    Instance(Path folder, String name) throws IOException {
        this.name = name;
        this.home = folder.resolve(name);
        this.data = home.resolve("data");
        this.port = freePort();
        Files.createDirectories(home);
        sockets = Files.createTempDirectory(Path.of("/tmp"), "s");
        parameters.put("unix_socket_directories", sockets.toString());
        parameters.put("shared_buffers", "16MB");
        parameters.put("fsync", false);
        section.put("listen", "127.0.0.1:" + port);
        section.put("data_dir", data.toString());
        binDirectory().ifPresent(directory -> section.put("bin_dir", directory.toString()));
        section.put("pgpass", home.resolve("pgpass").toString());
        section.put("use_pg_rewind", true);
        section.put("basebackup", List.of(Map.of("checkpoint", "fast")));
        section.put(
                "authentication",
                Map.of(
                        "superuser", Map.of("username", "postgres", "password", SUPERUSER_PASSWORD),
                        "replication", Map.of("username", "replicator", "password", REPLICATION_PASSWORD),
                        "rewind", Map.of("username", "rewind_user", "password", "rewind_password")));
        section.put("parameters", parameters);
        bootstrap.put(
                "initdb",
                List.of(
                        Map.of("encoding", "UTF8"),
                        "data-checksums",
                        Map.of("auth-local", "peer"),
                        Map.of("auth-host", "scram-sha-256"),
                        "no-sync"));
        bootstrap.put(
                "users",
                Map.of(
                        "admin",
                        Map.of("password", "admin%", "options", List.of("createrole", "createdb", "nonsense"))));
        bootstrap.put(
                "pg_hba",
                List.of(
                        "host replication replicator 127.0.0.1/32 scram-sha-256",
                        "host all all 127.0.0.1/32 scram-sha-256"));
    }

    /** A new agent for the same server. */
    Instance open() {
        server = new Server(context());
        var reloader = new Reloader(server);
        probe = new PgProbe(server);
        control = new PgControl(server, guard, reloader);
        configurator = new PgConfigurator(server, reloader);
        return this;
    }

    PostgresContext context() {
        return new PostgresContext(
                "demo",
                new MemberName(name),
                new MapSection("postgresql", section),
                new MapSection("bootstrap", bootstrap),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10));
    }

    Instance initialized() {
        open();
        done(control.initialize());
        done(control.postBootstrap());
        return this;
    }

    /** As {@link #initialized}, with a copy of a directory that was initialized once: initdb takes seconds. */
    Instance ready() throws Exception {
        open();
        Files.createDirectories(data.getParent());
        Subprocess.Result copied =
                Subprocess.run(List.of("cp", "-a", template().toString(), data.toString()), Subprocess.inherited());
        if (!copied.isOk()) {
            throw new AssertionError(copied.error());
        }
        open();
        done(control.startPrimary(LONG));
        return this;
    }

    private static synchronized Path template() throws Exception {
        if (template.isEmpty()) {
            Path folder = Files.createTempDirectory("template");
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> Subprocess.run(List.of("rm", "-rf", folder.toString()), Subprocess.inherited())));
            try (var made = new Instance(folder, "template")) {
                made.initialized();
                made.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "the template is ready"));
                Files.move(
                        made.data.resolve("postgresql.base.conf"),
                        made.data.resolve("postgresql.conf"),
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                template = Optional.of(made.data);
            }
        }
        return template.get();
    }

    /** A standby of another one, copied from it. */
    Instance cloneOf(Instance primary) {
        open();
        done(control.copyFrom(primary.upstream(), "the test wants a copy"));
        done(control.startStandby(primary.upstream(), Role.REPLICA, LONG));
        return this;
    }

    Upstream.Of upstream() {
        return new Upstream.Of(new MemberName(name), "postgres://127.0.0.1:" + port + "/postgres");
    }

    PostgresView observe() {
        return probe.observe(Duration.ofSeconds(5));
    }

    PostgresView await(String what, Predicate<PostgresView> condition) {
        long end = System.nanoTime() + LONG.toNanos();
        while (true) {
            PostgresView view = observe();
            if (condition.test(view)) {
                return view;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited in vain for " + what + ": " + view);
            }
        }
    }

    Connection connect() throws SQLException {
        var properties = new java.util.Properties();
        properties.put("user", "postgres");
        properties.put("password", SUPERUSER_PASSWORD);
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
    }

    String sql(String text) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            if (!statement.execute(text)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? String.valueOf(row.getString(1)) : "";
            }
        } catch (SQLException e) {
            throw new AssertionError(text + ": " + e.getMessage(), e);
        }
    }

    String serverLog() throws IOException {
        return Files.readString(server.settings().serverLog());
    }

    static void done(ControlResult result) {
        if (!(result instanceof ControlResult.Done)) {
            throw new AssertionError(result.toString());
        }
    }

    /** Where this machine keeps PostgreSQL's programs: the newest of Debian's directories, or the PATH. */
    static Optional<Path> binDirectory() throws IOException {
        Path debian = Path.of("/usr/lib/postgresql");
        if (System.getenv("PG_BINDIR") != null) {
            return Optional.of(Path.of(System.getenv("PG_BINDIR")));
        }
        if (!Files.isDirectory(debian)) {
            return Optional.empty();
        }
        var found = new ArrayList<Path>();
        try (var versions = Files.list(debian)) {
            versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .forEach(found::add);
        }
        return found.stream().sorted().reduce((_, last) -> last);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        if (server != null) {
            control.kill();
            probe.close();
        }
        Subprocess.run(List.of("rm", "-rf", sockets.toString()), Subprocess.inherited());
    }
}

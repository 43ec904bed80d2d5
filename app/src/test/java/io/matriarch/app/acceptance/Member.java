package io.matriarch.app.acceptance;

import io.matriarch.ports.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One member: the agent's process, the files and the PostgreSQL server it keeps. */
final class Member implements AutoCloseable {

    private static final int SHOWN_LOG = 60;

    private final String name;
    private final int index;
    private final Path home;
    private final Path config;
    private final Network network;
    private final Path image;
    private final FakeWatchdog watchdog;
    private Optional<Process> agent = Optional.empty();

    /** An answer of the REST API. */
    record Answer(int status, String body) {}

    Member(String name, int index, Path home, Network network, Path image) {
        this.name = name;
        this.index = index;
        this.home = home;
        this.config = home.resolve("matriarch.yml");
        this.network = network;
        this.image = image;
        this.watchdog = FakeWatchdog.make(home.resolve("watchdog"));
    }

    String name() {
        return name;
    }

    int index() {
        return index;
    }

    Path config() {
        return config;
    }

    Path data() {
        return home.resolve("data");
    }

    Path home() {
        return home;
    }

    FakeWatchdog watchdog() {
        return watchdog;
    }

    String address() {
        return network.address(index);
    }

    int port() {
        return network.ports(index).postgres();
    }

    Network.Ports ports() {
        return network.ports(index);
    }

    /** Starts the agent; root's agents become the owner of the data directory by themselves. */
    Member start() {
        try {
            var builder = new ProcessBuilder(network.command(
                            index, List.of(image.resolve("bin/matriarch").toString(), config.toString())))
                    .directory(home.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
            builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
            builder.environment().put("HOME", home.toString());
            agent = Optional.of(builder.start());
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRunning() {
        return agent.filter(Process::isAlive).isPresent();
    }

    long agentPid() {
        return agent.orElseThrow().pid();
    }

    /** The agent's end within {@code limit}. @return its exit status */
    int awaitExit(Duration limit) {
        try {
            if (!agent.orElseThrow().waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the agent of " + name + " still runs after " + limit);
            }
            return agent.orElseThrow().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGTERM, and the agent's end. @return its exit status */
    int stop() {
        signalAgent("TERM");
        return awaitExit(Duration.ofSeconds(60));
    }

    /** SIGKILL for the agent alone: PostgreSQL stays. */
    void killAgent() {
        agent.orElseThrow().destroyForcibly();
        awaitExit(Duration.ofSeconds(30));
    }

    void signalAgent(String signal) {
        signal(signal, agentPid());
    }

    /** SIGKILL for the postmaster alone, as an operator's mistake or the kernel would. */
    void killPostmaster() {
        signal("KILL", postmasterPid().orElseThrow(() -> new AssertionError(name + " has no postmaster")));
    }

    /** Everything ends at once, as when the host loses its power. */
    void crash() {
        agent.ifPresent(Process::destroyForcibly);
        killServer();
        agent.ifPresent(process -> awaitExit(Duration.ofSeconds(30)));
    }

    /** SIGKILL for every process of the server, postmaster first. */
    void killServer() {
        postmasterPid().ifPresent(pid -> signal("KILL", pid));
        Await.until("no process of the server of " + name + " is left", Duration.ofSeconds(30), () -> {
            List<Long> left = serverPids();
            left.forEach(pid -> signal("KILL", pid));
            return left.isEmpty();
        });
    }

    /** The postmaster's pid while it runs. */
    OptionalLong postmasterPid() {
        try {
            long pid = Long.parseLong(
                    Files.readAllLines(data().resolve("postmaster.pid")).getFirst());
            return worksIn(Path.of("/proc", Long.toString(pid))) ? OptionalLong.of(pid) : OptionalLong.empty();
        } catch (IOException | NumberFormatException | java.util.NoSuchElementException e) {
            return OptionalLong.empty();
        }
    }

    private List<Long> serverPids() {
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            return entries.filter(entry -> entry.getFileName().toString().matches("[0-9]+"))
                    .filter(this::worksIn)
                    .map(entry -> Long.parseLong(entry.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean worksIn(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(data());
        } catch (IOException e) {
            return false;
        }
    }

    /** A superuser's connection to this very server, its socket closed when an answer takes over a second. */
    Connection connect() throws SQLException {
        return connect(User.name(), "my-super-password");
    }

    Connection connect(String user, String password) throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "1");
        properties.setProperty("socketTimeout", "5");
        properties.setProperty("ApplicationName", "acceptance");
        return DriverManager.getConnection("jdbc:postgresql://" + address() + ":" + port() + "/postgres", properties);
    }

    /** The first column of the first row. */
    String query(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (var rows = statement.getResultSet()) {
                return rows.next() ? Optional.ofNullable(rows.getString(1)).orElse("") : "";
            }
        }
    }

    /** Asks the member's REST API; status 0 is no answer. */
    Answer rest(String method, String path) {
        try {
            var connection = (HttpURLConnection) URI.create("http://" + address() + ":" + ports().rest() + path)
                    .toURL()
                    .openConnection();
            connection.setRequestMethod(method);
            connection.setRequestProperty("Connection", "close");
            connection.setConnectTimeout(2000);
            connection.setReadTimeout(5000);
            int status = connection.getResponseCode();
            try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                return new Answer(status, body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            return new Answer(0, e.toString());
        }
    }

    Path log() {
        return home.resolve("agent.log");
    }

    String logText() {
        try {
            return Files.exists(log()) ? Files.readString(log()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How long the log is now, for {@link #logSince}. */
    int logMark() {
        return logText().length();
    }

    String logSince(int mark) {
        return logText().substring(mark);
    }

    /** The end of the agent's log and of the server's, for the message of a failure. */
    String tails() {
        var text = new StringBuilder();
        var logs = new ArrayList<>(List.of(log()));
        for (String folder : List.of("log", "pg_log")) {
            if (Files.isDirectory(data().resolve(folder))) {
                try (Stream<Path> files = Files.list(data().resolve(folder))) {
                    files.sorted().reduce((first, second) -> second).ifPresent(logs::add);
                } catch (IOException e) {
                    text.append(e).append('\n');
                }
            }
        }
        for (Path file : logs) {
            text.append("---- ").append(name).append(": ").append(file).append('\n');
            try {
                List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
                lines.subList(Math.max(0, lines.size() - SHOWN_LOG), lines.size())
                        .forEach(line -> text.append(line).append('\n'));
            } catch (IOException e) {
                text.append(e).append('\n');
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        crash();
        watchdog.close();
    }

    @Override
    public String toString() {
        return name;
    }

    static void signal(String signal, long pid) {
        // A process that has ended in the meantime is no failure.
        Commands.run("kill", "-" + signal, Long.toString(pid));
    }

    /** A free port of the loopback interface. */
    static int freePort() {
        return ServerProcess.freePorts(1).getFirst();
    }
}

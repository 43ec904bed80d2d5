package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.ports.watchdog.Guard.ServerCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A data directory of the installed PostgreSQL, and what runs its programs as a user it accepts. */
final class LocalPostgres {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    final Path folder;
    final Path data;

    private LocalPostgres(Path folder, Path data) {
        this.folder = folder;
        this.data = data;
    }

    static LocalPostgres initialize(Path folder) throws Exception {
        Path real = folder.toRealPath();
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rwxr-xr-x"));
        var made = new LocalPostgres(real, Files.createDirectory(real.resolve("data")));
        if (asRoot()) {
            made.run(List.of("chown", "postgres", made.data.toString()));
        }
        made.run(asOwner("initdb", "-N", "-A", "trust", "-U", "postgres", "-D", made.data.toString()));
        return made;
    }

    /** The one that another process has made. */
    static LocalPostgres of(Path folder) {
        return new LocalPostgres(folder, folder.resolve("data"));
    }

    ServerCommand command() throws IOException {
        List<String> arguments =
                asOwner("postgres", "-D", data.toString(), "-c", "listen_addresses=", "-c", "fsync=off");
        arguments.addAll(List.of("-c", "unix_socket_directories=" + data));
        return new ServerCommand(arguments, Map.of("PATH", System.getenv("PATH"), "LC_ALL", "C"), data, log());
    }

    /** psql with commands, each a transaction of its own; not waited for. */
    Process psql(List<String> commands) throws IOException {
        List<String> arguments = asOwner("psql", "-X", "-q", "-h", data.toString(), "-U", "postgres", "-d", "postgres");
        commands.forEach(command -> arguments.addAll(List.of("-c", command)));
        return new ProcessBuilder(arguments)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("psql.log").toFile())
                .start();
    }

    void awaitReady() {
        await(() -> Files.exists(data.resolve("postmaster.pid"))
                && Files.readString(data.resolve("postmaster.pid")).contains("ready"));
    }

    /** Every process that works in the data directory. */
    List<Long> processes() throws IOException {
        return Processes.workingIn(data::equals);
    }

    String controlData() throws Exception {
        Path output = folder.resolve("control");
        Process process = new ProcessBuilder(asOwner("pg_controldata", "-D", data.toString()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        process.waitFor();
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    Path log() {
        return folder.resolve("server.log");
    }

    String logText() {
        return read(log());
    }

    void run(List<String> command) throws Exception {
        Path output = folder.resolve("command.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(() -> read(output)).isZero();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** PostgreSQL refuses to run as root. setpriv becomes the program, so the pid stays. */
    static List<String> asOwner(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (asRoot()) {
            command.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
        }
        command.add(binaries().resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    static boolean asRoot() {
        return System.getProperty("user.name").equals("root");
    }

    /** The newest one where Debian's and PGDG's packages put them, else what the search path has. */
    private static Path binaries() throws IOException {
        List<Path> candidates = new ArrayList<>();
        Stream.of(System.getenv("PATH").split(":")).map(Path::of).forEach(candidates::add);
        for (Path parent : List.of(Path.of("/usr"), Path.of("/usr/lib/postgresql"))) {
            if (Files.isDirectory(parent)) {
                try (Stream<Path> versions = Files.list(parent)) {
                    versions.map(version -> version.resolve("bin")).sorted().forEach(candidates::add);
                }
            }
        }
        return candidates.reversed().stream()
                .filter(bin -> Stream.of("initdb", "postgres", "pg_controldata", "psql")
                        .allMatch(program -> Files.isExecutable(bin.resolve(program))))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no PostgreSQL found; hint: install its server package"));
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    void await(Condition condition) {
        long start = System.nanoTime();
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as(() -> "waited too long: " + logText())
                    .isLessThan(PATIENCE);
            LockSupport.parkNanos(5_000_000);
        }
    }
}

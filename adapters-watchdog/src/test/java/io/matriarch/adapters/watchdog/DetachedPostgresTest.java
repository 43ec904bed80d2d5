package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.ports.watchdog.Guard.ServerCommand;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL, started and promoted. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class DetachedPostgresTest {

    private static final int SIGQUIT = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private final LinuxClock clock = new LinuxClock();
    private final DetachedStart guard = new DetachedStart(clock);
    private Path data;
    private Optional<Long> postmaster = Optional.empty();

    @BeforeEach
    void initialize() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = Files.createDirectory(folder.resolve("data"));
        if (asRoot()) {
            run(List.of("chown", "postgres", data.toString()));
        }
        run(asOwner("initdb", "-N", "-A", "trust", "-U", "postgres", "-D", data.toString()));
    }

    @AfterEach
    void stop() {
        postmaster.ifPresent(pid -> {
            LinuxCalls.kill(pid, SIGQUIT);
            await(() -> !Files.exists(Path.of("/proc", Long.toString(pid))));
        });
    }

    @Test
    @DisplayName(
            "SAF-041: PostgreSQL starts detached with nothing of the agent's, and is promoted on a running lease only")
    void startsAndPromotes() throws Exception {
        Files.createFile(data.resolve("standby.signal"));
        Path pipe = folder.resolve("watchdog");
        run(List.of("mkfifo", pipe.toString()));
        try (var reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            assertThat(reader.getFD().valid()).isTrue();
            PipeDevice device = PipeDevice.open(pipe);
            long pid = start();

            await(() -> firstLine(data.resolve("postmaster.pid")).equals(Long.toString(pid)));
            await(() -> Files.readString(log()).contains("entering standby mode"));
            assertNothingInherited(pid);
            device.disarm();

            guard.arm(new LeaseId("lease-1"), clock.now().plus(Duration.ofMinutes(10)));
            guard.promote(pid, data);
            await(() -> controlData().contains("in production"));
            assertThat(data.resolve("promote")).doesNotExist();
            assertThat(data.resolve("standby.signal")).doesNotExist();
        }
    }

    private void assertNothingInherited(long pid) throws IOException {
        List<String> open = new ArrayList<>();
        try (var links = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path link : links.toList()) {
                try {
                    open.add(link.getFileName() + " " + Files.readSymbolicLink(link));
                } catch (IOException _) {
                    // Closed between the listing and the look.
                }
            }
        }
        assertThat(open).contains("0 /dev/null", "1 " + log(), "2 " + log());
        // Sockets, pipes and event queues of its own have no path; files are its own data or none of its business.
        assertThat(open)
                .filteredOn(line -> line.contains(" /"))
                .allMatch(
                        line -> line.endsWith(" /dev/null") || line.contains(" " + data) || line.endsWith(" " + log()));
    }

    private long start() throws Exception {
        var command = new ServerCommand(
                asOwner(
                        "postgres",
                        "-D",
                        data.toString(),
                        "-c",
                        "listen_addresses=",
                        "-c",
                        "unix_socket_directories=" + data),
                Map.of("PATH", System.getenv("PATH"), "LC_ALL", "C"),
                data,
                log());
        long pid = guard.start(command);
        postmaster = Optional.of(pid);
        return pid;
    }

    private String controlData() throws Exception {
        Path output = folder.resolve("control");
        Process process = new ProcessBuilder(asOwner("pg_controldata", "-D", data.toString()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        process.waitFor();
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    private Path log() {
        return folder.toAbsolutePath().resolve("server.log");
    }

    private static String firstLine(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file).lines().findFirst().orElse("") : "";
    }

    private void run(List<String> command) throws Exception {
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
    private static List<String> asOwner(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (asRoot()) {
            command.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
        }
        command.add(binaries().resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static boolean asRoot() {
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
                .filter(bin -> Stream.of("initdb", "postgres", "pg_controldata")
                        .allMatch(program -> Files.isExecutable(bin.resolve(program))))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no PostgreSQL found; hint: install its server package"));
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private void await(Condition condition) {
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
                    .as(() -> "waited too long: " + read(log()))
                    .isLessThan(PATIENCE);
            LockSupport.parkNanos(5_000_000);
        }
    }
}

package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.LeaseId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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

    @TempDir
    Path folder;

    private final LinuxClock clock = new LinuxClock();
    private final DetachedStart guard = new DetachedStart(clock);
    private LocalPostgres postgres;
    private Path data;
    private Optional<Long> postmaster = Optional.empty();

    @BeforeEach
    void initialize() throws Exception {
        postgres = LocalPostgres.initialize(folder);
        data = postgres.data;
    }

    @AfterEach
    void stop() {
        postmaster.ifPresent(pid -> {
            LinuxCalls.kill(pid, SIGQUIT);
            postgres.await(() -> !Files.exists(Path.of("/proc", Long.toString(pid))));
        });
    }

    @Test
    @DisplayName(
            "SAF-041: PostgreSQL starts detached with nothing of the agent's, and is promoted on a running lease only")
    void startsAndPromotes() throws Exception {
        Files.createFile(data.resolve("standby.signal"));
        Path pipe = folder.resolve("watchdog");
        postgres.run(List.of("mkfifo", pipe.toString()));
        try (var reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            assertThat(reader.getFD().valid()).isTrue();
            PipeDevice device = PipeDevice.open(pipe);
            long pid = start();

            postgres.await(() -> firstLine(data.resolve("postmaster.pid")).equals(Long.toString(pid)));
            postgres.await(() -> Files.readString(postgres.log()).contains("entering standby mode"));
            assertNothingInherited(pid);
            device.disarm();

            guard.arm(new LeaseId("lease-1"), clock.now().plus(Duration.ofMinutes(10)));
            guard.promote(pid, data);
            postgres.await(() -> postgres.controlData().contains("in production"));
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
        assertThat(open).contains("0 /dev/null", "1 " + postgres.log(), "2 " + postgres.log());
        // Sockets, pipes and event queues of its own have no path; files are its own data or none of its business.
        assertThat(open)
                .filteredOn(line -> line.contains(" /"))
                .allMatch(line -> line.endsWith(" /dev/null")
                        || line.contains(" " + data)
                        || line.endsWith(" " + postgres.log()));
    }

    private long start() throws Exception {
        long pid = guard.start(postgres.command());
        postmaster = Optional.of(pid);
        return pid;
    }

    private static String firstLine(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file).lines().findFirst().orElse("") : "";
    }
}

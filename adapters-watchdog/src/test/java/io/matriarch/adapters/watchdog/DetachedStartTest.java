package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard.GuardException;
import io.matriarch.ports.watchdog.Guard.GuardState;
import io.matriarch.ports.watchdog.Guard.ServerCommand;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DetachedStartTest {

    private static final LeaseId LEASE = new LeaseId("lease-1");

    @TempDir
    Path folder;

    private final LinuxClock clock = new LinuxClock();
    private final DetachedStart guard = new DetachedStart(clock);
    private final List<Long> started = new ArrayList<>();

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    @Test
    @DisplayName("the server has its own session, no terminal, the agent's signals neither blocked nor ignored")
    void detached() throws Exception {
        long pid = start(List.of("/bin/sleep", "300"), Map.of("ONLY", "this one"));

        String[] stat = Files.readString(proc(pid, "stat")).split("\\) ")[1].split(" ");
        assertThat(stat[2]).as("process group").isEqualTo(Long.toString(pid));
        assertThat(stat[3]).as("session").isEqualTo(Long.toString(pid));
        assertThat(stat[4]).as("terminal").isEqualTo("0");
        assertThat(Files.readString(proc(pid, "cmdline"))).isEqualTo("/bin/sleep\000300\000");
        assertThat(status(pid, "SigBlk")).isEqualTo("0000000000000000");
        assertThat(Files.readSymbolicLink(proc(pid, "cwd"))).isEqualTo(folder.toRealPath());
        assertThat(guard.state()).isEqualTo(GuardState.ABSENT);
    }

    @Test
    @DisplayName("the environment is exactly what was given")
    void environment() throws Exception {
        var environment = new TreeMap<>(Map.of("PGDATA", "/somewhere", "LANG", "C"));
        long pid = start(List.of("/bin/sleep", "300"), environment);

        assertThat(Files.readString(proc(pid, "environ")).split("\0"))
                .containsExactlyInAnyOrder("LANG=C", "PGDATA=/somewhere");
    }

    @Test
    @DisplayName("no descriptor of the agent leaks into the server")
    void noDescriptorLeaks() throws Exception {
        Path held = Files.createFile(folder.resolve("held"));
        // Opened behind Java's back and without close-on-exec: what a careless native library would do.
        var careless = LinuxCalls.open(held.toString(), LinuxCalls.O_WRONLY);
        assertThat(careless.failed()).isFalse();
        try (var channel = FileChannel.open(held, StandardOpenOption.WRITE)) {
            assertThat(channel.isOpen()).isTrue();
            long pid = start(List.of("/bin/sleep", "300"), Map.of());

            assertThat(descriptors(pid))
                    .isEqualTo(Map.of(
                            "0", Path.of("/dev/null"),
                            "1", log().toRealPath(),
                            "2", log().toRealPath()));
        } finally {
            LinuxCalls.close((int) careless.value());
        }
    }

    @Test
    @DisplayName("output and errors are appended to the log")
    void output() throws Exception {
        Files.writeString(log(), "before\n");
        start(List.of("/bin/sh", "-c", "echo out; echo err >&2"), Map.of());

        await(() -> Files.readString(log()).equals("before\nout\nerr\n"));
    }

    @Test
    @DisplayName("a server that has ended is no zombie")
    void noZombie() throws Exception {
        long pid = start(List.of("/bin/sh", "-c", "exit 3"), Map.of());

        await(() -> !Files.exists(Path.of("/proc", Long.toString(pid))));
    }

    @Test
    @DisplayName("a program that is not there is reported")
    void missingProgram() {
        Path missing = folder.resolve("no-such-program");
        assertThatThrownBy(() -> start(List.of(missing.toString()), Map.of()))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining(missing.toString());
    }

    @Test
    @DisplayName("the server survives a kill -9 of the agent")
    void survivesTheAgent() throws Exception {
        Process agent = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StartingAgent.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("agent.log").toFile())
                .start();
        try {
            Path pidFile = folder.resolve("pid");
            await(() -> Files.exists(pidFile));
            long pid = Long.parseLong(Files.readString(pidFile));
            started.add(pid);
            assertThat(parentOf(pid)).isEqualTo(agent.pid());

            agent.destroyForcibly().waitFor();

            await(() -> parentOf(pid) != agent.pid());
            assertThat(ProcessHandle.of(pid)).isPresent();
            assertThat(status(pid, "State")).startsWith("S");
        } finally {
            agent.destroyForcibly();
        }
    }

    @Test
    @DisplayName("SAF-041: the promotion is signalled while the lease runs")
    void promotes() throws Exception {
        long pid = startPostmaster();
        guard.arm(LEASE, clock.now().plus(Duration.ofMinutes(10)));

        guard.promote(pid, folder);

        await(() -> Files.exists(folder.resolve("signalled")));
        assertThat(folder.resolve("promote")).isEmptyFile();
    }

    @Test
    @DisplayName("SAF-041: no promotion before a lease was told, after it ended, after the server stopped")
    void refusesWithoutLease() throws Exception {
        long pid = startPostmaster();

        refusesToPromote(pid, "no lease was told");
        guard.arm(LEASE, clock.now().minus(Duration.ofMillis(1)));
        refusesToPromote(pid, "the lease ended");
        guard.arm(LEASE, clock.now().plus(Duration.ofMinutes(10)));
        guard.disarm(new StopProof("test"));
        refusesToPromote(pid, "no lease was told");
        assertThat(ProcessHandle.of(pid)).isPresent();
        assertThat(folder.resolve("signalled")).doesNotExist();
    }

    @Test
    @DisplayName("SAF-041: a lease that ends while the promotion is prepared: no signal, and no request is left")
    void leaseEndsMeanwhile() throws Exception {
        long pid = startPostmaster();
        MonotonicTime now = clock.now();
        var readings = new ArrayDeque<>(List.of(now, now.plus(Duration.ofSeconds(10))));
        var slow = new DetachedStart(new Clock() {
            @Override
            public MonotonicTime now() {
                return readings.remove();
            }

            @Override
            public Instant wallClock() {
                return clock.wallClock();
            }
        });
        slow.arm(LEASE, now.plus(Duration.ofSeconds(10)));

        assertThatThrownBy(() -> slow.promote(pid, folder))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining("the lease ended");

        assertThat(readings).isEmpty();
        assertThat(folder.resolve("promote")).doesNotExist();
        assertThat(folder.resolve("signalled")).doesNotExist();
    }

    @Test
    @DisplayName("no signal goes to a process that is not the data directory's postmaster")
    void refusesAnotherProcess() throws Exception {
        long pid = startPostmaster();
        long other = start(List.of("/bin/sleep", "300"), Map.of());
        guard.arm(LEASE, clock.now().plus(Duration.ofMinutes(10)));

        refusesToPromote(other, "is not the postmaster");
        assertThat(ProcessHandle.of(other)).isPresent();
        assertThat(ProcessHandle.of(pid)).isPresent();
    }

    @Test
    @DisplayName("a postmaster that has gone leaves no request to promote behind")
    void withdrawsTheRequest() throws Exception {
        long pid = startPostmaster();
        guard.arm(LEASE, clock.now().plus(Duration.ofMinutes(10)));
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.destroyForcibly();
        process.onExit().get(30, TimeUnit.SECONDS);
        await(() -> !Files.exists(Path.of("/proc", Long.toString(pid))));

        refusesToPromote(pid, "no such process");
    }

    private void refusesToPromote(long pid, String why) {
        assertThatThrownBy(() -> guard.promote(pid, folder))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining(why);
        assertThat(folder.resolve("promote")).doesNotExist();
    }

    /** Stands for a postmaster: writes its pid file and leaves a mark when SIGUSR1 comes. */
    private long startPostmaster() throws Exception {
        long pid = start(
                List.of(
                        "/bin/sh",
                        "-c",
                        "trap 'touch signalled' USR1; echo $$ > postmaster.pid; touch ready;"
                                + " while :; do sleep 0.05; done"),
                Map.of("PATH", "/usr/bin:/bin"));
        await(() -> Files.exists(folder.resolve("ready")));
        return pid;
    }

    private long start(List<String> arguments, Map<String, String> environment) throws GuardException {
        long pid = guard.start(new ServerCommand(arguments, environment, folder, log()));
        started.add(pid);
        return pid;
    }

    private Path log() {
        return folder.resolve("server.log");
    }

    private static Path proc(long pid, String file) {
        return Path.of("/proc", Long.toString(pid), file);
    }

    private static String status(long pid, String key) throws IOException {
        return Files.readAllLines(proc(pid, "status")).stream()
                .filter(line -> line.startsWith(key + ":"))
                .findFirst()
                .orElseThrow()
                .substring(key.length() + 1)
                .strip();
    }

    private static long parentOf(long pid) throws IOException {
        return Long.parseLong(status(pid, "PPid"));
    }

    private static Map<String, Path> descriptors(long pid) throws IOException {
        Map<String, Path> found = new TreeMap<>();
        try (var files = Files.list(proc(pid, "fd"))) {
            for (Path file : files.toList()) {
                found.put(file.getFileName().toString(), Files.readSymbolicLink(file));
            }
        }
        return found;
    }

    private static void await(Condition condition) throws Exception {
        long start = System.nanoTime();
        while (!condition.holds()) {
            assertThat(System.nanoTime() - start).as("waited too long").isLessThan(60_000_000_000L);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /** A process of its own that starts a server and then waits for its end. */
    static final class StartingAgent {
        public static void main(String[] arguments) throws Exception {
            Path folder = Path.of(arguments[0]);
            long pid = new DetachedStart(new LinuxClock())
                    .start(new ServerCommand(
                            List.of("/bin/sleep", "300"), Map.of(), folder, folder.resolve("server.log")));
            Path draft = Files.writeString(folder.resolve("pid.draft"), Long.toString(pid));
            Files.move(draft, folder.resolve("pid"));
            Thread.currentThread().join();
        }
    }
}

package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.watchdog.Guard.GuardException;
import io.matriarch.ports.watchdog.Guard.ServerCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A folder with a stand-in for a server in it, its guard, and everything ended when the test has. */
final class GuardHost implements AutoCloseable {

    static final LeaseId LEASE = new LeaseId("lease-1");
    static final Duration TTL = Duration.ofSeconds(2);

    /**
     * A postmaster with children in sessions of their own, as PostgreSQL's are, and one of them with a child of its own.
     * Each says its pid.
     */
    private static final String FAMILY = "trap 'touch promoted' USR1; trap : QUIT; echo $$ > postmaster.pid;"
            + " setsid sh -c 'echo $$ > one; trap : TERM QUIT; while :; do sleep 0.05; done' &"
            + " setsid sh -c 'echo $$ > two; setsid sh -c \"echo \\$\\$ > three; while :; do sleep 0.05; done\" & wait' &"
            + " touch ready; while :; do sleep 0.05; done";

    final LinuxClock clock = new LinuxClock();
    final Path data;
    final GuardProgram program;
    private final List<GuardProcess> agents = new ArrayList<>();

    GuardHost(Path folder) throws IOException {
        this(folder, Path.of("target/guard/matriarch-guard").toAbsolutePath());
    }

    GuardHost(Path folder, Path guard) throws IOException {
        data = Files.createDirectory(folder.toRealPath().resolve("data"));
        program = new GuardProgram(guard, data);
    }

    GuardProcess agent() {
        return agent(GuardSettings.Mode.AUTOMATIC);
    }

    GuardProcess agent(GuardSettings.Mode mode) {
        var agent = new GuardProcess(new GuardSettings(mode, Duration.ZERO), program, data, clock);
        agent.adopt(TTL);
        agents.add(agent);
        return agent;
    }

    MonotonicTime in(Duration time) {
        return clock.now().plus(time);
    }

    /** Starts the family and returns its pids, the postmaster's first. */
    List<Long> family(GuardProcess agent) throws GuardException {
        long postmaster = agent.start(shell(FAMILY));
        awaitFiles("ready", "one", "two", "three");
        return List.of(postmaster, pidIn("one"), pidIn("two"), pidIn("three"));
    }

    ServerCommand shell(String script) {
        return command(List.of("/bin/sh", "-c", script));
    }

    ServerCommand command(List<String> arguments) {
        return new ServerCommand(
                arguments, Map.of("PATH", System.getenv("PATH")), data, data.resolveSibling("server.log"));
    }

    void awaitFiles(String... names) {
        await(() -> Stream.of(names).map(data::resolve).allMatch(GuardHost::isWritten));
    }

    /** The shell makes the file first and writes to it then. */
    private static boolean isWritten(Path file) {
        try {
            return Files.exists(file) && (file.endsWith("ready") || Files.size(file) > 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    long pidIn(String name) {
        try {
            return Long.parseLong(Files.readString(data.resolve(name)).strip());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The guard's pid, if there is one. */
    Optional<Long> guard() {
        try {
            Optional<GuardSocket> found = program.find();
            if (found.isEmpty()) {
                return Optional.empty();
            }
            try (GuardSocket socket = found.get()) {
                return Optional.of((long) socket.peer().pid());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static void signal(String name, long pid) {
        try {
            assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                            .start()
                            .waitFor())
                    .isZero();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** A zombie has ended. */
    static boolean lives(long pid) {
        return field(pid, 0).filter(state -> !state.equals("Z")).isPresent();
    }

    static long parentOf(long pid) {
        return Long.parseLong(field(pid, 1).orElseThrow());
    }

    /** Fields of stat after the name: state, parent, group, session. */
    static Optional<String> field(long pid, int index) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[index]);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** Waits for the end of all of them, and returns the moment at which it was seen. */
    MonotonicTime awaitEnd(List<Long> pids) {
        await(() -> pids.stream().noneMatch(GuardHost::lives));
        return clock.now();
    }

    /** As long as the clock has not passed {@code until}, all of them live. */
    void assertLiveUntil(MonotonicTime until, List<Long> pids) {
        while (!clock.now().hasReached(until)) {
            assertThat(pids).allMatch(GuardHost::lives);
            LockSupport.parkNanos(2_000_000);
        }
    }

    static void await(Condition condition) {
        long start = System.nanoTime();
        try {
            while (!condition.holds()) {
                assertThat(System.nanoTime() - start).as("waited too long").isLessThan(60_000_000_000L);
                LockSupport.parkNanos(2_000_000);
            }
        } catch (IOException | GuardException e) {
            throw new AssertionError(e);
        }
    }

    interface Condition {
        boolean holds() throws IOException, GuardException;
    }

    @Override
    public void close() {
        agents.forEach(GuardProcess::close);
        guard().ifPresent(pid -> signal("KILL", pid));
        // Whoever works in the folder is one of the stand-ins, whatever has become of their parent.
        await(() -> {
            List<Long> left = Processes.workingIn(folder -> folder.startsWith(data));
            left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            return left.isEmpty();
        });
    }
}

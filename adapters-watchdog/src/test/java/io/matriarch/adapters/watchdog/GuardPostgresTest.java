package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.watchdog.Guard;
import io.matriarch.ports.watchdog.Guard.GuardException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL below a guard whose agent says nothing more: what is said of each case is true of the server's end. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class GuardPostgresTest {

    private static final Duration TTL = Duration.ofSeconds(2);

    /** Of the agent that is a process of its own: on a busy machine it may have to wait for its turn. */
    private static final Duration AGENTS_TTL = Duration.ofSeconds(6);

    private static final LeaseId LEASE = new LeaseId("lease-1");

    /** Commits without a client: nobody has to send anything for it to go on. */
    private static final List<String> COMMIT_LOOP =
            List.of("CREATE TABLE rows (i int)", "DO 'BEGIN LOOP INSERT INTO rows VALUES (1); COMMIT; END LOOP; END'");

    @TempDir
    Path folder;

    private final LinuxClock clock = new LinuxClock();
    private LocalPostgres postgres;
    private GuardProgram program;
    private GuardProcess agent;

    @BeforeEach
    void initialize() throws Exception {
        postgres = LocalPostgres.initialize(folder);
        program = new GuardProgram(Path.of("target/guard/matriarch-guard").toAbsolutePath(), postgres.data);
        agent = newAgent();
    }

    private GuardProcess newAgent() {
        var made = new GuardProcess(
                new GuardSettings(GuardSettings.Mode.REQUIRED, Duration.ZERO), program, postgres.data, clock);
        made.adopt(TTL);
        return made;
    }

    @AfterEach
    void stop() throws Exception {
        agent.close();
        try (var found = program.find().orElse(null)) {
            if (found != null) {
                GuardHost.signal("KILL", found.peer().pid());
            }
        }
        postgres.await(() -> {
            List<Long> left = postgres.processes();
            left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            return left.isEmpty();
        });
    }

    @Test
    @DisplayName("SAF-031: a commit loop on the server ends with the lease, and so does everything else of the server")
    void commitLoop() throws Exception {
        agent.start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        MonotonicTime deadline = armForShort();
        assertThat(grows()).as("the loop commits").isTrue();
        assertDeadBy(deadline);
    }

    @Test
    @DisplayName("the same without a guard: the loop commits beyond the deadline")
    void commitLoopWithoutGuard() throws Exception {
        Guard none = new DetachedStart(clock);
        none.start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        MonotonicTime deadline = clock.now().plus(Duration.ofMillis(1500));
        none.arm(LEASE, deadline);
        passes(deadline);
        assertThat(grows()).isTrue();
    }

    @Test
    @DisplayName("SAF-032: a postmaster that has been stopped, which no immediate shutdown ends, ends with the lease")
    void stoppedPostmaster() throws Exception {
        long postmaster = agent.start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        GuardHost.signal("STOP", postmaster);
        assertDeadBy(armForShort());
    }

    @Test
    @DisplayName("SAF-032: a backend that has been stopped, which holds an immediate shutdown up, ends with the lease")
    void stoppedBackend() throws Exception {
        long postmaster = agent.start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        postgres.await(() -> postgres.processes().stream().anyMatch(this::isBackend));
        postgres.processes().stream().filter(this::isBackend).forEach(pid -> GuardHost.signal("STOP", pid));
        MonotonicTime deadline = armForShort();
        assertThat(GuardHost.lives(postmaster)).isTrue();
        assertDeadBy(deadline);
    }

    @Test
    @DisplayName("SAF-030: backends that outlive a postmaster that was killed end with the lease")
    void killedPostmaster() throws Exception {
        long postmaster = agent.start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        postgres.await(() -> postgres.processes().stream().anyMatch(this::isBackend));
        postgres.processes().stream().filter(this::isBackend).forEach(pid -> GuardHost.signal("STOP", pid));
        MonotonicTime deadline = armForShort();
        GuardHost.signal("KILL", postmaster);
        postgres.await(() -> !GuardHost.lives(postmaster));
        assertThat(postgres.processes()).isNotEmpty();
        assertDeadBy(deadline);
    }

    @Test
    @DisplayName("SAF-042: a server that was started without a guard is adopted, and ends with the lease")
    void adopted() throws Exception {
        long postmaster = new DetachedStart(clock).start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        postgres.await(() -> postgres.processes().stream().anyMatch(this::isBackend));
        MonotonicTime deadline = armForShort();
        assertThat(GuardHost.parentOf(postmaster)).isNotEqualTo((long) guard());
        assertDeadBy(deadline);
    }

    @Test
    @DisplayName(
            "SAF-042: backends that outlive an adopted postmaster are no children of the guard, and end nevertheless")
    void orphansOfAdopted() throws Exception {
        long postmaster = new DetachedStart(clock).start(postgres.command());
        postgres.awaitReady();
        postgres.psql(COMMIT_LOOP);
        postgres.await(() -> postgres.processes().stream().anyMatch(this::isBackend));
        MonotonicTime deadline = armForShort();
        postgres.processes().stream().filter(this::isBackend).forEach(pid -> GuardHost.signal("STOP", pid));
        GuardHost.signal("KILL", postmaster);
        postgres.await(() -> !GuardHost.lives(postmaster));
        assertThat(postgres.processes()).isNotEmpty();
        assertDeadBy(deadline);
    }

    @Test
    @DisplayName("SAF-042: a server that is found when the lease has ended already is ended at once")
    void adoptedTooLate() throws Exception {
        new DetachedStart(clock).start(postgres.command());
        postgres.awaitReady();
        agent.arm(LEASE, clock.now().minus(Duration.ofSeconds(1)));
        postgres.await(() -> postgres.processes().stream().noneMatch(GuardHost::lives));
    }

    @Test
    @DisplayName(
            "SAF-041: a server that was told to promote is promoted by the guard, or not at all after the deadline")
    void promotes() throws Exception {
        Files.createFile(postgres.data.resolve("standby.signal"));
        long postmaster = agent.start(postgres.command());
        postgres.await(() -> postgres.logText().contains("entering standby mode"));
        agent.arm(LEASE, clock.now().plus(Duration.ofMinutes(10)));
        agent.promote(postmaster, postgres.data);
        postgres.await(() -> postgres.controlData().contains("in production"));
    }

    @Test
    @DisplayName("SAF-040: kill -9 of the agent: the server ends by the deadline that was told last")
    void agentKilled() throws Exception {
        withAgent("KILL");
    }

    @Test
    @DisplayName("SAF-048: SIGSTOP of the agent: the server ends by the deadline that was told last")
    void agentStopped() throws Exception {
        withAgent("STOP");
    }

    private void withAgent(String signal) throws Exception {
        Process other = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RenewingAgent.class.getName(),
                        folder.toRealPath().toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("agent.log").toFile())
                .start();
        try {
            postgres.await(() -> Files.exists(folder.resolve("renewed")));
            postgres.awaitReady();
            postgres.psql(COMMIT_LOOP);
            // Longer than a lease: it lives because it is renewed.
            MonotonicTime beyond = clock.now().plus(AGENTS_TTL).plus(Duration.ofSeconds(1));
            while (!clock.now().hasReached(beyond)) {
                assertThat(postgres.processes()).isNotEmpty();
                LockSupport.parkNanos(5_000_000);
            }
            GuardHost.signal(signal, other.pid());
            assertDeadBy(clock.now().plus(AGENTS_TTL));
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    /** Starts a server and renews its lease for as long as it lives. */
    static final class RenewingAgent {
        public static void main(String[] arguments) throws IOException, GuardException {
            Path folder = Path.of(arguments[0]);
            Path data = folder.resolve("data");
            var clock = new LinuxClock();
            var agent = new GuardProcess(
                    new GuardSettings(GuardSettings.Mode.REQUIRED, Duration.ZERO),
                    new GuardProgram(Path.of("target/guard/matriarch-guard").toAbsolutePath(), data),
                    data,
                    clock);
            agent.adopt(AGENTS_TTL);
            agent.arm(new LeaseId("to start with"), clock.now().plus(Duration.ofMinutes(1)));
            agent.start(LocalPostgres.of(folder).command());
            while (true) {
                agent.arm(LEASE, clock.now().plus(AGENTS_TTL));
                Files.writeString(folder.resolve("renewed"), "");
                LockSupport.parkNanos(AGENTS_TTL.toNanos() / 12);
            }
        }
    }

    private MonotonicTime armForShort() throws GuardException {
        MonotonicTime deadline = clock.now().plus(Duration.ofMillis(1500));
        agent.arm(LEASE, deadline);
        return deadline;
    }

    /** Every process lives until shortly before the ladder begins, and none by the deadline. */
    private void assertDeadBy(MonotonicTime deadline) throws IOException {
        assertThat(postgres.processes()).isNotEmpty();
        postgres.await(() -> postgres.processes().stream().noneMatch(GuardHost::lives));
        MonotonicTime seen = clock.now();
        assertThat(seen.hasReached(deadline))
                .as("late by %s", deadline.until(seen))
                .isFalse();
        assertThat(seen.hasReached(LeaseLadder.of(TTL).immediateAt(deadline).minus(TTL)))
                .as("much too early")
                .isTrue();
    }

    private int guard() throws IOException {
        try (var socket = program.find().orElseThrow()) {
            return socket.peer().pid();
        }
    }

    private void passes(MonotonicTime moment) {
        while (!clock.now().hasReached(moment)) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Whether WAL is being written. */
    private boolean grows() throws Exception {
        Path wal = postgres.data.resolve("pg_wal");
        long before = newest(wal);
        long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
        while (System.nanoTime() - end < 0) {
            if (newest(wal) != before) {
                return true;
            }
            LockSupport.parkNanos(5_000_000);
        }
        return false;
    }

    private static long newest(Path wal) throws IOException {
        try (var files = Files.list(wal)) {
            return files.mapToLong(file -> file.toFile().lastModified()).max().orElseThrow();
        }
    }

    private boolean isBackend(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .replace('\0', ' ')
                    .contains("postgres postgres [local] DO");
        } catch (IOException e) {
            return false;
        }
    }
}

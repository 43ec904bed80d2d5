package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.watchdog.Guard.GuardException;
import io.matriarch.ports.watchdog.Guard.GuardState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The guard process over stand-ins for a server. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class GuardProcessTest {

    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(1500);

    @TempDir
    Path folder;

    private GuardHost host;

    @BeforeEach
    void open() throws Exception {
        host = new GuardHost(folder);
    }

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    @DisplayName("SAF-042: the guard is the server's parent, and nothing of it or of the agent reaches the server")
    void parent() throws Exception {
        GuardProcess agent = host.agent();
        long pid = agent.start(host.command(List.of("/bin/sleep", "300")));
        long guard = host.guard().orElseThrow();

        assertThat(GuardHost.parentOf(pid)).isEqualTo(guard);
        assertThat(GuardHost.field(pid, 2)).as("process group").contains(Long.toString(pid));
        assertThat(GuardHost.field(pid, 3)).as("session").contains(Long.toString(pid));
        assertThat(Files.readSymbolicLink(proc(pid, "cwd"))).isEqualTo(host.data);
        try (var open = Files.list(proc(pid, "fd"))) {
            assertThat(open.map(Path::getFileName).map(Path::toString)).containsExactlyInAnyOrder("0", "1", "2");
        }
        List<String> status = Files.readAllLines(proc(pid, "status"));
        assertThat(status).contains("SigBlk:\t0000000000000000");
        // Those above 31 are the C library's own.
        assertThat(status)
                .filteredOn(line -> line.startsWith("SigIgn:"))
                .allMatch(line -> (Long.parseLong(line.substring(8), 16) & 0x7fffffff) == 0);
        assertThat(Files.readString(proc(pid, "environ"))).isEqualTo("PATH=" + System.getenv("PATH") + "\0");
        assertThat(Files.readString(proc(pid, "oom_score_adj")))
                .isEqualTo(Files.readString(proc(self(), "oom_score_adj")));
        assertThat(Files.readAllLines(proc(guard, "status")))
                .filteredOn(line -> line.startsWith("VmRSS:"))
                .allMatch(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) <= 1024);
    }

    @Test
    @DisplayName(
            "SAF-040: no news: everything of the server is killed by the margin before the deadline, and not before")
    void kills() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        // Stopped ones are deaf to everything but this.
        GuardHost.signal("STOP", family.get(1));
        MonotonicTime deadline = host.in(SHORT);
        agent.arm(GuardHost.LEASE, deadline);
        LeaseLadder ladder = LeaseLadder.of(GuardHost.TTL);

        host.assertLiveUntil(ladder.immediateAt(deadline).minus(Duration.ofMillis(20)), family);
        MonotonicTime ended = host.awaitEnd(family);

        assertThat(ended.hasReached(deadline)).as("late").isFalse();
        assertThat(agent.state()).isEqualTo(GuardState.ARMED);
    }

    @Test
    @DisplayName("a renewal moves the deadline")
    void renews() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        MonotonicTime first = host.in(SHORT);
        MonotonicTime second = first.plus(Duration.ofSeconds(1));
        agent.arm(GuardHost.LEASE, first);
        agent.arm(GuardHost.LEASE, second);

        host.assertLiveUntil(first, family);
        assertThat(host.awaitEnd(family).hasReached(second)).isFalse();
    }

    @Test
    @DisplayName("SAF-015: the last word counts, also when it shortens the lease")
    void shortens() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        MonotonicTime sooner = host.in(SHORT);
        agent.arm(GuardHost.LEASE, sooner.plus(Duration.ofSeconds(20)));
        agent.arm(GuardHost.LEASE, sooner);

        assertThat(host.awaitEnd(family).hasReached(sooner)).isFalse();
    }

    @Test
    @DisplayName("SAF-041: no start and no promotion once the deadline has ended the server, until something is said")
    void refuses() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        agent.arm(GuardHost.LEASE, host.in(SHORT));
        host.awaitEnd(family);

        assertThatThrownBy(() -> agent.start(host.shell("touch started; sleep 300")))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining("the lease it guards has ended");
        assertThat(host.data.resolve("started")).doesNotExist();

        agent.disarm(new StopProof("test"));
        long again = agent.start(host.shell("touch started; sleep 300"));
        host.awaitFiles("ready");
        assertThat(GuardHost.lives(again)).isTrue();
    }

    @Test
    @DisplayName("SAF-041: the guard itself promotes, while the lease runs and not after")
    void promotes() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        assertThatThrownBy(() -> agent.promote(family.getFirst(), host.data))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining("no lease was told");

        agent.arm(GuardHost.LEASE, host.in(LONG));
        agent.promote(family.getFirst(), host.data);
        GuardHost.await(() -> Files.exists(host.data.resolve("promoted")));
    }

    @Test
    @DisplayName("SAF-045: paused, it ends nothing; armed again, it does")
    void pauses() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        MonotonicTime deadline = host.in(SHORT);
        agent.arm(GuardHost.LEASE, deadline);
        agent.pause();
        assertThat(agent.state()).isEqualTo(GuardState.DISARMED);
        host.assertLiveUntil(deadline.plus(Duration.ofMillis(300)), family);

        agent.arm(new LeaseId("lease-2"), host.in(SHORT));
        host.awaitEnd(family);
    }

    @Test
    @DisplayName("SAF-013: a lease that was given up gets no deadline again, and the one it had stands")
    void releases() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        MonotonicTime deadline = host.in(SHORT);
        agent.arm(GuardHost.LEASE, deadline);
        agent.release(GuardHost.LEASE);
        assertThatThrownBy(() -> agent.arm(GuardHost.LEASE, host.in(LONG)))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining("RELEASED");
        assertThat(host.awaitEnd(family).hasReached(deadline)).isFalse();
    }

    @Test
    @DisplayName("SAF-042: a guard that was killed is replaced, and the next one ends the server it has adopted")
    void adopts() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        agent.arm(GuardHost.LEASE, host.in(LONG));
        long first = host.guard().orElseThrow();
        GuardHost.signal("KILL", first);
        GuardHost.await(() -> !GuardHost.lives(first));

        MonotonicTime deadline = host.in(SHORT);
        agent.arm(new LeaseId("lease-2"), deadline);
        assertThat(host.guard()).isPresent().isNotEqualTo(java.util.Optional.of(first));
        assertThat(family).allMatch(GuardHost::lives);
        assertThat(host.awaitEnd(family.subList(0, 3)).hasReached(deadline)).isFalse();
    }

    @Test
    @DisplayName("SAF-043: a guard that does not acknowledge is replaced, within a bound")
    void replaces() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        agent.arm(GuardHost.LEASE, host.in(LONG));
        long first = host.guard().orElseThrow();
        GuardHost.signal("STOP", first);

        long asked = System.nanoTime();
        agent.arm(GuardHost.LEASE, host.in(LONG));
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(10));
        assertThat(GuardHost.lives(first)).isFalse();
        assertThat(family).allMatch(GuardHost::lives);
        assertThat(agent.state()).isEqualTo(GuardState.ARMED);
    }

    @Test
    @DisplayName("SAF-049: the next agent takes the guard over; the deadline stands until it says something")
    void takesOver() throws Exception {
        GuardProcess before = host.agent();
        List<Long> family = host.family(before);
        MonotonicTime deadline = host.in(SHORT);
        before.arm(GuardHost.LEASE, deadline);
        long guard = host.guard().orElseThrow();

        GuardProcess after = host.agent();
        after.arm(new LeaseId("lease-2"), host.in(LONG));
        assertThat(host.guard()).contains(guard);
        assertThatThrownBy(() -> before.arm(GuardHost.LEASE, deadline))
                .isInstanceOf(GuardException.class)
                .hasMessageContaining("STALE_EPOCH");
        host.assertLiveUntil(deadline.plus(Duration.ofMillis(300)), family);
    }

    private static Path proc(long pid, String file) {
        return Path.of("/proc", Long.toString(pid), file);
    }

    private static long self() {
        return ProcessHandle.current().pid();
    }
}

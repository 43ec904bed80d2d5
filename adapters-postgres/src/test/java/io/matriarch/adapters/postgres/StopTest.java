package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a server ends, and what is said about it. */
final class StopTest {

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance server;

    @BeforeEach
    void start() throws Exception {
        cluster = new Cluster(folder);
        server = cluster.member("srv1").ready();
        server.sql("CREATE TABLE t (i int, at timestamptz DEFAULT clock_timestamp())");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private StopResult stop(StopMode mode, Optional<Duration> escalateAfter) {
        return server.control.stop(new StopOrder(mode, false, escalateAfter, "the test stops it"));
    }

    @Test
    @DisplayName("PG-066 SAF-060 a fast stop is proven and tells where the WAL ends; stopping twice is one stop")
    void fast() {
        StopResult.Stopped stopped = (StopResult.Stopped) stop(StopMode.FAST, Optional.of(Duration.ofSeconds(30)));

        assertThat(stopped.escalated()).isFalse();
        ControlData control = server.observe().controlData().orElseThrow();
        assertThat(control.state()).isEqualTo(ControlData.State.SHUT_DOWN);
        assertThat(stopped.shutdown()).hasValueSatisfying(position -> {
            assertThat(position.timeline()).isEqualTo(control.checkpointTimeline());
            // Its end, not its beginning: a shutdown checkpoint record of version 15 takes 114 bytes, 120 aligned.
            assertThat(position.end().minus(control.checkpoint())).isGreaterThanOrEqualTo(104);
        });
        assertThat(server.observe().state()).isEqualTo(ServerState.STOPPED);
        assertThat(server.observe().process()).isInstanceOf(ServerProcess.Stopped.class);
        assertThat(stop(StopMode.FAST, Optional.empty())).isInstanceOf(StopResult.Stopped.class);
    }

    @Test
    @DisplayName("PG-066 an immediate stop has no shutdown position")
    void immediate() {
        StopResult.Stopped stopped = (StopResult.Stopped) stop(StopMode.IMMEDIATE, Optional.empty());

        assertThat(stopped.shutdown()).isEmpty();
        assertThat(server.observe().controlData().orElseThrow().state()).isEqualTo(ControlData.State.IN_PRODUCTION);
        assertThat(server.observe().role()).isEqualTo(Role.DEMOTED);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    @DisplayName("PG-069 SAF-032 a stop that hangs escalates to the kill within its time")
    void escalates() throws Exception {
        Postmaster postmaster = server.server.processes().postmaster().orElseThrow();
        signal(postmaster.pid(), "STOP");
        long began = System.nanoTime();

        StopResult.Stopped stopped = (StopResult.Stopped) stop(StopMode.FAST, Optional.of(Duration.ofSeconds(1)));

        assertThat(stopped.escalated()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofMillis(1400), Duration.ofSeconds(10));
        assertThat(stopped.shutdown()).isEmpty();
        assertThat(ProcessStat.of(postmaster.pid()).filter(stat -> !stat.isDead()))
                .isEmpty();
    }

    @Test
    @DisplayName("SAF-030 after a kill of the postmaster alone there is no proof while its backends commit")
    void orphansWithholdTheProof() throws Exception {
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            connections.add(commitLoop());
        }
        var exited = new CountDownLatch(1);
        server.probe.onServerExit(exited::countDown);
        Postmaster postmaster = server.server.processes().postmaster().orElseThrow();

        Instant killedAt = Instant.now();
        long killed = System.nanoTime();
        signal(postmaster.pid(), "KILL");
        assertThat(exited.await(30, TimeUnit.SECONDS)).isTrue();
        Duration noticed = Duration.ofNanos(System.nanoTime() - killed);
        assertThat(noticed).isLessThan(Duration.ofSeconds(5));
        long end = System.nanoTime() + Duration.ofMillis(500).toNanos();
        while (System.nanoTime() - end < 0) {
            assertThat(server.control.stopProof()).isEmpty();
            assertThat(server.observe().process()).isInstanceOf(ServerProcess.Remains.class);
        }
        assertThat(server.observe().state()).isEqualTo(ServerState.CRASHED);
        assertThat(server.control.startPrimary(Duration.ofSeconds(5))).isInstanceOf(ControlResult.Failed.class);

        assertThat(server.control.kill()).isPresent();
        for (Connection connection : connections) {
            connection.close();
        }
        Instance.done(server.control.startPrimary(Instance.LONG));
        // What makes the proof necessary: the orphans did commit after the postmaster was dead.
        assertThat(Long.parseLong(server.sql("SELECT count(*) FROM t WHERE at > timestamptz '" + killedAt + "'")))
                .isPositive();
    }

    @Test
    @DisplayName(
            "SAF-030 SAF-031 an agent that was started again knows the orphans and kills them, even without postmaster.pid")
    void orphansAreKnownAfterARestart() throws Exception {
        try (Connection _ = commitLoop()) {
            signal(server.server.processes().postmaster().orElseThrow().pid(), "KILL");
            until(() -> !server.server.processes().isAlive());
            Files.delete(server.data.resolve("postmaster.pid"));

            var again = new ServerProcesses(server.data);
            assertThat(again.view()).isInstanceOf(ServerProcess.Remains.class);
            assertThat(again.kill(Deadline.in(Duration.ofSeconds(10)))).isPresent();
        }
    }

    @Test
    @DisplayName("SAF-030 whoever is attached to the shared memory withholds the proof, wherever it works by now")
    void attachedElsewhere() throws Exception {
        long segment = PidFile.read(server.data).orElseThrow().shmId().orElseThrow();
        Path moved = Files.createDirectory(folder.resolve("moved"));
        String place = ProcessStat.bootId() + " " + Files.getAttribute(moved, "unix:ino");
        Files.writeString(moved.resolve("matriarch.server"), place + " " + segment + "\n");
        var processes = new ServerProcesses(moved);

        assertThat(processes.view())
                .isInstanceOfSatisfying(
                        ServerProcess.Remains.class,
                        remains -> assertThat(remains.what()).contains("shared memory segment " + segment));
        assertThat(processes.proof()).isEmpty();

        stop(StopMode.FAST, Optional.empty());
        assertThat(processes.proof()).isPresent();
    }

    @Test
    @DisplayName("SAF-031 a kill leaves nothing, not even a child of a backend in a session of its own")
    void killsEverything() throws Exception {
        Path marker = folder.resolve("child");
        Connection connection = server.connect();
        Thread.ofPlatform().daemon().start(() -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(
                        "COPY t (i) FROM PROGRAM 'setsid sh -c \"echo $$ > " + marker + "; exec sleep 600\"'");
            } catch (SQLException _) {
                // It is killed.
            }
        });
        until(() -> Files.exists(marker) && Files.size(marker) > 1);
        long child = Long.parseLong(Files.readString(marker).trim());

        assertThat(server.control.kill()).isPresent();

        until(() -> ProcessStat.of(child).filter(stat -> !stat.isDead()).isEmpty());
        connection.close();
    }

    @Test
    @DisplayName("HA-046 a server whose remains were killed is a crashed primary still, and no stopped one")
    void remainsOfACrash() throws Exception {
        try (Connection _ = commitLoop()) {
            signal(server.server.processes().postmaster().orElseThrow().pid(), "KILL");
            server.await("a crash", view -> view.state() == ServerState.CRASHED);
            assertThat(server.control.kill()).isPresent();
            assertThat(server.observe().state()).isEqualTo(ServerState.CRASHED);
            assertThat(server.observe().role()).isEqualTo(Role.PRIMARY);
        }
    }

    @Test
    @DisplayName("SAF-060 a standby that hangs does not keep the primary of a hand-over from ending")
    void hangingStandby() throws Exception {
        Instance standby = cluster.member("srv2");
        standby.section.put("use_slots", false);
        standby.cloneOf(server);
        standby.await("streaming", view -> view.sql() instanceof SqlView.Standby seen && seen.streaming());
        long receiver = Long.parseLong(standby.sql("SELECT pid FROM pg_stat_wal_receiver"));
        signal(receiver, "STOP");
        try {
            server.sql("INSERT INTO t SELECT generate_series(1, 1000)");
            StopResult.Stopped stopped =
                    (StopResult.Stopped) stop(StopMode.HAND_OVER, Optional.of(Duration.ofSeconds(40)));
            assertThat(stopped.escalated()).isFalse();
            assertThat(stopped.shutdown()).isPresent();
        } finally {
            signal(receiver, "CONT");
        }
    }

    @Test
    @DisplayName("PG-070 PG-071 before_stop runs before the signal, on_stop after the stop and only then")
    void scripts() throws Exception {
        Path log = folder.resolve("scripts.log");
        Path script = script(
                "echo \"$@\" $(test -e " + server.data.resolve("postmaster.pid") + " && echo running) >> " + log);
        server.section.put("before_stop", script + " before");
        server.section.put("callbacks", java.util.Map.of("on_stop", script.toString()));
        server.configurator.adopt(server.context(), false);

        assertThat(stop(StopMode.FAST, Optional.empty())).isInstanceOf(StopResult.Stopped.class);

        until(() -> Files.readAllLines(log).size() == 2);
        assertThat(Files.readAllLines(log)).containsExactly("before running", "on_stop primary demo");
        stop(StopMode.FAST, Optional.empty());
        assertThat(Files.readAllLines(log)).hasSize(2);
    }

    @Test
    @DisplayName(
            "PG-070 a before_stop that hangs has half of the stop's time, and an immediate stop does not wait for it")
    void hangingScript() throws Exception {
        Path log = folder.resolve("scripts.log");
        Path script = script("echo begun >> " + log + "\nexec sleep 600");
        server.section.put("before_stop", script.toString());
        server.configurator.adopt(server.context(), false);
        long began = System.nanoTime();
        var stopped = (StopResult.Stopped) stop(StopMode.FAST, Optional.of(Duration.ofSeconds(20)));
        assertThat(stopped.escalated()).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        assertThat(Files.readAllLines(log)).containsExactly("begun");
        Instance.done(server.control.startPrimary(Instance.LONG));
        assertThat(stop(StopMode.IMMEDIATE, Optional.of(Duration.ZERO))).isInstanceOf(StopResult.Stopped.class);
        assertThat(Files.readAllLines(log)).as("a fence waits for no script").containsExactly("begun");
    }

    @Test
    @DisplayName("PG-060 a single-user server is neither signalled nor overrun")
    void singleUser() throws Exception {
        stop(StopMode.FAST, Optional.empty());
        Process single = new ProcessBuilder(
                        server.server.settings().binaries().path("postgres"),
                        "--single",
                        "-D",
                        server.data.toString(),
                        "template1")
                .redirectErrorStream(true)
                .start();
        try {
            until(() -> server.server.processes().isSingleUser());
            assertThat(stop(StopMode.FAST, Optional.empty())).isInstanceOf(StopResult.NotStopped.class);
            assertThat(server.control.stopProof()).isEmpty();
            assertThat(server.control.startPrimary(Duration.ofSeconds(5))).isInstanceOf(ControlResult.Failed.class);
            assertThat(single.isAlive()).isTrue();
        } finally {
            single.getOutputStream().close();
            single.waitFor();
        }
        assertThat(server.control.stopProof()).isPresent();
    }

    private Path script(String body) throws Exception {
        Path script = folder.resolve("script.sh");
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }

    /** A backend that commits without ever waiting for its client: that is how it would notice the postmaster's end. */
    private Connection commitLoop() throws Exception {
        Connection connection = server.connect();
        long before = Long.parseLong(server.sql("SELECT count(*) FROM t"));
        Thread.ofPlatform().daemon().start(() -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("DO $$ BEGIN LOOP INSERT INTO t VALUES (1); COMMIT; END LOOP; END $$");
            } catch (SQLException _) {
                // The server has gone.
            }
        });
        until(() -> Long.parseLong(server.sql("SELECT count(*) FROM t")) > before + 100);
        return connection;
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Something that becomes true some time. */
    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(Condition condition) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime() - end).as("waited in vain").isNegative();
            Pause.millis(5);
        }
    }
}

package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.postgres.StopOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Crashes, silence, and the ways back. */
final class RecoveryTest {

    @TempDir
    Path folder;

    private Cluster cluster;

    @BeforeEach
    void prepare() {
        cluster = new Cluster(folder);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private Instance standbyOf(Instance primary, String name) throws Exception {
        Instance standby = cluster.member(name);
        standby.section.put("use_slots", false);
        standby.cloneOf(primary);
        standby.await("streaming", RecoveryTest::streams);
        return standby;
    }

    private static boolean streams(PostgresView view) {
        return view.sql() instanceof SqlView.Standby standby && standby.streaming();
    }

    @Test
    @DisplayName("PG-086 PG-089 PG-090 a primary that crashed is recovered by itself, its WAL archived, and rewound")
    void crashedPrimary() throws Exception {
        Path archive = Files.createDirectories(folder.resolve("archive"));
        Instance old = cluster.member("srv1");
        old.section.put("use_slots", false);
        old.parameters.put("archive_mode", "on");
        old.parameters.put("archive_command", "false");
        old.ready();
        Instance next = standbyOf(old, "srv2");
        Instance.done(next.control.promote(List.of()));
        next.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        old.sql("CREATE TABLE lost AS SELECT generate_series(1, 1000)");
        old.sql("SELECT pg_switch_wal()");
        Instance.done(next.control.checkpoint());
        old.parameters.put("archive_command", "cp %p " + archive + "/%f");
        StopProof proof = old.control.kill().orElseThrow();
        Instance.done(old.configurator.adopt(old.context(), false));
        assertThat(old.observe().controlData().orElseThrow().state()).isEqualTo(ControlData.State.IN_PRODUCTION);

        Instance.done(old.control.recoverCrash(proof));

        assertThat(old.observe().controlData().orElseThrow().state()).isEqualTo(ControlData.State.SHUT_DOWN);
        Instance.done(
                old.control.rewind(next.upstream(), old.control.stopProof().orElseThrow()));
        assertThat(old.serverLog()).contains("listening on");
        Instance.done(old.control.startStandby(next.upstream(), Role.REPLICA, Instance.LONG));
        old.await("streaming", RecoveryTest::streams);
        assertThat(old.sql("SELECT to_regclass('lost') IS NULL")).isEqualTo("t");
    }

    @Test
    @DisplayName("a directory that pg_rewind has left half changed is not started")
    void unfinishedRewind() throws Exception {
        Instance old = cluster.member("srv1").ready();
        Instance next = standbyOf(old, "srv2");
        Instance.done(next.control.promote(List.of()));
        next.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        Instance.done(next.control.checkpoint());
        old.sql("CREATE TABLE lost AS SELECT generate_series(1, 1000)");
        old.control.stop(new StopOrder(StopMode.FAST, true, Optional.empty(), "the test rewinds it"));
        StopProof proof = old.control.stopProof().orElseThrow();
        var gone = new Upstream.Of(new MemberName("gone"), "postgres://127.0.0.1:" + Instance.freePort() + "/postgres");
        assertThat(old.control.rewind(gone, proof)).isInstanceOf(ControlResult.Failed.class);
        Path mark = old.data.resolve("global/pgsql_tmp.rewinding");
        assertThat(mark).as("nothing was changed").doesNotExist();

        // As after an agent that was killed while pg_rewind ran.
        Files.createFile(mark);
        assertThat(old.control.startStandby(next.upstream(), Role.REPLICA, Instance.LONG))
                .isInstanceOfSatisfying(
                        ControlResult.Failed.class,
                        failed -> assertThat(failed.why()).contains("pg_rewind"));
        assertThat(old.control.rewind(gone, proof)).isInstanceOf(ControlResult.Failed.class);
        assertThat(mark).exists();
        Instance.done(old.control.rewind(next.upstream(), proof));
        assertThat(mark).doesNotExist();
        old.section.put("use_slots", false);
        old.open();
        Instance.done(old.control.startStandby(next.upstream(), Role.REPLICA, Instance.LONG));
        old.await("streaming", RecoveryTest::streams);
    }

    @Test
    @DisplayName("PG-057 PG-123 the end of the postmaster is told at once and makes the state crashed")
    void crashIsAnEvent() throws Exception {
        Instance server = cluster.member("srv1").ready();
        var told = new java.util.concurrent.CompletableFuture<Long>();
        server.probe.onServerExit(() -> {
            throw new IllegalStateException("a listener that fails does not keep the others from being told");
        });
        server.probe.onServerExit(() -> told.complete(System.nanoTime()));
        long pid = server.server.processes().postmaster().orElseThrow().pid();

        long killed = System.nanoTime();
        new ProcessBuilder("kill", "-9", Long.toString(pid)).start().waitFor();

        assertThat(Duration.ofNanos(told.get(30, java.util.concurrent.TimeUnit.SECONDS) - killed))
                .isLessThan(Duration.ofSeconds(2));
        PostgresView view = server.await("no process", seen -> !seen.isAlive());
        assertThat(view.state()).isEqualTo(ServerState.CRASHED);
        assertThat(view.role()).isEqualTo(Role.PRIMARY);
        assertThat(view.sql()).isInstanceOf(SqlView.NoAnswer.class);
        Instance.done(server.control.startPrimary(Instance.LONG));
        assertThat(server.observe().state()).isEqualTo(ServerState.RUNNING);
    }

    @Test
    @DisplayName("PG-056 PG-081 a server that is silent holds nobody longer than the patience")
    void silence() throws Exception {
        Instance server = cluster.member("srv1").ready();
        assertThat(server.observe().isPrimary()).isTrue();
        long pid = server.server.processes().postmaster().orElseThrow().pid();
        List<ProcessStat> family = ProcessStat.descendants(ProcessStat.all(), pid);
        signal("STOP", pid);
        for (ProcessStat process : family) {
            signal("STOP", process.pid());
        }
        try {
            for (int i = 0; i < 3; i++) {
                long began = System.nanoTime();
                PostgresView view = server.probe.observe(Duration.ofMillis(300));
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
                assertThat(view.sql()).isInstanceOf(SqlView.NoAnswer.class);
                assertThat(view.isPrimary())
                        .as("a primary that hangs is still one")
                        .isTrue();
                assertThat(server.probe.report(Duration.ofMillis(300))).isInstanceOf(ServerReport.NoAnswer.class);
                assertThat(server.control.timelineOf(server.upstream(), Duration.ofMillis(300)))
                        .isInstanceOf(LeaderTimeline.NoAnswer.class);
            }
        } finally {
            for (ProcessStat process : family) {
                signal("CONT", process.pid());
            }
            signal("CONT", pid);
        }
        server.await("an answer", view -> view.sql() instanceof SqlView.Primary);
        assertThat(server.probe.report(Duration.ofSeconds(5)))
                .isInstanceOfSatisfying(ServerReport.Answer.class, answer -> {
                    assertThat(answer.startTime())
                            .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}[+-]\\d\\d:\\d\\d");
                    assertThat(answer.serverVersion()).isGreaterThan(120000);
                    assertThat(answer.position()).isInstanceOf(ServerReport.Position.Primary.class);
                });
    }

    @Test
    @DisplayName("PG-043 PG-044 PG-046 PG-047 PG-050 a standby is pointed elsewhere without a restart")
    void follow() throws Exception {
        Instance first = cluster.member("srv1").ready();
        Instance second = standbyOf(first, "srv2");
        Instance third = standbyOf(first, "srv3");
        String started = third.sql("SELECT pg_postmaster_start_time()");
        String loaded = third.sql("SELECT pg_conf_load_time()");
        Instance.done(third.control.follow(first.upstream(), Role.REPLICA));
        assertThat(third.sql("SELECT pg_conf_load_time()")).as("nothing to do").isEqualTo(loaded);

        Instance.done(third.control.follow(second.upstream(), Role.REPLICA));

        StopTest.until(() ->
                second.sql("SELECT application_name FROM pg_stat_replication").equals("srv3"));
        assertThat(third.sql("SELECT pg_postmaster_start_time()")).isEqualTo(started);
        assertThat(Files.readString(third.home.resolve("pgpass")))
                .isEqualTo("127.0.0.1:" + second.port + ":*:replicator:confi\\:dent\\\\ial\n");
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(third.home.resolve("pgpass"))))
                .isEqualTo("rw-------");
        Instance.done(third.control.follow(new Upstream.Nobody(), Role.REPLICA));
        assertThat(third.sql("SHOW primary_conninfo")).isEmpty();
        assertThat(first.control.follow(second.upstream(), Role.REPLICA)).isInstanceOf(ControlResult.Failed.class);

        Files.delete(third.data.resolve("standby.signal"));
        Instance.done(third.control.follow(first.upstream(), Role.REPLICA));
        assertThat(third.sql("SELECT pg_postmaster_start_time()")).isNotEqualTo(started);
        assertThat(third.data.resolve("standby.signal")).exists();
        third.await("streaming", RecoveryTest::streams);
    }

    @Test
    @DisplayName("PG-051 PG-062 a standby that waits for WAL is still starting, and can be pointed elsewhere")
    void followWhileStarting() throws Exception {
        Instance first = cluster.member("srv1").ready();
        Instance standby = standbyOf(first, "srv2");
        standby.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "the test takes its WAL"));
        first.sql("CREATE TABLE t AS SELECT generate_series(1, 100000)");
        // The base backup of a standby that has lost its WAL: consistent only with what the primary has.
        Instance.done(standby.control.copyFrom(first.upstream(), "a fresh copy"));
        try (var wal = Files.list(standby.data.resolve("pg_wal"))) {
            for (Path file : wal.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        var nowhere =
                new Upstream.Of(new MemberName("gone"), "postgres://127.0.0.1:" + Instance.freePort() + "/postgres");

        assertThat(standby.control.startStandby(nowhere, Role.REPLICA, Duration.ofSeconds(1)))
                .isInstanceOf(ControlResult.StillRunning.class);
        assertThat(standby.observe().state()).isEqualTo(ServerState.STARTING);
        Instance.done(standby.control.follow(first.upstream(), Role.REPLICA));

        assertThat(standby.await("streaming", RecoveryTest::streams).state()).isEqualTo(ServerState.RUNNING);
    }

    @Test
    @DisplayName("PG-092 PG-094 PG-104 slots are created, advanced and dropped, used ones stay")
    void slots() throws Exception {
        Instance primary = cluster.member("srv1").ready();
        Instance.done(primary.control.changeSlots(
                List.of(new SlotChange.CreatePhysical("srv2"), new SlotChange.CreatePhysical("idle"))));
        Instance standby = cluster.member("srv2");
        standby.cloneOf(primary);
        standby.await("streaming", RecoveryTest::streams);
        StopTest.until(() -> slot(primary, "srv2").map(SlotView::active).orElse(false));

        assertThat(primary.control.changeSlots(List.of(new SlotChange.Drop("srv2", SlotChange.Cause.UNKNOWN))))
                .isInstanceOf(ControlResult.Failed.class);
        primary.sql("CREATE TABLE t AS SELECT generate_series(1, 1000)");
        Lsn to = primary.observe().position().orElseThrow();
        Instance.done(primary.control.changeSlots(List.of(new SlotChange.Advance("idle", to))));
        assertThat(slot(primary, "idle").orElseThrow().restartLsn()).contains(to);
        Instance.done(primary.control.changeSlots(List.of(new SlotChange.Advance("idle", new Lsn(8)))));
        Instance.done(primary.control.changeSlots(List.of(
                new SlotChange.Drop("idle", SlotChange.Cause.UNKNOWN),
                new SlotChange.Drop("never there", SlotChange.Cause.UNKNOWN))));
        assertThat(slot(primary, "idle")).isEmpty();
    }

    private static Optional<SlotView> slot(Instance server, String name) {
        return ((SqlView.Primary) server.observe().sql())
                .slots().stream().filter(slot -> slot.name().equals(name)).findFirst();
    }

    @Test
    @DisplayName("PG-059 a stale postmaster.pid with a pid in use by another program does not keep the server down")
    void stalePidFile() throws Exception {
        Instance server = cluster.member("srv1").ready();
        server.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "the test forges its pid file"));
        Process other = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(
                    server.data.resolve("postmaster.pid"),
                    other.pid() + "\n" + server.data + "\n1000000000\n" + server.port + "\n/tmp\n127.0.0.1\n");
            assertThat(server.observe().isAlive()).isFalse();
            Instance.done(server.control.startPrimary(Instance.LONG));
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroy();
        }
    }

    @Test
    @DisplayName("the agent's own connections go through the socket where that is wanted")
    void unixSocket() throws Exception {
        Instance server = cluster.member("srv1");
        server.section.put("use_unix_socket", true);
        server.section.put("pg_hba", List.of("local all all trust"));
        server.ready();

        assertThat(server.observe().sql()).isInstanceOf(SqlView.Primary.class);
        assertThat(server.probe.report(Duration.ofSeconds(5))).isInstanceOf(ServerReport.Answer.class);
        Instance.done(server.control.checkpoint());
    }

    @Test
    @DisplayName("CFG-090 HA-139 callbacks get action, role and scope; a promotion is one change of role, and a stop"
            + " tells what was stopped")
    void callbacks() throws Exception {
        Instance primary = cluster.member("srv1").ready();
        Path log = folder.resolve("callbacks.log");
        Path script = folder.resolve("callback.sh");
        Files.writeString(script, "#!/bin/sh\necho \"$@\" >> " + log + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Instance standby = cluster.member("srv2");
        standby.section.put("use_slots", false);
        standby.section.put(
                "callbacks",
                Map.of(
                        "on_start",
                        script.toString(),
                        "on_role_change",
                        script.toString(),
                        "on_stop",
                        script.toString()));
        standby.cloneOf(primary);
        Instance.done(standby.control.promote(List.of()));
        standby.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        standby.control.stop(new StopOrder(StopMode.IMMEDIATE, false, Optional.empty(), "the test demotes it"));
        Instance.done(standby.control.startStandby(primary.upstream(), Role.REPLICA, Instance.LONG));
        StopTest.until(() -> Files.readAllLines(log).size() == 4);
        assertThat(Files.readAllLines(log))
                .containsExactly(
                        "on_start replica demo",
                        "on_role_change primary demo",
                        "on_stop primary demo",
                        "on_role_change replica demo");
    }

    @Test
    @DisplayName("§20 nobody is told of a bootstrap before it has ended; a leader that cannot start is demoted aloud")
    void quietBootstrap() throws Exception {
        Path log = folder.resolve("callbacks.log");
        Path script = folder.resolve("callback.sh");
        Files.writeString(script, "#!/bin/sh\necho \"$@\" >> " + log + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Instance server = cluster.member("srv1");
        server.section.put("callbacks", Map.of("on_start", script.toString(), "on_role_change", script.toString()));
        server.initialized();
        assertThat(log).doesNotExist();
        server.control.bootstrapped();
        StopTest.until(() -> Files.exists(log));
        server.control.markDemoted();
        StopTest.until(() -> Files.readAllLines(log).size() == 2);
        assertThat(Files.readAllLines(log)).containsExactly("on_start primary demo", "on_role_change demoted demo");
    }

    private static void signal(String name, long pid) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }
}

package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.ports.postgres.ControlResult;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary that is there and does nothing, or lets nobody in. */
final class StallTest {

    private static final Duration PATIENCE = Duration.ofMillis(500);

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance a;
    private final List<ProcessHandle> frozen = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        cluster = new Cluster(folder);
        a = cluster.member("srv-1").ready();
    }

    @AfterEach
    void end() throws Exception {
        thaw();
        cluster.close();
    }

    @Test
    @DisplayName(
            "W-2 a primary that is frozen is seen to be stalled, a write is not believed, and both end with the frost")
    void frozen() throws Exception {
        assertThat(a.observe().stalled()).isEmpty();
        freeze();
        PostgresView first = a.probe.observe(PATIENCE);
        assertThat(first.sql()).isInstanceOf(SqlView.NoAnswer.class);
        PostgresView later = a.probe.observe(PATIENCE);
        assertThat(later.stalled().orElseThrow()).isGreaterThan(first.stalled().orElseThrow());
        assertThat(a.control.probeWrite(PATIENCE)).isInstanceOf(ControlResult.Failed.class);
        thaw();
        Instance.done(a.control.probeWrite(Duration.ofSeconds(30)));
        a.await("no stall", view -> view.stalled().isEmpty());
    }

    @Test
    @DisplayName("W-2 a transaction that has not ended may leave WAL unflushed: a commit that works is no stall")
    void openTransaction() throws Exception {
        a.sql("CREATE TABLE t (i int)");
        try (Connection open = a.connect();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("INSERT INTO t SELECT generate_series(1, 10)");
            a.observe();
            a.observe();
            Instance.done(a.control.probeWrite(Duration.ofSeconds(30)));
            assertThat(a.observe().stalled()).isEmpty();
            open.rollback();
        }
        assertThat(a.sql("SELECT count(*) FROM t")).isEqualTo("0");
    }

    @Test
    @DisplayName("W-2 the write probe waits for no synchronous standby")
    void noStandby() {
        Instance.done(a.control.synchronousStandbyNames(java.util.Optional.of("nobody")));
        Instance.done(a.control.probeWrite(Duration.ofSeconds(30)));
        Instance.done(a.control.synchronousStandbyNames(java.util.Optional.empty()));
        assertThat(a.sql("SHOW synchronous_standby_names")).isEmpty();
    }

    @Test
    @DisplayName("HA-020 a server that lets nobody in is no longer running but starting")
    void letsNobodyIn() throws Exception {
        a.observe();
        long postmaster = PidFile.read(a.server.dataDirectory()).orElseThrow().pid();
        try (Connection open = a.connect();
                Statement statement = open.createStatement()) {
            // A smart shutdown waits for this session and refuses every other one.
            signal("TERM", postmaster);
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE application_name = 'Patroni heartbeat'");
            PostgresView view = a.await("rejected", seen -> seen.state() != ServerState.RUNNING);
            assertThat(view.state()).isEqualTo(ServerState.STARTING);
            assertThat(a.observe().state()).isEqualTo(ServerState.STARTING);
        }
    }

    private void freeze() throws Exception {
        ProcessHandle postmaster = ProcessHandle.of(
                        PidFile.read(a.server.dataDirectory()).orElseThrow().pid())
                .orElseThrow();
        frozen.add(postmaster);
        postmaster.descendants().forEach(frozen::add);
        for (ProcessHandle one : frozen) {
            signal("STOP", one.pid());
        }
    }

    private void thaw() throws Exception {
        for (ProcessHandle one : frozen) {
            signal("CONT", one.pid());
        }
        frozen.clear();
    }

    private static void signal(String name, long pid) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }
}

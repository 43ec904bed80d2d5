package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.ports.postgres.ControlResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the server's files say, and what a change of configuration does to a running server. */
final class ConfigurationTest {

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance server;

    @BeforeEach
    void prepare() throws Exception {
        cluster = new Cluster(folder);
        server = cluster.member("srv1");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    @Test
    @DisplayName("PG-021 PG-023 PG-024 PG-027 PG-029 PG-040 PG-058 the files and the command line of a new server")
    void files() throws Exception {
        server.parameters.put("my_ext.greeting", "it's a \\ test");
        server.parameters.put("no_such_parameter", 1);
        server.parameters.put("work_mem", 1);
        server.parameters.put("wal_level", "hot_standby");
        server.initialized();

        List<String> lines = Files.readAllLines(server.data.resolve("postgresql.conf"));
        assertThat(lines).contains("include 'postgresql.base.conf'");
        assertThat(lines).contains("my_ext.greeting = 'it''s a \\\\ test'");
        assertThat(lines).contains("work_mem = '64'", "wal_level = 'replica'", "wal_keep_size = '128MB'");
        assertThat(lines).noneMatch(line -> line.startsWith("no_such_parameter"));
        assertThat(lines).contains("recovery_target = ''", "recovery_target_timeline = 'latest'");
        List<String> names = lines.subList(lines.indexOf("include 'postgresql.base.conf'") + 2, lines.size()).stream()
                .takeWhile(line -> !line.startsWith("hba_file"))
                .map(line -> line.split(" ")[0])
                .toList();
        assertThat(names).isSorted().contains("max_connections", "listen_addresses");
        assertThat(server.sql("SHOW my_ext.greeting")).isEqualTo("it's a \\ test");
        assertThat(Files.readString(server.data.resolve("postgresql.base.conf")))
                .contains("#work_mem");

        List<String> command = server.guard.commands.getFirst().arguments();
        assertThat(command.subList(1, command.size()))
                .containsExactly(
                        "-D",
                        server.data.toString(),
                        "--config-file=" + server.data.resolve("postgresql.conf"),
                        "--listen_addresses=127.0.0.1",
                        "--port=" + server.port,
                        "--cluster_name=demo",
                        "--wal_level=replica",
                        "--hot_standby=on",
                        "--max_connections=100",
                        "--max_wal_senders=10",
                        "--max_prepared_transactions=0",
                        "--max_locks_per_transaction=64",
                        "--track_commit_timestamp=off",
                        "--max_replication_slots=10",
                        "--max_worker_processes=8",
                        "--wal_log_hints=on");
        assertThat(server.guard.commands.getFirst().environment().keySet())
                .noneMatch(name -> name.startsWith("PATRONI_") || name.startsWith("KUBERNETES_"))
                .doesNotContain("NOTIFY_SOCKET");
        server.sql("ALTER SYSTEM SET max_connections = 50");
        server.sql("ALTER SYSTEM SET primary_conninfo = 'host=nowhere'");
        Instance.done(server.control.restart(Instance.LONG));
        assertThat(server.sql("SHOW max_connections")).isEqualTo("100");
        assertThat(Files.readString(server.data.resolve("postgresql.auto.conf")))
                .doesNotContain("primary_conninfo");
        assertThat(Files.readString(server.data.resolve("postgresql.base.conf")))
                .contains("#work_mem");
    }

    @Test
    @DisplayName("PG-034 PG-035 PG-036 PG-037 PG-038 changes reload, or wait for a restart and say so")
    void reload() throws Exception {
        server.parameters.put("work_mem", "8MB");
        server.ready();

        server.parameters.put("work_mem", "8192kB");
        String before = server.sql("SELECT pg_conf_load_time()");
        Instance.done(server.configurator.adopt(server.context(), false));
        assertThat(server.sql("SELECT pg_conf_load_time()")).isEqualTo(before);

        server.parameters.put("work_mem", "16MB");
        Instance.done(server.configurator.adopt(server.context(), false));
        assertThat(server.sql("SHOW work_mem")).isEqualTo("16MB");
        assertThat(server.observe().pendingRestart()).isEmpty();

        server.parameters.put("max_connections", 120);
        server.parameters.put("shared_buffers", "32MB");
        Instance.done(server.configurator.adopt(server.context(), false));
        assertThat(server.observe().pendingRestart())
                .containsExactly(
                        new PendingParameter("max_connections", "100", "120"),
                        new PendingParameter("shared_buffers", "16MB", "32MB"));

        server.parameters.put("shared_buffers", "16MB");
        server.sql("ALTER SYSTEM SET max_files_per_process = 500");
        Instance.done(server.configurator.adopt(server.context(), true));
        assertThat(server.observe().pendingRestart())
                .containsExactly(
                        new PendingParameter("max_connections", "100", "120"),
                        new PendingParameter("max_files_per_process", "1000", "500"));

        Instance.done(server.control.restart(Instance.LONG));
        assertThat(server.observe().pendingRestart()).isEmpty();
        assertThat(server.sql("SHOW max_connections")).isEqualTo("120");

        server.parameters.remove("max_connections");
        Instance.done(server.configurator.adopt(server.context(), false));
        assertThat(server.observe().pendingRestart())
                .containsExactly(new PendingParameter("max_connections", "120", "100"));
    }

    @Test
    @DisplayName("PG-003 PG-031 pg_hba.conf: lines of the bootstrap are added once, those of the section replace it")
    void access() throws Exception {
        server.initialized();
        Path hba = server.data.resolve("pg_hba.conf");
        assertThat(Files.readAllLines(hba))
                .containsOnlyOnce("host all all 127.0.0.1/32 scram-sha-256")
                .anyMatch(line -> line.startsWith("local") && line.endsWith("peer"));

        List<String> lines = List.of("host all postgres 127.0.0.1/32 scram-sha-256");
        server.section.put("pg_hba", lines);
        Instance.done(server.configurator.adopt(server.context(), false));
        assertThat(Files.readAllLines(hba)).isEqualTo(lines);
        assertThat(server.sql("SELECT count(*) FROM pg_hba_file_rules")).isEqualTo("1");

        Path own = folder.resolve("own_hba.conf");
        Files.writeString(own, "host all all 127.0.0.1/32 scram-sha-256\n");
        server.parameters.put("hba_file", own.toString());
        server.section.put("pg_hba", List.of("# ignored"));
        Instance.done(server.control.restart(Instance.LONG));
        Instance.done(server.configurator.adopt(server.context(), false));
        Instance.done(server.control.restart(Instance.LONG));
        assertThat(server.sql("SHOW hba_file")).isEqualTo(own.toString());
        assertThat(Files.readAllLines(hba)).isEqualTo(lines);
    }

    @Test
    @DisplayName("PG-108 new files in a data directory that a group may read have its permissions")
    void groupAccess() throws Exception {
        server.bootstrap.put("initdb", List.of("allow-group-access", "no-sync", Map.of("auth-host", "scram-sha-256")));
        server.initialized();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.data.resolve("postgresql.conf"))))
                .isEqualTo("rw-r-----");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.data.resolve("log"))))
                .isEqualTo("rwxr-x---");
    }

    @Test
    @DisplayName("PG-065 a directory for sockets that cannot be written fails the start with its name")
    void socketDirectory() {
        server.parameters.put("unix_socket_directories", "/proc");
        server.open();
        ControlResult result = server.control.initialize();

        assertThat(result)
                .isInstanceOfSatisfying(
                        ControlResult.Failed.class,
                        failed -> assertThat(failed.why()).contains("/proc", "unix_socket_directories"));
        assertThat(server.observe().state()).isEqualTo(ServerState.START_FAILED);
    }

    @Test
    @DisplayName("a server that dies while it starts is told with its own last words")
    void diesWhileStarting() throws Exception {
        server.parameters.put("shared_preload_libraries", "no_such_library");
        server.open();
        ControlResult result = server.control.initialize();

        assertThat(result)
                .isInstanceOfSatisfying(
                        ControlResult.Failed.class,
                        failed -> assertThat(failed.why()).contains("no_such_library"));
        assertThat(server.observe().state()).isEqualTo(ServerState.START_FAILED);
        assertThat(server.control.stopProof()).isPresent();
    }

    @Test
    @DisplayName("PG-001 PG-002 options of initdb that are not allowed abort, and no password is left behind")
    void forbiddenOptions() throws Exception {
        server.bootstrap.put("initdb", List.of(Map.of("pwfile", "/etc/passwd")));
        server.open();

        assertThat(server.control.initialize()).isInstanceOf(ControlResult.Failed.class);
        assertThat(server.data).doesNotExist();
        assertThat(server.observe().state()).isEqualTo(ServerState.INITDB_FAILED);

        server.bootstrap.put("initdb", List.of(Map.of("encoding", "no-such-encoding")));
        assertThat(new Instance(folder, "other").open()).isNotNull();
        List<Path> before = passwordFiles();
        server.open();
        assertThat(server.control.initialize())
                .isInstanceOfSatisfying(
                        ControlResult.Failed.class,
                        failed -> assertThat(failed.why()).contains("no-such-encoding"));
        assertThat(passwordFiles()).isEqualTo(before);
    }

    /** Others on the machine may have some, too. */
    private static List<Path> passwordFiles() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().endsWith(".pw"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    @DisplayName("PG-109 PG-110 a running server is taken over without a restart or a second rename")
    void takeOver() throws Exception {
        Instance primary = server.ready();
        Instance standby = cluster.member("srv2");
        primary.control.changeSlots(List.of(new io.matriarch.domain.slot.SlotChange.CreatePhysical("srv2")));
        standby.cloneOf(primary);
        String started = standby.sql("SELECT pg_postmaster_start_time()");
        String conninfo = standby.sql("SHOW primary_conninfo");
        String base = Files.readString(standby.data.resolve("postgresql.base.conf"));
        standby.probe.close();

        standby.open();
        assertThat(standby.observe().state()).isEqualTo(ServerState.RUNNING);
        assertThat(standby.observe().role()).isEqualTo(io.matriarch.domain.cluster.Role.REPLICA);
        assertThat(standby.observe().upstream()).isEmpty();
        Instance.done(standby.configurator.adopt(standby.context(), true));
        assertThat(standby.sql("SHOW primary_conninfo")).isEqualTo(conninfo);
        assertThat(standby.sql("SELECT pg_postmaster_start_time()")).isEqualTo(started);
        Instance.done(standby.control.restart(Instance.LONG));
        assertThat(standby.sql("SHOW primary_conninfo")).isEqualTo(conninfo);
        started = standby.sql("SELECT pg_postmaster_start_time()");
        Instance.done(standby.control.follow(primary.upstream(), io.matriarch.domain.cluster.Role.REPLICA));
        assertThat(standby.sql("SELECT pg_postmaster_start_time()")).isEqualTo(started);
        assertThat(Files.readString(standby.data.resolve("postgresql.base.conf")))
                .isEqualTo(base);
        assertThat(standby.observe().upstream()).contains(primary.upstream());

        primary.open();
        assertThat(primary.observe().role()).isEqualTo(io.matriarch.domain.cluster.Role.PRIMARY);
        Instance.done(primary.control.startPrimary(Duration.ofSeconds(30)));
        assertThat(primary.guard.commands).hasSize(1);
    }

    @Test
    @DisplayName("PG-032 PG-033 a standby starts with what its primary had at least, and waits for a restart")
    void notLessThanThePrimary() throws Exception {
        Instance primary = server;
        primary.parameters.put("max_connections", 130);
        primary.ready();
        Instance standby = cluster.member("srv2");
        standby.section.put("use_slots", false);
        standby.cloneOf(primary);

        assertThat(standby.sql("SHOW max_connections")).isEqualTo("130");
        assertThat(standby.sql("SHOW primary_slot_name")).isEmpty();
        assertThat(standby.observe().pendingRestart())
                .containsExactly(new PendingParameter("max_connections", "130", "100"));
    }
}

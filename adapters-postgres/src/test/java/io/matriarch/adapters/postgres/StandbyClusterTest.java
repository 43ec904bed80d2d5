package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StandbyCluster;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.ports.postgres.ArchiveResult;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that follows another cluster, and the end of a primary that is going to. */
final class StandbyClusterTest {

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

    private static Upstream.Remote remote(int... ports) {
        return new Upstream.Remote(section(Optional.empty(), ports));
    }

    private static StandbyCluster section(Optional<String> slot, int... ports) {
        return new StandbyCluster(
                Arrays.stream(ports)
                        .mapToObj(port -> new StandbyCluster.Server("127.0.0.1", port))
                        .toList(),
                slot,
                List.of(),
                Optional.of("cp /nonexistent/%f %p"),
                Optional.of("true %r"),
                Optional.of("2s"));
    }

    private static boolean streams(PostgresView view) {
        return view.sql() instanceof SqlView.Standby standby && standby.streaming();
    }

    private static String setting(Instance of, String name) {
        return of.sql("SELECT setting FROM pg_settings WHERE name = '" + name + "'");
    }

    @Test
    @DisplayName("CFG-094 PG-041 §9.5 it is copied from a list of hosts, streams over the slot there, and hands its"
            + " ways to the archive on")
    void followsAnotherCluster() throws Exception {
        Instance there = cluster.member("srv1").ready();
        there.sql("SELECT pg_create_physical_replication_slot('matriarch')");
        Instance here = cluster.member("srv2").open();
        int nobody = Instance.freePort();
        var section = section(Optional.of("matriarch"), nobody, there.port);
        var remote = new Upstream.Remote(section);

        Instance.done(here.control.copyFrom(remote, "the test wants a copy"));
        Instance.done(here.control.startStandby(remote, Role.STANDBY_LEADER, Instance.LONG));
        here.await("streaming", StandbyClusterTest::streams);

        assertThat(here.observe().role()).isEqualTo(Role.STANDBY_LEADER);
        assertThat(ConnectionString.parse(setting(here, "primary_conninfo")))
                .containsEntry("host", "127.0.0.1,127.0.0.1")
                .containsEntry("port", nobody + "," + there.port)
                .containsEntry("target_session_attrs", "read-write")
                .containsEntry("user", "replicator")
                .containsEntry("application_name", "srv2");
        assertThat(setting(here, "primary_slot_name")).isEqualTo("matriarch");
        assertThat(setting(here, "restore_command")).isEqualTo("cp /nonexistent/%f %p");
        assertThat(setting(here, "archive_cleanup_command")).isEqualTo("true %r");
        assertThat(setting(here, "recovery_min_apply_delay")).isEqualTo("2000");
        assertThat(there.sql("SELECT active FROM pg_replication_slots")).isEqualTo("t");

        // Its secondary streams from it, over a slot of its own.
        Instance secondary = cluster.member("srv3").open();
        here.sql("SELECT pg_create_physical_replication_slot('srv3')");
        var cascade = new Upstream.Cascade(here.upstream(), section);
        Instance.done(secondary.control.copyFrom(cascade, "the test wants a copy"));
        Instance.done(secondary.control.startStandby(cascade, Role.REPLICA, Instance.LONG));
        secondary.await("streaming", StandbyClusterTest::streams);
        assertThat(setting(secondary, "primary_slot_name")).isEqualTo("srv3");
        assertThat(setting(secondary, "restore_command")).isEqualTo("cp /nonexistent/%f %p");
        assertThat(setting(secondary, "recovery_min_apply_delay")).isEqualTo("0");
        assertThat(ConnectionString.parse(setting(secondary, "primary_conninfo")))
                .containsEntry("port", Integer.toString(here.port))
                .doesNotContainKey("target_session_attrs");
        there.sql("CREATE TABLE t AS SELECT 7 AS seven");
        secondary.await(
                "the table",
                _ -> secondary.sql("SELECT to_regclass('t') IS NOT NULL").equals("t"));

        // The roles change: by a reload, for its secondary and the standby leader alike.
        Instance.done(secondary.control.follow(remote(there.port), Role.STANDBY_LEADER));
        secondary.await(
                "streaming",
                view -> streams(view)
                        && there.sql("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'srv3'")
                                .equals("1"));
        assertThat(secondary.observe().role()).isEqualTo(Role.STANDBY_LEADER);
        assertThat(setting(secondary, "primary_slot_name")).isEmpty();
        assertThat(setting(secondary, "recovery_min_apply_delay")).isEqualTo("2000");
    }

    @Test
    @DisplayName("HA-100 a member that must not stream has neither a connection nor a slot")
    void doesNotStream() throws Exception {
        Instance there = cluster.member("srv1").ready();
        there.sql("SELECT pg_create_physical_replication_slot('srv2')");
        Instance here = cluster.member("srv2").open();
        Instance.done(here.control.copyFrom(there.upstream(), "the test wants a copy"));

        var archive = new Upstream.Remote(
                section(Optional.of("matriarch"), there.port).withoutServers());
        for (Upstream upstream : List.of(new Upstream.Nobody(), archive)) {
            assertThat(here.server.recovery(upstream)).doesNotContainKeys("primary_conninfo", "primary_slot_name");
        }
        Instance.done(here.control.startStandby(archive, Role.REPLICA, Instance.LONG));

        assertThat(setting(here, "primary_conninfo")).isEmpty();
        assertThat(setting(here, "primary_slot_name")).isEmpty();
        assertThat(setting(here, "restore_command")).isEqualTo("cp /nonexistent/%f %p");
        assertThat(there.sql("SELECT count(*) FROM pg_stat_replication")).isEqualTo("0");
    }

    @Test
    @DisplayName("HA-061 §12.4 the other cluster has promoted: what is beyond its switchpoint is seen and rewound")
    void otherClusterPromotes() throws Exception {
        Instance there = cluster.member("srv1").ready();
        Instance next = cluster.member("srv2");
        next.section.put("use_slots", false);
        next.cloneOf(there);
        next.await("streaming", StandbyClusterTest::streams);
        Instance here = cluster.member("srv3").open();
        Instance.done(here.control.copyFrom(remote(there.port), "the test wants a copy"));
        Instance.done(here.control.startStandby(remote(there.port), Role.STANDBY_LEADER, Instance.LONG));
        here.await("streaming", StandbyClusterTest::streams);

        // What the next primary never got, the standby leader here has.
        Instance.done(next.control.follow(new Upstream.Nobody(), Role.REPLICA));
        next.await("no receiver", view -> !streams(view));
        there.sql("CREATE TABLE lost AS SELECT generate_series(1, 1000)");
        String end = there.sql("SELECT pg_current_wal_lsn()");
        here.await(
                "the table",
                _ -> here.sql("SELECT pg_last_wal_receive_lsn() >= '" + end + "'::pg_lsn")
                        .equals("t"));
        there.control.kill();
        Instance.done(next.control.promote(List.of()));
        next.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        Instance.done(next.control.checkpoint());
        var hosts = remote(there.port, here.port, next.port);
        Instance.done(here.control.follow(hosts, Role.STANDBY_LEADER));

        // A receiver says that it streams from its first moment on, even if it is refused a moment later.
        here.await("the later history, and no stream", view -> view.laterHistory() && !streams(view));
        LeaderTimeline answer = here.control.timelineOf(hosts, Instance.LONG);
        assertThat(answer)
                .as("of three hosts, one dead and one a standby, the primary answers")
                .isInstanceOfSatisfying(
                        LeaderTimeline.Primary.class,
                        primary -> assertThat(primary.timeline()).isEqualTo(new Timeline(2)));
        StopProof proof = stopped(here).proof();
        Instance.done(here.control.rewind(hosts, proof));
        Instance.done(here.control.startStandby(hosts, Role.STANDBY_LEADER, Instance.LONG));
        PostgresView back = here.await("streaming", StandbyClusterTest::streams);
        assertThat(back.laterHistory()).isFalse();
        assertThat(here.sql("SELECT to_regclass('lost') IS NULL")).isEqualTo("t");
    }

    private static StopResult.Stopped stopped(Instance of) {
        return (StopResult.Stopped)
                of.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "the test stops it"));
    }

    @Test
    @DisplayName(
            "HA-126 PG-089 the WAL file of the shutdown checkpoint is archived, in the data directory, as a server does")
    void archivesTheEnd() throws Exception {
        Path archive = Files.createDirectories(folder.resolve("archive"));
        Instance primary = cluster.member("srv1");
        primary.parameters.put("archive_mode", "on");
        primary.parameters.put("archive_command", "test -f PG_VERSION && cp %p ../../archive/%f");
        primary.ready();
        primary.sql("CREATE TABLE t AS SELECT 7 AS seven");

        StopResult.Stopped end = stopped(primary);
        ShutdownPosition position = end.shutdown().orElseThrow();
        List<String> before = names(archive);
        assertThat(primary.control.archiveEnd(position, end.proof())).isEqualTo(new ArchiveResult.Archived());

        List<String> archived =
                names(archive).stream().filter(name -> !before.contains(name)).toList();
        assertThat(archived).hasSize(1);
        String dump = Subprocess.run(
                        List.of(
                                primary.server.settings().binaries().path("pg_waldump"),
                                archive.resolve(archived.getFirst()).toString()),
                        Subprocess.environment(Map.of()))
                .output();
        assertThat(dump).contains("CHECKPOINT_SHUTDOWN");
        assertThat(primary.data.resolve("pg_wal").resolve(archived.getFirst())).exists();

        // Again, as after an agent that was killed meanwhile; then with a command that fails, and with none.
        assertThat(primary.control.archiveEnd(position, end.proof())).isEqualTo(new ArchiveResult.Archived());
        primary.parameters.put("archive_command", "echo full >&2; false");
        Instance.done(primary.configurator.adopt(primary.context(), false));
        assertThat(primary.control.archiveEnd(position, end.proof()))
                .isInstanceOfSatisfying(
                        ArchiveResult.Failed.class,
                        failed -> assertThat(failed.why()).contains(archived.getFirst(), "code 1", "full"));
        primary.parameters.put("archive_mode", "off");
        Instance.done(primary.configurator.adopt(primary.context(), false));
        assertThat(primary.control.archiveEnd(position, end.proof())).isEqualTo(new ArchiveResult.NotConfigured());
    }

    private static List<String> names(Path archive) throws Exception {
        try (var files = Files.list(archive)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    @DisplayName("HA-038 methods of the standby cluster come first, and without anybody only those that need nobody")
    void methods() throws Exception {
        Instance there = cluster.member("srv1").ready();
        Instance here = cluster.member("srv2");
        Path calls = folder.resolve("calls");
        Path script = folder.resolve("method");
        Files.writeString(script, "#!/bin/sh\necho \"$@\" >> " + calls + "\nexit 1\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        here.section.put("create_replica_methods", List.of("restore", "basebackup"));
        here.section.put("restore", Map.of("command", script + " restore", "no_leader", true));
        here.section.put("fetch", Map.of("command", script + " fetch"));
        here.open();
        var named = new StandbyCluster(
                section(Optional.empty(), there.port).servers(),
                Optional.empty(),
                List.of("fetch"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());

        assertThat(here.control.copyFrom(new Upstream.Nobody(), "the test")).isInstanceOf(ControlResult.Failed.class);
        assertThat(here.control.copyFrom(new Upstream.Remote(named), "the test"))
                .isInstanceOf(ControlResult.Failed.class);
        assertThat(here.control.copyFrom(new Upstream.Remote(named.withoutServers()), "the test"))
                .isInstanceOf(ControlResult.Failed.class);

        List<String> lines = Files.readAllLines(calls);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).startsWith("restore ").endsWith("--connstring= --no_leader=true");
        assertThat(lines.get(1))
                .startsWith("fetch ")
                .contains("--connstring=dbname=postgres user=replicator host=127.0.0.1");
        assertThat(lines.get(2)).startsWith("fetch ").endsWith("--connstring=");
        Instance.done(here.control.copyFrom(remote(there.port), "the test"));
        assertThat(here.observe().systemIdentifier()).isEqualTo(there.observe().systemIdentifier());
    }
}

package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.ports.plugin.Secret;
import io.matriarch.ports.testing.MapSection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The texts that PostgreSQL, Linux and people exchange with the adapter. */
final class TextsTest {

    private static final Credentials REPLICATOR = new Credentials(
            Optional.of("replicator"), Optional.of(new Secret("a:b\\c d")), Map.of("sslmode", "require"));

    @Test
    @DisplayName("PG-052 PG-053 a line a host in the password file, with colon and backslash escaped")
    void passFile() {
        Endpoint endpoint = Endpoint.parse("postgres://one:5432,two:5433/postgres");

        assertThat(ConnectionString.passLines(REPLICATOR, endpoint))
                .containsExactly("one:5432:*:replicator:a\\:b\\\\c d", "two:5433:*:replicator:a\\:b\\\\c d");
        assertThat(ConnectionString.passLines(REPLICATOR, Endpoint.of("/tmp", 5432)))
                .containsExactly("/tmp:5432:*:replicator:a\\:b\\\\c d", "localhost:5432:*:replicator:a\\:b\\\\c d");
    }

    @Test
    @DisplayName("PG-053 connection strings survive quotes, blanks and backslashes, in a fixed order")
    void connectionStrings() {
        Map<String, String> keywords =
                ConnectionString.keywords(REPLICATOR, Endpoint.parse("postgres://u:p@h:1/d?sslmode=x"), "my 'db\\", 15);
        String text = ConnectionString.format(keywords);

        assertThat(text).isEqualTo("dbname=my\\ \\'db\\\\ user=replicator host=h port=1 sslmode=require");
        assertThat(ConnectionString.parse(text)).containsExactlyInAnyOrderEntriesOf(keywords);
        assertThat(ConnectionString.parse("a = 'b c' d=e\\'f g='' "))
                .containsExactly(Map.entry("a", "b c"), Map.entry("d", "e'f"), Map.entry("g", ""));
    }

    @Test
    @DisplayName("PG-047 PG-048 a connection string is compared by what is wanted, libpq's defaults included")
    void comparison() {
        Map<String, String> wanted = Map.of("host", "h", "sslmode", "prefer", "dbname", "postgres");

        assertThat(ConnectionString.isAsWanted(wanted, Map.of("host", "h", "user", "x"), 15))
                .isTrue();
        assertThat(ConnectionString.isAsWanted(wanted, Map.of("host", "h", "user", "x"), 17))
                .isFalse();
        assertThat(ConnectionString.isAsWanted(wanted, Map.of("host", "h", "sslmode", "require"), 15))
                .isFalse();
        assertThat(ConnectionString.isAsWanted(wanted, Map.of("host", "other"), 15))
                .isFalse();
    }

    @Test
    @DisplayName("PG-055 options of an address another member published are left out; IPv6 works")
    void endpoints() {
        assertThat(Endpoint.parse("postgres://u:p@[::1]:5433/db?options=-c%20x&connect_timeout=1"))
                .isEqualTo(new Endpoint(List.of(new Endpoint.Host("::1", 5433)), Optional.of("db")));
        assertThat(Endpoint.parse("postgres://a,b:1").hosts())
                .containsExactly(new Endpoint.Host("a", 5432), new Endpoint.Host("b", 1));
        assertThatThrownBy(() -> Endpoint.parse("http://a")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Endpoint.parse("postgres://a:x/")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Endpoint.parse("postgres:///x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("PG-082 control data loses its Current and may lack lines")
    void controlFile() {
        ControlFile file = ControlFile.parse("""
                pg_control version number:            1300
                Database system identifier:           7117556723320621508
                Database cluster state:               in archive recovery
                Latest checkpoint location:           1/2000028
                Latest checkpoint's TimeLineID:       3
                Minimum recovery ending location:     1/3000000
                Min recovery ending loc's timeline:   4
                Current wal_log_hints setting:        on
                Current max_connections setting:      120
                Data page checksum version:           0
                """);

        assertThat(file.data())
                .contains(new ControlData(
                        ControlData.State.IN_ARCHIVE_RECOVERY,
                        new SystemIdentifier("7117556723320621508"),
                        Lsn.parse("1/2000028"),
                        new Timeline(3),
                        Lsn.parse("1/3000000"),
                        new Timeline(4),
                        true,
                        false));
        assertThat(file.setting("max_connections")).contains(120);
        assertThat(ControlFile.parse("nonsense").data()).isEmpty();
    }

    @Test
    @DisplayName("postmaster.pid is read as far as it is written")
    void pidFile() {
        assertThat(PidFile.parse(
                        List.of("12", "/d", "1700000000", "5432", "/tmp", "*", "  5432001    98304", "ready   ")))
                .hasValueSatisfying(file -> {
                    assertThat(file.pid()).isEqualTo(12);
                    assertThat(file.shmId()).isEqualTo(OptionalLong.of(98304));
                    assertThat(file.isReady()).isTrue();
                });
        assertThat(PidFile.parse(List.of("-12", "/d", "1700000000"))).hasValueSatisfying(file -> {
            assertThat(file.pid()).isEqualTo(-12);
            assertThat(file.isReady()).isFalse();
            assertThat(file.shmId()).isEmpty();
        });
        assertThat(PidFile.parse(List.of())).isEmpty();
        assertThat(PidFile.parse(List.of("x"))).isEmpty();
    }

    @Test
    @DisplayName("a process's name may contain parentheses and blanks")
    void processStat() {
        String rest = " S 7 1 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1 1";

        assertThat(ProcessStat.parse("42 (a) b (c)" + rest)).contains(new ProcessStat(42, "a) b (c", 'S', 7, 9, 4711));
        assertThat(ProcessStat.parse("42 gone")).isEmpty();
    }

    @Test
    @DisplayName("a timeline's history is read whole or not at all")
    void history() {
        assertThat(TimelineHistory.parse(
                        "# comment\n1\t0/3000148\tno recovery target specified\n\n2\t0/5000060\tx y\n"))
                .containsExactly(
                        new HistoryLine(Timeline.FIRST, Lsn.parse("0/3000148"), "no recovery target specified"),
                        new HistoryLine(new Timeline(2), Lsn.parse("0/5000060"), "x y"));
        assertThatThrownBy(() -> TimelineHistory.parse("1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("commands are split as a shell would, without expanding anything")
    void shellWords() {
        assertThat(ShellWords.split("a 'b c'  \"d \\\" $e\" f\\ g ''"))
                .containsExactly("a", "b c", "d \" $e", "f g", "");
        assertThat(ShellWords.split("  ")).isEmpty();
    }

    @Test
    @DisplayName("PG-034 quantities are compared in the parameter's unit and shown in the largest one")
    void quantities() {
        assertThat(Quantity.parse("1GB").flatMap(quantity -> quantity.in("8kB")))
                .contains(131072.0);
        assertThat(Quantity.parse("1.5 min").flatMap(quantity -> quantity.in("s")))
                .contains(90.0);
        assertThat(Quantity.parse("5").flatMap(quantity -> quantity.in("ms"))).contains(5.0);
        assertThat(Quantity.parse("5s").flatMap(quantity -> quantity.in("kB"))).isEmpty();
        assertThat(Quantity.parse("lots")).isEmpty();
        assertThat(Quantity.parse("5 parsecs")).isEmpty();
        assertThat(Quantity.format("16384", "8kB")).isEqualTo("128MB");
        assertThat(Quantity.format("90", "s")).isEqualTo("90s");
        assertThat(Quantity.format("-1", "8kB")).isEqualTo("-1");
        assertThat(new Reloader.Setting("131072", "8kB", "integer", "postmaster").isSame("1GB"))
                .isTrue();
        assertThat(new Reloader.Setting("on", "", "bool", "sighup").isSame("TRUE"))
                .isTrue();
        assertThat(new Reloader.Setting("replica", "", "enum", "postmaster").isSame("Replica"))
                .isTrue();
        assertThat(new Reloader.Setting("0.5", "", "real", "user").isSame("0.4"))
                .isFalse();
        assertThat(new Reloader.Setting("a", "", "string", "user").isSame("b")).isFalse();
    }

    @Test
    @DisplayName("PG-029 parameters the server does not know or cannot read are left out, numbers are bounded")
    void catalog() {
        GucCatalog catalog = GucCatalog.parse("""
                fsync\tsighup\tWAL\tBOOLEAN\tTRUE\t\t\tx\t
                work_mem\tuser\tMemory\tINTEGER\t0\t64\t2147483647\tx\t
                port\tpostmaster\tConn\tINTEGER\t5432\t1\t65535\tx\t
                """);

        assertThat(catalog.validate(new TreeMap<>(Map.of(
                        "fsync",
                        "maybe",
                        "work_mem",
                        "8MB",
                        "port",
                        "70000",
                        "other",
                        "1",
                        "ext.x",
                        "1",
                        "trace_sort",
                        "on"))))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("work_mem", "8MB", "port", "65535", "ext.x", "1", "trace_sort", "on"));
        assertThat(GucCatalog.parse("").validate(Map.of("anything", "goes"))).containsEntry("anything", "goes");
    }

    @Test
    @DisplayName("PG-013 PG-014 options of tools become arguments, forbidden ones are told")
    void toolOptions() {
        var section = new MapSection(
                "x",
                Map.of(
                        "list",
                        List.of(
                                "verbose",
                                Map.of("max-rate", "100M"),
                                Map.of("checkpoint", "'fast'"),
                                Map.of("pgdata", "/")),
                        "map",
                        Map.of("checkpoint", "fast")));

        assertThat(ToolOptions.read(section, "list", Set.of("pgdata")))
                .isEqualTo(new ToolOptions.Parsed(
                        List.of("--verbose", "--max-rate=100M", "--checkpoint=fast"), List.of("pgdata")));
        assertThat(ToolOptions.read(section, "map", Set.of()).arguments()).containsExactly("--checkpoint=fast");
        assertThat(ToolOptions.read(section, "none", Set.of()).arguments()).isEmpty();
    }

    @Test
    @DisplayName("PG-028 how much WAL is kept is written in the version's own parameter")
    void walKeep() {
        assertThat(parameters(Map.of("wal_keep_segments", 10), 15)).containsEntry("wal_keep_size", "160MB");
        assertThat(parameters(Map.of("wal_keep_size", "1GB"), 12)).containsEntry("wal_keep_segments", "64");
        assertThat(parameters(Map.of(), 12)).containsEntry("wal_keep_segments", "8");
        assertThat(parameters(Map.of("wal_keep_segments", 10, "wal_keep_size", "1GB"), 15))
                .containsEntry("wal_keep_size", "1GB")
                .doesNotContainKey("wal_keep_segments");
    }

    private static Map<String, String> parameters(Map<String, Object> parameters, int major) {
        return ServerParameters.of(settings(Map.of("parameters", parameters)), "demo", major, new GucCatalog(Map.of()))
                .file();
    }

    private static PgSettings settings(Map<String, Object> more) {
        var section = new TreeMap<String, Object>(Map.of(
                "listen", "127.0.0.1:5432",
                "data_dir", "/data",
                "authentication", Map.of("replication", Map.of("username", "r"))));
        section.putAll(more);
        return PgSettings.read(new MapSection("postgresql", section));
    }

    @Test
    @DisplayName("recovery settings among the parameters become the recovery section; listen may be IPv6")
    void settings() {
        PgSettings settings = settings(Map.of(
                "parameters", Map.of("restore_command", "cp %f %p", "work_mem", 4096),
                "recovery_conf", Map.of("archive_cleanup_command", "x"),
                "listen", "[::1],10.0.0.1:5433"));

        assertThat(settings.recovery()).containsExactly(Map.entry("restore_command", "cp %f %p"));
        assertThat(settings.parameters()).containsExactly(Map.entry("work_mem", "4096"));
        assertThat(settings.listenAddresses()).isEqualTo("::1,10.0.0.1");
        assertThat(settings.port()).isEqualTo(5433);
        assertThat(settings(Map.of("listen", "10.0.0.1")).port()).isEqualTo(5432);
        assertThat(settings(Map.of("listen", "::1")).listenAddresses()).isEqualTo("::1");
        assertThatThrownBy(() -> settings(Map.of("listen", "10.0.0.1:x"))).hasMessageContaining("postgresql.listen");
    }
}

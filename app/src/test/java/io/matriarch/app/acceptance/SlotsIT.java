package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Replication slots, callbacks and pre_promote from the first start to a switchover. */
@Acceptance
@DisplayName("permanent slots, callbacks and pre_promote")
class SlotsIT {

    private static final Pattern NAME = Pattern.compile("(?m)^name: (\\S+)$");
    private static final String CHANGES = "SELECT string_agg(substring(data FROM 'i\\[integer\\]:(\\d+)'), ',')"
            + " FROM pg_logical_slot_get_changes('orders', NULL, %s) WHERE data LIKE 'table public.orders: INSERT%%'";

    private Path folder;
    private Cluster cluster;
    private final Set<String> consumed = new TreeSet<>();
    private int last;

    @BeforeAll
    void start() throws IOException {
        assumeTrue(
                Files.exists(Project.postgres().resolveSibling("lib").resolve("test_decoding.so")),
                "test_decoding is not installed");
        folder = Files.createTempDirectory(Path.of("/tmp"), "mtrslots");
        // Every member's scripts write here, whoever they run as.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        cluster = Cluster.onLoopback(3)
                .with("use_pg_rewind", "true")
                .edit(this::configured)
                .build()
                .startHealthy();
    }

    /** What a scenario that failed left dead must not fail the next one. */
    @BeforeEach
    void recover() {
        cluster.members().stream().filter(member -> !member.isRunning()).forEach(Member::start);
        cluster.awaitHealthy();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
            Commands.run("rm", "-rf", folder.toString());
        }
    }

    private String configured(String text) {
        var name = NAME.matcher(text);
        assertThat(name.find()).isTrue();
        Path log = folder.resolve(name.group(1));
        String callback = "sh -c 'echo $1 $2 >> " + log + "' callback";
        // The first to be asked says no, once, while the folder "armed" is there.
        String prePromote = "sh -c 'rmdir " + folder.resolve("armed") + " 2>/dev/null || exit 0; echo " + name.group(1)
                + " > " + folder.resolve("refused") + "; exit 1'";
        String scripts = "  pre_promote: \"" + prePromote + "\"\n  callbacks:\n"
                + String.join(
                        "",
                        List.of("on_start", "on_stop", "on_restart", "on_reload", "on_role_change").stream()
                                .map(action -> "    " + action + ": \"" + callback + "\"\n")
                                .toList());
        return text.replace(
                        "    maximum_lag_on_failover: 1048576\n",
                        "    maximum_lag_on_failover: 1048576\n    slots:\n      orders:\n        type: logical\n"
                                + "        database: postgres\n        plugin: test_decoding\n"
                                + "      backup:\n        type: physical\n")
                .replace("        archive_mode: \"on\"\n", "        archive_mode: \"on\"\n        wal_level: logical\n")
                .replace("postgresql:\n  listen:", "postgresql:\n" + scripts + "  listen:");
    }

    private List<String> callbacks(Member member) {
        try {
            Path log = folder.resolve(member.name());
            return Files.exists(log) ? Files.readAllLines(log) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> slots(Member member) throws SQLException {
        return List.of(member.query("SELECT string_agg(slot_name, ',' ORDER BY slot_name) FROM pg_replication_slots")
                .split(","));
    }

    private List<String> expected(Member member) {
        var names = new ArrayList<String>(List.of("backup", "orders"));
        cluster.others(member).forEach(other -> names.add(other.name()));
        return names.stream().sorted().toList();
    }

    private void write(Member primary) throws SQLException {
        primary.query("INSERT INTO orders VALUES (" + (last + 1) + ")");
        last++;
    }

    private void consume(Member primary, String atMost) throws SQLException {
        for (String one : primary.query(CHANGES.formatted(atMost)).split(",")) {
            if (!one.isEmpty()) {
                consumed.add(one);
            }
        }
    }

    @Test
    @Order(1)
    @DisplayName("HA-141 HA-140 every member has every slot before anything happens, the logical one as a copy")
    void everywhere() throws Exception {
        Member primary = cluster.primary();
        primary.query("CREATE TABLE orders (i integer)");
        Await.until(
                "all slots on all members",
                cluster.patience().multipliedBy(2),
                () -> {
                    // A replica can only get a slot whose WAL it has: its consumer has to come along.
                    write(primary);
                    consume(primary, "NULL");
                    primary.query("CHECKPOINT");
                    for (Member member : cluster.members()) {
                        if (!slots(member).equals(expected(member))) {
                            return false;
                        }
                    }
                    return true;
                },
                () -> cluster.members().stream().map(Member::tails).toList().toString());
        for (Member replica : cluster.others(primary)) {
            assertThat(replica.query("SELECT plugin || database FROM pg_replication_slots WHERE slot_name = 'orders'"))
                    .isEqualTo("test_decodingpostgres");
            assertThat(replica.query("SHOW hot_standby_feedback")).isEqualTo("on");
            assertThat(callbacks(replica)).startsWith("on_start replica").contains("on_restart replica");
            // The standby's feedback reaches the primary each wal_receiver_status_interval only.
            Await.until(
                    "the copy is safe",
                    cluster.patience(),
                    () -> replica.logText().contains("Logical slot orders is safe to be used after a failover"));
        }
        assertThat(callbacks(primary)).first().isEqualTo("on_start primary");
        cluster.awaitHealthy();
    }

    @Test
    @Order(2)
    @DisplayName("PG-101 the primary is killed: the consumer goes on where it was, no change is lost")
    void failover() throws Exception {
        Member old = cluster.primary();
        for (int i = 0; i < 20; i++) {
            write(old);
        }
        consume(old, "10");
        String confirmed = old.query("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'orders'");
        Await.until("the replicas follow", cluster.patience(), () -> {
            for (Member replica : cluster.others(old)) {
                if (!replica.query("SELECT confirmed_flush_lsn >= '" + confirmed
                                + "' FROM pg_replication_slots WHERE slot_name = 'orders'")
                        .equals("t")) {
                    return false;
                }
            }
            return true;
        });
        for (int i = 0; i < 20; i++) {
            write(old);
        }
        String end = old.query("SELECT pg_current_wal_lsn()");
        Await.until("everything is on the replicas", cluster.patience(), () -> {
            for (Member replica : cluster.others(old)) {
                if (!replica.query("SELECT pg_last_wal_replay_lsn() >= '" + end + "'")
                        .equals("t")) {
                    return false;
                }
            }
            return true;
        });
        old.crash();
        Member now = cluster.awaitOtherPrimary(old);
        assertThat(slots(now)).as("no slot had to be made anew").containsAll(expected(now));
        assertThat(now.logText()).doesNotContain("might be unsafe to use");
        Await.until("it takes writes", cluster.patience(), () -> {
            write(now);
            return true;
        });
        consume(now, "NULL");
        assertThat(consumed).hasSize(last).contains(Integer.toString(last));
        assertThat(callbacks(now)).endsWith("on_role_change primary");
        old.start();
        cluster.awaitHealthy();
        // The copy of the logical slot may have restarted it by now.
        assertThat(callbacks(old))
                .filteredOn(line -> !line.equals("on_restart replica"))
                .endsWith("on_start replica");
    }

    @Test
    @Order(3)
    @DisplayName("HA-139 a switchover is a stop and a change of role for the one, a change of role for the other")
    void switchover() {
        Member old = cluster.primary();
        Member candidate = cluster.others(old).getFirst();
        int before = callbacks(old).size();
        int others = callbacks(candidate).size();
        cluster.ctl()
                .run("switchover", "--leader", old.name(), "--candidate", candidate.name(), "--force")
                .succeeded();
        cluster.awaitHealthy();
        assertThat(cluster.primary()).isEqualTo(candidate);
        Await.until("both callbacks", cluster.patience(), () -> callbacks(old).size() >= before + 2);
        assertThat(callbacks(old).subList(before, before + 2))
                .containsExactly("on_stop primary", "on_role_change replica");
        assertThat(callbacks(candidate).subList(others, callbacks(candidate).size()))
                .containsOnlyOnce("on_role_change primary")
                .doesNotContain("on_start primary", "on_restart primary");
    }

    @Test
    @Order(4)
    @DisplayName("HA-077 X-27 pre_promote fails on the one that would lead: it gives the lock back and another leads")
    void prePromote() throws Exception {
        Member old = cluster.primary();
        Path armed = folder.resolve("armed");
        Files.createDirectory(armed);
        User.own(armed);
        old.crash();
        // Who holds the lock answers as primary before its server is one.
        Member now = Await.value(
                "a member that takes writes",
                cluster.patience(),
                () -> {
                    for (Member member : cluster.others(old)) {
                        if (member.query("SELECT pg_is_in_recovery()").equals("f")) {
                            return Optional.of(member);
                        }
                    }
                    return Optional.empty();
                },
                () -> "");
        String refused = Files.readString(folder.resolve("refused")).strip();
        assertThat(now.name()).isNotEqualTo(refused);
        assertThat(cluster.member(refused).logText())
                .contains("Releasing the leader key voluntarily because the pre-promote script failed")
                .contains("Promotion cancelled because the pre-promote script failed");
        old.start();
        cluster.awaitHealthy();
    }
}

package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Three members bootstrap from the walk-through's YAML. */
@Acceptance
@DisplayName("bootstrap: three members, one command each")
class BootstrapIT {

    private Cluster cluster;

    @BeforeAll
    void start() {
        long began = System.nanoTime();
        cluster = Cluster.onLoopback(3).build().startHealthy();
        Figures.note("three healthy members", List.of(Duration.ofNanos(System.nanoTime() - began)));
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    @DisplayName("topology shows a leader and two streaming replicas on timeline 1 in the known columns")
    void topology() throws Exception {
        String out = cluster.ctl().run("topology").succeeded().out();
        String identifier = cluster.primary().query("SELECT system_identifier::text FROM pg_control_system()");
        assertThat(out.lines().toList().getFirst())
                .startsWith("+ Cluster: demo-cluster-1 (" + identifier + ") -")
                .endsWith("+");
        assertThat(columns(out))
                .isEqualTo(List.of("Member", "Host", "Role", "State", "TL", "Receive LSN", "Lag", "Replay LSN", "Lag"));
        List<Ctl.Row> rows = Ctl.rows(out);
        assertThat(rows).hasSize(3);
        Ctl.Row leader = rows.getFirst();
        Member primary = cluster.primary();
        assertThat(leader.member()).isEqualTo(primary.name());
        assertThat(leader.host()).isEqualTo("127.0.0.1:" + primary.port());
        assertThat(List.of(leader.role(), leader.state(), leader.timeline()))
                .isEqualTo(List.of("Leader", "running", "1"));
        assertThat(leader.cells()).isEqualTo(List.of("", "", "", ""));
        for (Ctl.Row replica : rows.subList(1, 3)) {
            assertThat(List.of(replica.role(), replica.state(), replica.timeline()))
                    .isEqualTo(List.of("Replica", "streaming", "1"));
            assertThat(replica.cells().get(0)).matches("[0-9A-F]+/[0-9A-F]+");
            assertThat(replica.cells().get(1)).isEqualTo("0");
            assertThat(out).contains("| + " + replica.member());
        }
        assertThat(rows.stream().map(Ctl.Row::member).toList()).containsExactlyInAnyOrder("srv1", "srv2", "srv3");
    }

    private static List<String> columns(String table) {
        String titles = table.lines()
                .filter(line -> line.startsWith("| Member"))
                .findFirst()
                .orElseThrow();
        return Pattern.compile("\\|")
                .splitAsStream(titles.substring(1))
                .map(String::strip)
                .toList();
    }

    @Test
    @Order(2)
    @DisplayName("raft status shows three voters, asked at any member")
    void raftStatus() {
        for (Member member : cluster.members()) {
            String out = cluster.ctl(member).run("raft", "status").succeeded().out();
            for (Member other : cluster.members()) {
                assertThat(out).contains("127.0.0.1:" + other.ports().raft());
            }
        }
    }

    @Test
    @Order(3)
    @DisplayName("syncobj_admin -conn ADDRESS -status prints one key a line in order")
    void syncobjAdmin() {
        Member member = cluster.members().get(1);
        var answer = cluster.ctl(member)
                .syncobjAdmin(
                        "-conn", "127.0.0.1:" + member.ports().raft(), "-pass", "a-secret-of-the-cluster", "-status")
                .succeeded();
        List<String> keys =
                answer.out().lines().map(line -> line.split(": ")[0]).toList();
        assertThat(keys).isSorted().contains("commit_idx", "leader", "raft_term", "self", "version");
        Map<String, String> values = answer.out()
                .lines()
                .map(line -> line.split(": ", 2))
                .collect(java.util.stream.Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        assertThat(values)
                .containsEntry("has_quorum", "True")
                .containsEntry("partner_nodes_count", "2")
                .containsEntry("self", "127.0.0.1:" + member.ports().raft());
        for (Member other : cluster.others(member)) {
            assertThat(values)
                    .containsEntry(
                            "partner_node_status_server_127.0.0.1:"
                                    + other.ports().raft(),
                            "2");
        }
    }

    @Test
    @Order(4)
    @DisplayName("everything of the YAML is honoured: initdb options, users, pg_hba, parameters, slots, passwords")
    void honoursTheYaml() throws Exception {
        Member primary = cluster.primary();
        assertThat(primary.query("SHOW data_checksums")).isEqualTo("on");
        assertThat(primary.query("SHOW server_encoding")).isEqualTo("UTF8");
        assertThat(primary.query("SHOW archive_mode")).isEqualTo("on");
        assertThat(primary.query("SHOW archive_command")).isEqualTo("/bin/true");
        assertThat(primary.query("SHOW unix_socket_directories"))
                .isEqualTo(primary.home() + "," + primary.home().resolve("tmp"));
        assertThat(primary.query(
                        "SELECT rolcreaterole AND rolcreatedb AND NOT rolsuper FROM pg_roles WHERE rolname = 'admin'"))
                .isEqualTo("t");
        assertThat(primary.query("SELECT rolreplication FROM pg_roles WHERE rolname = 'replicator'"))
                .isEqualTo("t");
        assertThat(primary.query("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'scram-sha-256'"
                        + " AND address = '0.0.0.0'"))
                .isEqualTo("2");
        assertThat(primary.query(
                        "SELECT string_agg(slot_name, ' ' ORDER BY slot_name) FROM pg_replication_slots WHERE active"))
                .isEqualTo(String.join(
                        " ",
                        cluster.others(primary).stream()
                                .map(Member::name)
                                .sorted()
                                .toList()));
        try (var connection = primary.connect("admin", "admin%")) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(primary.watchdog().text()).startsWith("Ctimeout=");
    }

    @Test
    @Order(5)
    @DisplayName("the agents log one sentence a turn")
    void logs() {
        Member primary = cluster.primary();
        Await.until(
                "a turn of the leader",
                cluster.patience(),
                () -> primary.logText().contains("no action. I am (" + primary.name() + "), the leader with the lock"));
        for (Member replica : cluster.others(primary)) {
            Await.until(
                    "a turn of a replica",
                    cluster.patience(),
                    () -> replica.logText()
                            .contains("no action. I am (" + replica.name() + "), a secondary, and following a leader ("
                                    + primary.name() + ")"));
            assertThat(Pattern.compile(
                                    "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} INFO: no action",
                                    Pattern.MULTILINE)
                            .matcher(replica.logText())
                            .find())
                    .isTrue();
        }
    }
}

package io.matriarch.app.ctl;

import static io.matriarch.app.ctl.CtlFixture.pair;
import static io.matriarch.app.ctl.CtlFixture.running;
import static io.matriarch.app.ctl.CtlFixture.streaming;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.ports.dcs.StoreKey;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ListVerbTest {

    private static Result ok(String out) {
        return new Result(0, out, "");
    }

    @Test
    @DisplayName("CTL-012 CTL-014 CTL-015 CTL-016 CTL-025 CTL-028 list: the table of a pair")
    void pretty() {
        var fixture = pair().put(
                        StoreKey.FAILOVER,
                        "{\"leader\":\"pg0\",\"member\":\"pg1\",\"scheduled_at\":\"2030-01-01T00:00:00+00:00\"}");
        assertThat(fixture.run("list")).isEqualTo(ok("""
                + Cluster: batman (7711102280255504572) ---------+----+-------------+-----+------------+-----+
                | Member | Host            | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag |
                +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+
                | pg0    | 127.0.0.1:15430 | Leader  | running   |  1 |             |     |            |     |
                | pg1    | 127.0.0.1:15431 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 |
                +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+
                 Switchover scheduled at: 2030-01-01T00:00:00+00:00
                                    from: pg0
                                      to: pg1
                """));
    }

    @Test
    @DisplayName("CTL-013 CTL-036 an unknown cluster is an empty table, exit status 0")
    void empty() {
        assertThat(new CtlFixture().run("list", "nosuch")).isEqualTo(ok("""
                + Cluster: nosuch (uninitialized) --+-------------+-----+------------+-----+
                | Member | Host | Role | State | TL | Receive LSN | Lag | Replay LSN | Lag |
                +--------+------+------+-------+----+-------------+-----+------------+-----+
                +--------+------+------+-------+----+-------------+-----+------------+-----+
                """));
        assertThat(new CtlFixture().put(StoreKey.INITIALIZE, "").run("list").out())
                .startsWith("+ Cluster: batman (initializing) ---+");
        assertThat(pair().run("list", "batman", "nosuch").out())
                .contains("Cluster: batman (7711102280255504572)")
                .contains("Cluster: nosuch (uninitialized)");
    }

    @Test
    @DisplayName("CTL-017 CTL-021 tags: a column of block YAML, rules between all rows")
    void tags() {
        var fixture =
                pair().member("pg2", streaming(2, 83886176, ",\"tags\":{\"nofailover\":true,\"key1\":\"value1\"}"));
        assertThat(fixture.run("list")).isEqualTo(ok("""
                + Cluster: batman (7711102280255504572) ---------+----+-------------+-----+------------+-----+------------------+
                | Member | Host            | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag | Tags             |
                +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+------------------+
                | pg0    | 127.0.0.1:15430 | Leader  | running   |  1 |             |     |            |     |                  |
                +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+------------------+
                | pg1    | 127.0.0.1:15431 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 |                  |
                +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+------------------+
                | pg2    | 127.0.0.1:15432 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 | key1: value1     |
                |        |                 |         |           |    |             |     |            |     | nofailover: true |
                +--------+-----------------+---------+-----------+----+-------------+-----+------------+-----+------------------+
                """));
    }

    @Test
    @DisplayName("CTL-029 json: one line, empty values left out, [] for nobody")
    void json() {
        assertThat(pair().run("list", "-f", "json"))
                .isEqualTo(ok("[{\"Cluster\": \"batman\", \"Member\": \"pg0\", \"Host\": \"127.0.0.1:15430\","
                        + " \"Role\": \"Leader\", \"State\": \"running\", \"TL\": 1}, {\"Cluster\": \"batman\","
                        + " \"Member\": \"pg1\", \"Host\": \"127.0.0.1:15431\", \"Role\": \"Replica\", \"State\":"
                        + " \"streaming\", \"TL\": 1, \"Receive LSN\": \"0/5000060\", \"Receive Lag\": 0, \"Replay LSN\":"
                        + " \"0/5000060\", \"Replay Lag\": 0}]\n"));
        assertThat(new CtlFixture().run("list", "-f", "json")).isEqualTo(ok("[]\n"));
    }

    @Test
    @DisplayName("CTL-022 CTL-030 yaml: keys sorted, one empty line at the end")
    void yaml() {
        var fixture = pair().member("pg1", streaming(1, 83886176, ",\"tags\":{\"site\":\"a\"}"));
        assertThat(fixture.run("list", "-f", "yml")).isEqualTo(ok("""
                - Cluster: batman
                  Host: 127.0.0.1:15430
                  Member: pg0
                  Role: Leader
                  State: running
                  TL: 1
                - Cluster: batman
                  Host: 127.0.0.1:15431
                  Member: pg1
                  Receive LSN: 0/5000060
                  Receive Lag: 0
                  Replay LSN: 0/5000060
                  Replay Lag: 0
                  Role: Replica
                  State: streaming
                  TL: 1
                  Tags:
                    site: a

                """));
        assertThat(new CtlFixture().run("list", "-f", "yaml")).isEqualTo(ok("[]\n\n"));
    }

    @Test
    @DisplayName("CTL-022 CTL-031 tsv: header, the cluster's name in every row, tags in flow style")
    void tsv() {
        var fixture = pair().member("pg1", streaming(1, 83886176, ",\"tags\":{\"site\":\"a,b\",\"clonefrom\":true}"));
        assertThat(fixture.run("list", "-f", "tsv"))
                .isEqualTo(ok(
                        "Cluster\tMember\tHost\tRole\tState\tTL\tReceive LSN\tReceive Lag\tReplay LSN\tReplay Lag\tTags\n"
                                + "batman\tpg0\t127.0.0.1:15430\tLeader\trunning\t1\t\t\t\t\t{}\n"
                                + "batman\tpg1\t127.0.0.1:15431\tReplica\tstreaming\t1\t0/5000060\t0\t0/5000060\t0\t"
                                + "{clonefrom: true, site: 'a,b'}\n"));
    }

    @Test
    @DisplayName("CTL-016 the port is shown only when it tells something")
    void hosts() {
        var fixture = new CtlFixture()
                .member("a", "{\"conn_url\":\"postgres://10.0.0.1:5432/postgres\"}")
                .member("b", "{\"conn_url\":\"postgres://10.0.0.2:5432/postgres\"}")
                .member("c", "{}");
        assertThat(fixture.run("list", "-f", "tsv").out())
                .contains("\ta\t10.0.0.1\t")
                .contains("\tb\t10.0.0.2\t")
                .contains("\tc\t\t");
        fixture.member("c", "{\"conn_url\":\"postgres://10.0.0.2:5432/postgres\"}");
        assertThat(fixture.run("list", "-f", "tsv").out())
                .contains("\ta\t10.0.0.1:5432\t")
                .contains("\tb\t10.0.0.2:5432\t");
    }

    @Test
    @DisplayName("CTL-018 CTL-019 CTL-020 CTL-038 pending and scheduled restarts appear when there are some or with -e")
    void extras() {
        String longValue = "x".repeat(60);
        String more =
                ",\"pending_restart\":true,\"pending_restart_reason\":{\"max_connections\":{\"old_value\":\"100\","
                        + "\"new_value\":\"110\"},\"archive_command\":{\"old_value\":\"\",\"new_value\":\"" + longValue
                        + "\"}},"
                        + "\"scheduled_restart\":{\"schedule\":\"2030-01-01T00:00:00+00:00\",\"postgres_version\":\"15.3\"}";
        var fixture = pair().member("pg1", streaming(1, 83886176, more));
        assertThat(fixture.run("list").out())
                .contains(
                        "| Pending restart | Pending restart reason               | Scheduled restart                           |")
                .contains(
                        "| *               | max_connections: 100->110            | 2030-01-01T00:00:00+00:00 if version < 15.3 |")
                .contains(
                        "|                 | archive_command: [hidden - too long] |                                             |")
                .doesNotContain("Tags");
        assertThat(fixture.run("list", "-f", "json").out())
                .contains("\"Pending restart\": \"*\", \"Pending restart reason\": \"max_connections: 100->110\\n"
                        + "archive_command: ->" + longValue + "\"");
        assertThat(pair().run("list", "-e").out())
                .contains("| Pending restart | Pending restart reason | Scheduled restart | Tags |");
        assertThat(pair().run("list", "-e", "-f", "json")).isEqualTo(pair().run("list", "-f", "json"));
    }

    @Test
    @DisplayName("CTL-023 CTL-024 lag is MiB, rounded half to even; a stopped replica is unknown")
    void lag() {
        var fixture = new CtlFixture()
                .put(StoreKey.STATUS, "{\"optime\":83886080}")
                .member("a", streaming(1, 83886080 - 3 * 524288, ""))
                .member("b", streaming(2, 83886080 - 524288, ""))
                .member("c", running(3, "\"role\":\"replica\"").replace("running", "stopped"));
        assertThat(fixture.run("list", "-f", "json").out())
                .contains("\"Receive LSN\": \"0/4E80000\", \"Receive Lag\": 2,")
                .contains("\"Receive LSN\": \"0/4F80000\", \"Receive Lag\": 0,")
                .contains("\"State\": \"stopped\", \"Receive LSN\": \"unknown\", \"Replay LSN\": \"unknown\"}");
    }

    @Test
    @DisplayName("members before 4.1: one position, received while it streams, else replayed")
    void oldPositions() {
        var fixture = new CtlFixture()
                .put(StoreKey.STATUS, "83886080")
                .member(
                        "a",
                        running(
                                1,
                                "\"role\":\"replica\",\"replication_state\":\"streaming\",\"xlog_location\":83886080"))
                .member("b", running(2, "\"role\":\"replica\",\"xlog_location\":83886080"));
        assertThat(fixture.run("list", "-f", "json").out())
                .contains("\"Receive LSN\": \"0/5000000\", \"Receive Lag\": 0, \"Replay LSN\": \"unknown\"}")
                .contains("\"Receive LSN\": \"unknown\", \"Replay LSN\": \"0/5000000\", \"Replay Lag\": 0}");
    }

    @Test
    @DisplayName("CTL-026 roles: Sync Standby, Quorum Standby, Standby Leader")
    void roles() {
        var fixture = pair().put(StoreKey.CONFIG, "{\"synchronous_mode\":true}")
                .put(StoreKey.SYNC, "{\"leader\":\"pg0\",\"quorum\":0,\"sync_standby\":\"pg1\"}");
        assertThat(fixture.run("list").out()).contains("| Sync Standby |");
        fixture.put(StoreKey.CONFIG, "{\"synchronous_mode\":\"quorum\"}");
        assertThat(fixture.run("list").out()).contains("| Quorum Standby |");
        fixture.member("pg0", running(0, "\"role\":\"standby_leader\""));
        assertThat(fixture.run("list").out()).contains("| Standby Leader | running ");
        fixture.member("pg0", running(0, "\"role\":\"standby_leader\",\"replication_state\":\"streaming\""));
        assertThat(fixture.run("list").out()).contains("| Standby Leader | streaming ");
    }

    @Test
    @DisplayName("CTL-027 CTL-032 topology: a tree; the maintenance footer is in pictures only")
    void topology() {
        var fixture = pair().put(StoreKey.CONFIG, "{\"pause\":true}")
                .member("pg2", streaming(2, 83886176, ",\"tags\":{\"replicatefrom\":\"pg1\"}"))
                .member("pg3", streaming(3, 83886176, ",\"tags\":{\"replicatefrom\":\"pg4\"}"))
                .member("pg4", streaming(4, 83886176, ",\"tags\":{\"replicatefrom\":\"pg3\"}"));
        assertThat(fixture.run("topology")).isEqualTo(ok("""
                + Cluster: batman (7711102280255504572) ----------+----+-------------+-----+------------+-----+----------------------+
                | Member  | Host            | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag | Tags                 |
                +---------+-----------------+---------+-----------+----+-------------+-----+------------+-----+----------------------+
                | pg0     | 127.0.0.1:15430 | Leader  | running   |  1 |             |     |            |     |                      |
                | + pg1   | 127.0.0.1:15431 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 |                      |
                |   + pg2 | 127.0.0.1:15432 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 | {replicatefrom: pg1} |
                | + pg3   | 127.0.0.1:15433 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 | {replicatefrom: pg4} |
                |   + pg4 | 127.0.0.1:15434 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 | {replicatefrom: pg3} |
                +---------+-----------------+---------+-----------+----+-------------+-----+------------+-----+----------------------+
                 Maintenance mode: on
                """));
        assertThat(fixture.run("list", "-f", "tsv").out()).doesNotContain("Maintenance");
    }

    @Test
    @DisplayName("CTL-033 topology has no formats")
    void topologyFormat() {
        assertThat(pair().run("topology", "-f", "json")).isEqualTo(new Result(2, "", """
                        Usage: patronictl topology [OPTIONS] [CLUSTER_NAMES]...
                        Try 'patronictl topology --help' for help.

                        Error: No such option: -f
                        """));
    }

    @Test
    @DisplayName("CTL-034 CTL-035 -w 0 shows it once, -t says when")
    void timestamp() {
        assertThat(pair().run("list", "-t", "-w", "0").out()).startsWith("2026-11-22 21:00:52\n+ Cluster: batman");
    }

    @Test
    @DisplayName("CTL-037 no name and no scope: a warning, exit status 0")
    void noName() {
        var fixture = new CtlFixture();
        fixture.environment.put("PATRONI_CONFIGURATION", "{raft: {self_addr: '127.0.0.1:5010'}}");
        assertThat(fixture.run("list"))
                .isEqualTo(new Result(
                        0,
                        "",
                        "2026-11-22 21:00:52,594 - WARNING - Listing members: No cluster names were provided\n"));
    }
}

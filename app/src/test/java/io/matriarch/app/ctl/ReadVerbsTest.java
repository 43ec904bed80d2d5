package io.matriarch.app.ctl;

import static io.matriarch.app.ctl.CtlFixture.pair;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.ports.dcs.StoreKey;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReadVerbsTest {

    private static Result ok(String out) {
        return new Result(0, out, "");
    }

    @Test
    @DisplayName("CTL-039 CTL-040 CTL-041 dsn")
    void dsn() {
        assertThat(pair().run("dsn")).isEqualTo(ok("host=127.0.0.1 port=15430\n"));
        assertThat(pair().run("dsn", "batman", "-r", "replica")).isEqualTo(ok("host=127.0.0.1 port=15431\n"));
        assertThat(pair().run("dsn", "-m", "pg1")).isEqualTo(ok("host=127.0.0.1 port=15431\n"));
        assertThat(pair().run("dsn", "-m", "pg9"))
                .isEqualTo(new Result(1, "", "Error: Can not find a suitable member\n"));
        assertThat(pair().run("dsn", "-m", "pg1", "-r", "any").err())
                .isEqualTo("Error: --role and --member are mutually exclusive options\n");
    }

    @Test
    @DisplayName("CTL-049 history in all formats")
    void history() {
        var fixture = new CtlFixture()
                .put(
                        StoreKey.HISTORY,
                        "[[1,84300776,\"no recovery target specified\",\"2026-11-22T21:00:52.394806+00:00\",\"pg1\"]]");
        assertThat(fixture.run("history")).isEqualTo(ok("""
                +----+----------+------------------------------+----------------------------------+------------+
                | TL |      LSN | Reason                       | Timestamp                        | New Leader |
                +----+----------+------------------------------+----------------------------------+------------+
                |  1 | 84300776 | no recovery target specified | 2026-11-22T21:00:52.394806+00:00 | pg1        |
                +----+----------+------------------------------+----------------------------------+------------+
                """));
        assertThat(fixture.run("history", "-f", "tsv").out())
                .isEqualTo("TL\tLSN\tReason\tTimestamp\tNew Leader\n"
                        + "1\t84300776\tno recovery target specified\t2026-11-22T21:00:52.394806+00:00\tpg1\n");
        assertThat(fixture.put(StoreKey.HISTORY, "[[1,5,\"r\"]]")
                        .run("history", "-f", "json")
                        .out())
                .isEqualTo("[{\"TL\": 1, \"LSN\": 5, \"Reason\": \"r\", \"Timestamp\": \"\", \"New Leader\": \"\"}]\n");
        assertThat(fixture.run("history", "-f", "yaml").out())
                .isEqualTo("- LSN: 5\n  New Leader: ''\n  Reason: r\n  TL: 1\n  Timestamp: ''\n\n");
        assertThat(new CtlFixture().run("history", "-f", "json")).isEqualTo(ok("[]\n"));
        assertThat(new CtlFixture().run("history").out()).hasLineCount(4);
    }

    @Test
    @DisplayName("CTL-050 CTL-051 show-config: sorted YAML, nothing where there is none")
    void showConfig() {
        var fixture = new CtlFixture()
                .put(
                        StoreKey.CONFIG,
                        "{\"ttl\":30,\"postgresql\":{\"pg_hba\":[\"host all all all md5\"],\"parameters\":{\"fsync\":\"on\",\"x\":\"1\"}}}");
        assertThat(fixture.run("show-config")).isEqualTo(ok("""
                postgresql:
                  parameters:
                    fsync: 'on'
                    x: '1'
                  pg_hba:
                  - host all all all md5
                ttl: 30

                """));
        assertThat(fixture.run("show-config", "nosuch")).isEqualTo(ok(""));
    }

    @Test
    @DisplayName("a verb without a cluster's name and without a scope")
    void noName() {
        var fixture = new CtlFixture();
        fixture.environment.put("PATRONI_CONFIGURATION", "{raft: {self_addr: '127.0.0.1:1'}}");
        assertThat(fixture.run("show-config")).isEqualTo(new Result(2, "", """
                        Usage: patronictl show-config [OPTIONS] [CLUSTER_NAME]
                        Try 'patronictl show-config --help' for help.

                        Error: Missing argument 'CLUSTER_NAME'.
                        """));
    }

    @Test
    @DisplayName("CTL-042 query wants exactly one of --command and --file")
    void queryArguments() {
        assertThat(pair().run("query"))
                .isEqualTo(new Result(1, "", "Error: You need to specify either --command or --file\n"));
        assertThat(pair().run("query", "-c", "SELECT 1", "-f", "x").err())
                .isEqualTo("Error: --file and --command are mutually exclusive options\n");
    }

    @Test
    @DisplayName("CTL-045 query: nobody of that role, nobody who answers")
    void queryNobody() {
        String time = "2026-11-22 21:00:52\t";
        assertThat(pair().run("query", "-c", "SELECT 1", "-r", "standby-leader"))
                .isEqualTo(ok(time + "No connection to role 'standby-leader' is available\n"));
        assertThat(pair().run("query", "-c", "SELECT 1", "-m", "pg7").out())
                .isEqualTo(time + "No connection to member pg7 is available\n");
        assertThat(new CtlFixture()
                        .run("query", "-c", "SELECT 1", "--delimiter", ";")
                        .out())
                .isEqualTo("2026-11-22 21:00:52;No connection is available\n");
        assertThat(new CtlFixture()
                        .run("query", "-c", "SELECT 1", "--format", "json")
                        .out())
                .isEqualTo("[{}]\n");
    }
}

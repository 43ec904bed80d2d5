package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Two sites: one cluster follows the other, loses its leader, and in the end they change places. */
@Acceptance
@DisplayName("standby cluster: two sites that change places")
class StandbyClusterIT {

    private Stores store;
    private Cluster there;
    private Cluster here;

    @BeforeAll
    void start() {
        store = Stores.etcd("bookworm");
        there = Cluster.onLoopback(1)
                .store(store.section())
                .with("use_pg_rewind", "true")
                .edit(text -> text.replace("scope: " + Cluster.SCOPE, "scope: there")
                        .replace(
                                "archive_command: \"/bin/true\"",
                                "archive_command: \"mkdir -p ../archive && cp %p ../archive/%f\""))
                .build()
                .startHealthy();
        int nobody = Member.freePort();
        int port = there.members().getFirst().port();
        here = Cluster.onLoopback(2)
                .store(store.section())
                .with("use_pg_rewind", "true")
                .edit(text -> text.replace("scope: " + Cluster.SCOPE, "scope: here")
                        .replace(
                                "    maximum_lag_on_failover:",
                                "    standby_cluster: {host: '127.0.0.1,127.0.0.1', port: '" + nobody + "," + port
                                        + "'}\n    maximum_lag_on_failover:"))
                .build()
                .start();
    }

    @AfterAll
    void stop() {
        for (AutoCloseable one : new AutoCloseable[] {here, there, store}) {
            try {
                if (one != null) {
                    one.close();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    private static boolean isStandbyLeader(Member member) {
        return member.rest("GET", "/standby-leader").status() == 200;
    }

    private static String view(Cluster cluster) {
        return cluster.members().stream()
                .map(member -> member + ": " + member.rest("GET", "/patroni"))
                .collect(Collectors.joining("\n"));
    }

    private static Member awaitStandbyLeader(Cluster cluster) {
        return Await.value(
                "a standby leader",
                cluster.patience().plus(Await.LONG),
                () -> cluster.members().stream()
                        .filter(StandbyClusterIT::isStandbyLeader)
                        .findFirst(),
                () -> view(cluster));
    }

    /** The port of whom a member streams from; nothing while it does not stream. */
    private static String sender(Member member) throws Exception {
        return member.query("SELECT sender_port FROM pg_stat_wal_receiver WHERE status = 'streaming'");
    }

    private void awaitStreams(Member member, Member from) {
        Await.until(
                member + " streams from " + from,
                Await.LONG,
                () -> sender(member).equals(Integer.toString(from.port())),
                () -> view(here) + "\n" + view(there));
    }

    private static void awaitRow(Member member, int number) {
        Await.until(
                "row " + number + " on " + member,
                Await.LONG,
                () -> member.query("SELECT count(*) FROM t WHERE n = " + number).equals("1"));
    }

    @Test
    @Order(1)
    @DisplayName(
            "HA-124 API-024 the standby leader streams from the other site, its secondary from it, and rows arrive")
    void follows() throws Exception {
        Member primary = there.primary();
        Member leader = awaitStandbyLeader(here);
        Member secondary = here.others(leader).getFirst();
        awaitStreams(leader, primary);
        awaitStreams(secondary, leader);
        primary.query("CREATE TABLE t (n int)");
        primary.query("INSERT INTO t VALUES (1)");
        awaitRow(leader, 1);
        awaitRow(secondary, 1);

        for (String path : List.of("/leader", "/standby_leader", "/read-only", "/health")) {
            assertThat(leader.rest("GET", path).status()).as(path).isEqualTo(200);
        }
        for (String path : List.of("/primary", "/replica")) {
            assertThat(leader.rest("GET", path).status()).as(path).isEqualTo(503);
        }
        assertThat(leader.rest("GET", "/patroni").body()).contains("\"role\": \"standby_leader\"");
        Await.until(
                "the table shows both",
                Await.LONG,
                () -> here.ctl().list().stream()
                        .map(row -> row.role() + " " + row.state())
                        .toList()
                        .containsAll(List.of("Standby Leader streaming", "Replica streaming")),
                () -> here.ctl().run("list").out());
        assertThat(leader.logText()).contains("no action. I am (" + leader + "), the standby leader with the lock");
        assertThat(secondary.logText())
                .contains("no action. I am (" + secondary + "), a secondary, and following a standby leader (" + leader
                        + ")");
    }

    @Test
    @Order(2)
    @DisplayName(
            "L-16 X-30 the standby leader is killed: the other one leads, follows the other site, and is not promoted")
    void losesItsLeader() throws Exception {
        Member primary = there.primary();
        Member old = awaitStandbyLeader(here);
        Member next = here.others(old).getFirst();
        old.crash();

        Await.until(next + " leads", here.patience(), () -> isStandbyLeader(next), () -> view(here));
        awaitStreams(next, primary);
        primary.query("INSERT INTO t VALUES (2)");
        awaitRow(next, 2);
        assertThat(next.query("SELECT pg_is_in_recovery()")).isEqualTo("t");
        assertThat(next.logText()).contains("promoted self to a standby leader by acquiring session lock");

        old.start();
        awaitStreams(old, next);
        awaitRow(old, 2);
    }

    @Test
    @Order(3)
    @DisplayName("§14 a switchover of the standby cluster stops no server")
    void switchesOver() {
        Member old = awaitStandbyLeader(here);
        Member next = here.others(old).getFirst();
        long postmaster = old.postmasterPid().orElseThrow();
        here.ctl()
                .run("switchover", "--leader", old.name(), "--candidate", next.name(), "--force")
                .succeeded();
        Await.until(next + " leads", here.patience(), () -> isStandbyLeader(next), () -> view(here));
        awaitStreams(next, there.primary());
        awaitStreams(old, next);
        assertThat(old.postmasterPid()).hasValue(postmaster);
    }

    @Test
    @Order(4)
    @DisplayName("HA-125 HA-126 W-18 the other site is demoted: its end is archived, published and here")
    void demotes() throws Exception {
        Member primary = there.primary();
        Member leader = awaitStandbyLeader(here);
        primary.query("INSERT INTO t VALUES (3)");
        int mark = primary.logMark();

        String out = there.ctl()
                .run("demote-cluster", "--host", "127.0.0.1", "--port", Integer.toString(leader.port()), "--force")
                .succeeded()
                .out();

        assertThat(out).contains("cluster is successfully demoted").contains("Standby Leader");
        assertThat(isStandbyLeader(primary)).isTrue();
        assertThat(primary.rest("GET", "/primary").status()).isEqualTo(503);
        assertThat(primary.query("SELECT pg_is_in_recovery()")).isEqualTo("t");
        String since = primary.logSince(mark);
        assertThat(since)
                .contains("cannot be a real primary in standby cluster", "starting as a standby leader because");
        String end = since.replaceAll("(?s).*shutdown checkpoint, which ends at ([0-9A-F/]+).*", "$1");
        Await.until(
                "everything up to " + end + " is here",
                Await.LONG,
                () -> leader.query("SELECT pg_last_wal_replay_lsn() >= '" + end + "'")
                        .equals("t"));
        awaitRow(leader, 3);
        assertThat(archivedEnd(primary)).contains("CHECKPOINT_SHUTDOWN");
    }

    /** What the last file in the archive holds. */
    private static String archivedEnd(Member member) throws IOException {
        try (var files = Files.list(member.home().resolve("archive"))) {
            Path last = files.filter(file -> file.getFileName().toString().matches("[0-9A-F]{24}"))
                    .sorted()
                    .reduce((_, second) -> second)
                    .orElseThrow();
            return Commands.run(Project.postgres().resolve("pg_waldump").toString(), last.toString())
                    .out();
        }
    }

    @Test
    @Order(5)
    @DisplayName("HA-125 X-30 this site is promoted, and the other one follows without a rewind")
    void promotes() throws Exception {
        Member leader = awaitStandbyLeader(here);
        Member secondary = here.others(leader).getFirst();
        Member other = there.members().getFirst();

        String out = here.ctl().run("promote-cluster", "--force").succeeded().out();

        assertThat(out).contains("cluster is successfully promoted");
        here.awaitHealthy();
        assertThat(here.primary()).isEqualTo(leader);
        leader.query("INSERT INTO t VALUES (4)");
        awaitRow(secondary, 4);
        awaitRow(other, 4);
        assertThat(other.query("SELECT count(*) FROM t")).isEqualTo("4");
        awaitStreams(other, leader);
        assertThat(isStandbyLeader(other)).isTrue();
        assertThat(other.logText()).doesNotContain("running pg_rewind from");
        assertThat(leader.logText()).contains("promoted self to leader because I had the session lock");
    }
}

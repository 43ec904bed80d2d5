package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input: a clear message that names the key or address, a sensible exit status, and nothing destroyed. */
@Acceptance
@DisplayName("bad input")
class BadInputIT {

    private static final Duration START = Duration.ofSeconds(60);

    /**
     * An agent that must not start.
     *
     * @param edit of its YAML
     * @param prepare what is on the machine before
     * @param message a regular expression that a line of its log has to contain
     */
    record Row(String name, UnaryOperator<String> edit, Consumer<Member> prepare, String message) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Row> refusals() {
        return Stream.concat(wrongFiles(), wrongMachine());
    }

    private static Stream<Row> wrongFiles() {
        return Stream.of(
                new Row("no scope", without("scope: .*"), nothing(), "scope +is not defined"),
                new Row("no name", without("name: srv1"), nothing(), "name +is not defined"),
                new Row(
                        "no data_dir",
                        without(" +data_dir: .*/data"),
                        nothing(),
                        "postgresql.data_dir +is not defined"),
                new Row(
                        "no section of a store",
                        text -> text.replace("\nraft:", "\nraff:"),
                        nothing(),
                        "Can not find suitable configuration of distributed configuration store"),
                new Row(
                        "no postgresql section",
                        text -> text.replace("\npostgresql:", "\npostgres:"),
                        nothing(),
                        "postgresql\\.(listen|data_dir|authentication).* is not defined"),
                new Row(
                        "an address that is none",
                        text -> text.replaceFirst("  listen: \"127.*\"", "  listen: nonsense"),
                        nothing(),
                        "restapi.listen .*nonsense.* didn't pass validation"),
                new Row(
                        "a partner that is no address",
                        text -> text.replaceFirst("partner_addrs: .*", "partner_addrs: ['nowhere']"),
                        nothing(),
                        "raft.partner_addrs.* .*nowhere"),
                new Row(
                        "a word where a number belongs",
                        text -> text.replace("safety_margin: 5", "safety_margin: many"),
                        nothing(),
                        "watchdog.safety_margin .*many"),
                new Row(
                        "a list where a map belongs",
                        text -> text.replaceFirst(
                                "(?s)  authentication:\n    replication:.*?\n  parameters:",
                                "  authentication: [1]\n  parameters:"),
                        nothing(),
                        "postgresql.authentication"),
                new Row("no YAML", _ -> "scope: [unclosed\nname: x", nothing(), "matriarch.yml"));
    }

    private static Stream<Row> wrongMachine() {
        return Stream.of(
                new Row(
                        "no such bin_dir",
                        text -> text.replaceFirst("bin_dir: .*", "bin_dir: /no/such/bin"),
                        nothing(),
                        "postgresql.bin_dir .*Directory '/no/such/bin' does not exist"),
                new Row(
                        "a bin_dir without the programs",
                        text -> text.replaceFirst("bin_dir: .*", "bin_dir: /tmp"),
                        nothing(),
                        "postgresql.bin_dir.*does not contain 'pg_ctl' in '/tmp'"),
                new Row(
                        "a data directory of somebody's files",
                        UnaryOperator.identity(),
                        member -> write(member.data().resolve("thesis.txt"), "important"),
                        "postgresql.data_dir .*doesn't look like a valid data directory"),
                new Row(
                        "a data directory of another version of PostgreSQL",
                        UnaryOperator.identity(),
                        member -> {
                            write(member.data().resolve("PG_VERSION"), "9.6\n");
                            write(member.data().resolve("pg_xlog/000000010000000000000001"), "wal");
                        },
                        "postgresql.data_dir .*version \\(9.6\\) doesn't match"),
                new Row(
                        "a data directory that is a file",
                        UnaryOperator.identity(),
                        member -> write(member.data(), "a file"),
                        "postgresql.data_dir .*is not a directory"),
                new Row("a data directory of somebody else's", UnaryOperator.identity(), BadInputIT::takeAway, "data"));
    }

    /** Root's agent refuses root's directory; a user's agent one that it can't write to. */
    private static void takeAway(Member member) {
        write(member.data().resolve("PG_VERSION"), "15\n");
        if (Hosts.isRoot()) {
            Commands.run("chown", "-R", "root:", member.data().toString()).succeeded();
        }
        Commands.run("chmod", "500", member.data().toString()).succeeded();
    }

    private static UnaryOperator<String> without(String line) {
        return text -> text.replaceFirst("(?m)^" + line + "$", "");
    }

    private static Consumer<Member> nothing() {
        return _ -> {};
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    @DisplayName("the agent does not start, says why and leaves everything as it was")
    void refuses(Row row) {
        try (var cluster = Cluster.onLoopback(1).edit(row.edit()).build()) {
            Member member = cluster.members().getFirst();
            row.prepare().accept(member);
            var before = files(member.data());
            member.start();
            assertThat(member.awaitExit(START)).as(member.logText()).isEqualTo(1);
            assertThat(member.logText().lines())
                    .as("the log")
                    .anySatisfy(line -> assertThat(line).containsPattern(row.message()));
            assertThat(member.logText()).doesNotContain("\tat io.").doesNotContain("my-super-password");
            assertThat(files(member.data())).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("a taken port of the REST API or of Raft is named, and the agent ends")
    void takenPorts() throws Exception {
        for (boolean rest : List.of(true, false)) {
            try (var cluster = Cluster.onLoopback(1).build()) {
                Member member = cluster.members().getFirst();
                int port = rest ? member.ports().rest() : member.ports().raft();
                try (var taken = new ServerSocket(port, 5, InetAddress.getLoopbackAddress())) {
                    member.start();
                    assertThat(member.awaitExit(START)).as(member.logText()).isEqualTo(1);
                    assertThat(member.logText())
                            .containsPattern((rest ? "restapi.listen" : "raft.self_addr") + " .*Port "
                                    + taken.getLocalPort() + " is already in use");
                }
            }
        }
    }

    @Test
    @DisplayName("a file that is not there and an unknown option: messages on one line, exit statuses 1 and 2")
    void arguments() {
        try (var cluster = Cluster.onLoopback(1).build()) {
            Member member = cluster.members().getFirst();
            Path image = Project.image(member.home());
            var missing = Commands.run(image.resolve("bin/matriarch").toString(), "/no/such/file.yml");
            assertThat(missing.status()).isEqualTo(1);
            assertThat(missing.out() + missing.err())
                    .contains("/no/such/file.yml")
                    .doesNotContain("\tat ");
            var unknown = Commands.run(image.resolve("bin/matriarch").toString(), "--nonsense");
            assertThat(unknown.status()).isEqualTo(2);
            assertThat(unknown.err()).contains("--nonsense");
        }
    }

    @Test
    @DisplayName("unknown keys are named, and unreachable partners are waited for, not forgotten")
    void waits() {
        try (var cluster = Cluster.onLoopback(3)
                .edit(text -> text.replace("\nwatchdog:", "\nwatchdogg:\n  x: 1\n\nwatchdog:\n  modee: off"))
                .build()) {
            Member member = cluster.members().getFirst();
            member.start();
            Await.until(
                    "unknown keys are named",
                    START,
                    () -> member.logText().contains("watchdogg")
                            && member.logText().contains("watchdog.modee"));
            Await.until(
                    "the partners that do not answer are named",
                    START,
                    () -> cluster.others(member).stream()
                            .allMatch(other -> member.logText()
                                    .contains("127.0.0.1:" + other.ports().raft())),
                    member::logText);
            assertThat(member.isRunning()).isTrue();
            assertThat(member.data()).doesNotExist();
            cluster.others(member).forEach(Member::start);
            cluster.awaitHealthy();
        }
    }

    @Test
    @DisplayName("API-003 junk on the Raft port and on REST, a foreign data directory and wrong passwords harm nobody")
    void harmsNobody() throws Exception {
        try (var cluster = Cluster.onLoopback(3).build().startHealthy()) {
            Member primary = cluster.primary();
            cluster.members().forEach(BadInputIT::throwJunk);
            assertThat(primary.rest("GET", "/no/such/page").status()).isEqualTo(503);
            assertThat(primary.rest("POST", "/restart").status()).isEqualTo(401);
            foreignCluster(cluster, cluster.others(primary).get(0));
            wrongPassword(cluster, cluster.others(primary).get(1));
            assertThat(cluster.primary()).isEqualTo(primary);
            assertThat(primary.query("SELECT timeline_id FROM pg_control_checkpoint()"))
                    .isEqualTo("1");
        }
    }

    private static void throwJunk(Member member) {
        var random = new Random(7);
        for (int port : List.of(member.ports().raft(), member.ports().rest())) {
            for (int i = 0; i < 20; i++) {
                byte[] junk = new byte[random.nextInt(1, 5000)];
                random.nextBytes(junk);
                if (i % 3 == 0) {
                    junk = ("GET /" + "x".repeat(i * 1000) + " HTTP/9.9\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
                }
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setSoTimeout(100);
                    socket.getOutputStream().write(junk);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    // The other end may close at any byte.
                    continue;
                }
            }
        }
    }

    /** A member whose data directory belongs to another cluster ends, and the directory stays. */
    private static void foreignCluster(Cluster cluster, Member member) throws Exception {
        assertThat(member.stop()).isZero();
        Path kept = member.home().resolve("kept");
        Files.move(member.data(), kept);
        Commands.run(User.command(
                                Project.postgres().resolve("initdb").toString(),
                                "-D",
                                member.data().toString(),
                                "--auth=trust",
                                "-N")
                        .toArray(String[]::new))
                .succeeded();
        var before = files(member.data());
        int mark = member.logMark();
        member.start();
        assertThat(member.awaitExit(START)).isEqualTo(1);
        assertThat(member.logSince(mark)).containsPattern("system ID mismatch");
        assertThat(files(member.data())).isEqualTo(before);
        Commands.run("rm", "-rf", member.data().toString()).succeeded();
        Files.move(kept, member.data());
        member.start();
        cluster.awaitHealthy();
    }

    /** A replica that can't log in says as whom, keeps trying, and its new directory does no harm. */
    private static void wrongPassword(Cluster cluster, Member member) throws Exception {
        assertThat(member.stop()).isZero();
        String config = Files.readString(member.config());
        Files.writeString(member.config(), config.replace("password: confidential", "password: mistyped"));
        Commands.run("rm", "-rf", member.data().toString()).succeeded();
        int mark = member.logMark();
        member.start();
        Await.until(
                "it says whose password is wrong",
                START,
                () -> member.logSince(mark).contains("password authentication failed for user \"replicator\""),
                () -> member.logSince(mark));
        assertThat(member.logSince(mark)).doesNotContain("mistyped");
        assertThat(member.isRunning()).isTrue();
        member.stop();
        Files.writeString(member.config(), config);
        member.start();
        cluster.awaitHealthy();
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            Path home = file.getParent();
            User.own(home.getFileName().toString().equals("data") ? home : file);
            if (file.getParent().getParent().getFileName().toString().equals("data")) {
                User.own(file.getParent().getParent());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every file with its length and time. */
    private static TreeMap<String, String> files(Path folder) {
        var all = new TreeMap<String, String>();
        if (!Files.exists(folder)) {
            return all;
        }
        try (Stream<Path> entries = Files.walk(folder)) {
            for (Path entry : entries.filter(Files::isRegularFile).toList()) {
                all.put(entry.toString(), Files.size(entry) + " " + Files.getLastModifiedTime(entry));
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
     * @param message a regular expression that its log has to contain
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
                        member -> MemberFiles.write(member.data().resolve("thesis.txt"), "important"),
                        "postgresql.data_dir .*doesn't look like a valid data directory"),
                new Row(
                        "a data directory of another version of PostgreSQL",
                        UnaryOperator.identity(),
                        member -> {
                            MemberFiles.write(member.data().resolve("PG_VERSION"), "9.6\n");
                            MemberFiles.write(member.data().resolve("pg_xlog/000000010000000000000001"), "wal");
                        },
                        "postgresql.data_dir .*version \\(9.6\\) doesn't match"),
                new Row(
                        "a data directory that is a file",
                        UnaryOperator.identity(),
                        member -> MemberFiles.write(member.data(), "a file"),
                        "postgresql.data_dir .*is not a directory"),
                new Row(
                        "a bin_dir without the server",
                        text -> text.replaceFirst(
                                "data_dir: (.*)/data\n  bin_dir: .*", "data_dir: $1/data\n  bin_dir: $1/bin"),
                        BadInputIT::toolsWithoutServer,
                        "postgresql.bin_dir.postgres .*does not contain 'postgres' in '.*/bin'"),
                new Row(
                        "several problems of all kinds, all at once",
                        text -> text.replaceFirst("bin_dir: .*", "bin_dir: /no/such/bin")
                                .replace("driver: testing", "driver: none")
                                .replace("\ntags:", "\ntgas:\n  a: b\ntags:")
                                .replaceFirst("scope: .*", ""),
                        nothing(),
                        "(?s)unknown configuration key tgas .*scope +is not defined.*postgresql.bin_dir"
                                + ".*watchdog.driver none must be default or testing"));
    }

    private static void toolsWithoutServer(Member member) {
        try (Stream<Path> tools = Files.list(Project.postgres())) {
            Path bin = Files.createDirectory(member.home().resolve("bin"));
            for (Path tool : tools.toList()) {
                if (!tool.getFileName().toString().equals("postgres")) {
                    Files.createSymbolicLink(bin.resolve(tool.getFileName()), tool);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
            var before = MemberFiles.under(member.data());
            member.start();
            assertThat(member.awaitExit(START)).as(member.logText()).isEqualTo(1);
            assertThat(member.logText()).as("the log").containsPattern(row.message());
            assertThat(member.logText()).doesNotContain("\tat io.").doesNotContain("my-super-password");
            assertThat(MemberFiles.under(member.data())).isEqualTo(before);
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
    @DisplayName("a taken port of PostgreSQL's is named before anything is made")
    void takenServerPort() throws Exception {
        try (var cluster = Cluster.onLoopback(1).build()) {
            Member member = cluster.members().getFirst();
            try (var taken = new ServerSocket(member.port(), 5, InetAddress.getLoopbackAddress())) {
                member.start();
                assertThat(member.awaitExit(START)).as(member.logText()).isEqualTo(1);
                assertThat(member.logText())
                        .containsPattern("postgresql.listen .*Port " + taken.getLocalPort() + " is already in use");
                assertThat(member.data()).doesNotExist();
            }
        }
    }

    /** What an agent that is not root says of directories that it may not use, and their unchanged state. */
    private static void refusesDirectory(Member member, Path place, String message) throws IOException {
        Path config = member.home().resolve("other.yml");
        Files.writeString(
                config, Files.readString(member.config()).replaceFirst("data_dir: .*/data", "data_dir: " + place));
        User.own(config);
        var before = MemberFiles.under(member.home());
        var result = Commands.run(User.command(
                        Project.image(member.home().getParent())
                                .resolve("bin/matriarch")
                                .toString(),
                        config.toString())
                .toArray(String[]::new));
        assertThat(result.status()).as(result.toString()).isEqualTo(1);
        assertThat(result.out() + result.err()).containsPattern(message);
        assertThat(MemberFiles.under(member.home())).isEqualTo(before);
    }

    @Test
    @DisplayName("a directory that the agent may not use is named with whom it belongs to")
    void directoriesOfOthers() throws Exception {
        try (var cluster = Cluster.onLoopback(1).build()) {
            Member member = cluster.members().getFirst();
            Path locked = Files.createDirectory(member.home().resolve("locked"));
            Path data = Files.createDirectory(locked.resolve("data"));
            Files.writeString(data.resolve("PG_VERSION"), "15\n");
            User.own(locked);
            Files.createDirectory(data.resolve("pg_wal"));
            Commands.run("chmod", "-R", "a-w", locked.toString()).succeeded();
            refusesDirectory(member, data, "postgresql.data_dir .*/locked/data is not usable: .*is not writable for");
            refusesDirectory(
                    member,
                    locked.resolve("new"),
                    "postgresql.data_dir .*/locked/new is not usable: .*/locked is not writable for " + User.name());
            if (Hosts.isRoot()) {
                Commands.run("chown", "-R", "root:", locked.toString()).succeeded();
                refusesDirectory(
                        member,
                        data,
                        "postgresql.data_dir .*/locked/data is not usable: it is owned by root, expected "
                                + User.name());
                // Root's agent would become the owner of the data directory, and PostgreSQL does not run as root.
                Commands.run("chown", "root:", member.home().toString()).succeeded();
                int mark = member.logMark();
                member.start();
                assertThat(member.awaitExit(START)).isEqualTo(1);
                assertThat(member.logSince(mark))
                        .contains("PostgreSQL refuses to run as root, and " + member.home() + " belongs to root")
                        .contains("hint: give the data directory to the user");
            }
        }
    }

    @Test
    @DisplayName("raft.data_dir that cannot be made is named")
    void raftDirectory() throws Exception {
        try (var cluster = Cluster.onLoopback(1).build()) {
            Member member = cluster.members().getFirst();
            Path locked = Files.createDirectory(member.home().resolve("locked"));
            User.own(locked);
            Commands.run("chmod", "a-w", locked.toString()).succeeded();
            Files.writeString(
                    member.config(),
                    Files.readString(member.config())
                            .replaceFirst("data_dir: .*/raft", "data_dir: " + locked.resolve("raft")));
            var result = Commands.run(User.command(
                            Project.image(member.home().getParent())
                                    .resolve("bin/matriarch")
                                    .toString(),
                            member.config().toString())
                    .toArray(String[]::new));
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.out() + result.err())
                    .containsPattern("raft.data_dir .*/locked/raft cannot be created: no right to write to .*/locked");
            assertThat(member.data()).doesNotExist();
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
}

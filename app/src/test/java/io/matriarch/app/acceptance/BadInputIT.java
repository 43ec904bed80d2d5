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
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
            var before = files(member.data());
            member.start();
            assertThat(member.awaitExit(START)).as(member.logText()).isEqualTo(1);
            assertThat(member.logText()).as("the log").containsPattern(row.message());
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
        var before = files(member.home());
        var result = Commands.run(User.command(
                        Project.image(member.home().getParent())
                                .resolve("bin/matriarch")
                                .toString(),
                        config.toString())
                .toArray(String[]::new));
        assertThat(result.status()).as(result.toString()).isEqualTo(1);
        assertThat(result.out() + result.err()).containsPattern(message);
        assertThat(files(member.home())).isEqualTo(before);
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

    @Test
    @Timeout(900)
    @DisplayName(
            "API-003 CFG-110 HA-040 HA-041 junk on the Raft port and on REST, a foreign data directory and wrong passwords harm nobody")
    void harmsNobody() throws Exception {
        try (var cluster = Cluster.onLoopback(3).build().startHealthy()) {
            Member primary = cluster.primary();
            cluster.members().forEach(BadInputIT::throwJunk);
            for (Member member : cluster.members()) {
                assertThat(member.logText())
                        .as(member.name())
                        .containsPattern("raft connection 127.0.0.1:\\d+ refused: ");
            }
            namesake(cluster, cluster.others(primary).getFirst());
            interruptedCopy(cluster, cluster.others(primary).get(1));
            wrongSuperuser(cluster, cluster.others(primary).getFirst());
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

    /** A second agent with a member's name ends, and the member's key stays as it is. */
    private static void namesake(Cluster cluster, Member member) throws IOException {
        Path home = Files.createDirectory(member.home().resolve("copy"));
        Path config = home.resolve("copy.yml");
        // No voter of its own: a client of the store, which reads what the members have published.
        String text = Files.readString(member.config())
                .replaceFirst("self_addr: .*", "")
                .replaceFirst(
                        "partner_addrs: .*",
                        "partner_addrs: ['127.0.0.1:" + member.ports().raft() + "']")
                .replace(member.home() + "/data", home + "/data");
        for (int port : List.of(member.ports().rest(), member.port())) {
            text = text.replace(":" + port + "\"", ":" + Member.freePort() + "\"");
        }
        Files.writeString(config, text);
        User.own(home);
        String before = cluster.primary().rest("GET", "/cluster").body();
        var copy = Commands.run(User.command(
                        Project.image(member.home().getParent())
                                .resolve("bin/matriarch")
                                .toString(),
                        config.toString())
                .toArray(String[]::new));
        assertThat(copy.status()).as(copy.toString()).isEqualTo(1);
        assertThat(copy.out() + copy.err())
                .contains("Can't start; there is already a node named '" + member.name() + "' running");
        assertThat(apiUrls(cluster.primary().rest("GET", "/cluster").body())).isEqualTo(apiUrls(before));
        assertThat(home.resolve("data")).doesNotExist();
        assertThat(member.isRunning()).isTrue();
    }

    private static List<String> apiUrls(String document) {
        return Pattern.compile("\"api_url\": *\"[^\"]*\"")
                .matcher(document)
                .results()
                .map(MatchResult::group)
                .toList();
    }

    /** What a killed agent leaves of a base backup is never taken for a server, nor removed without being asked. */
    private static void interruptedCopy(Cluster cluster, Member member) throws IOException {
        assertThat(member.stop()).isZero();
        Commands.run("rm", "-rf", member.data().toString()).succeeded();
        write(member.data().resolve("backup_label"), "START WAL LOCATION: 0/2000028\n");
        Commands.run("chmod", "700", member.data().toString()).succeeded();
        var before = files(member.data());
        int mark = member.logMark();
        member.start();
        Await.until(
                "it says what to do",
                START,
                () -> member.logSince(mark).contains("system ID is invalid; consider doing reinitialize"),
                () -> member.logSince(mark));
        assertThat(files(member.data())).isEqualTo(before);
        cluster.ctl(member)
                .run("reinit", "demo-cluster-1", member.name(), "--force")
                .succeeded();
        cluster.awaitHealthy();
        assertThat(member.logSince(mark)).contains("Removing data directory: " + member.data());
    }

    /** An agent that may not log in to its own server says as whom, and leaves the server running. */
    private static void wrongSuperuser(Cluster cluster, Member member) throws Exception {
        assertThat(member.stop()).isZero();
        String config = Files.readString(member.config());
        Files.writeString(member.config(), config.replace("password: my-super-password", "password: mistyped"));
        int mark = member.logMark();
        member.start();
        Await.until(
                "it says whose password is wrong",
                START,
                () -> member.logSince(mark)
                        .contains("postgresql.authentication.superuser cannot log in: FATAL: password authentication"
                                + " failed for user \"" + User.name() + "\""),
                () -> member.logSince(mark));
        assertThat(member.logSince(mark)).doesNotContain("mistyped");
        assertThat(member.isRunning()).isTrue();
        assertThat(member.query("SELECT pg_is_in_recovery()")).isEqualTo("t");
        assertThat(member.stop()).isZero();
        Files.writeString(member.config(), config);
        member.start();
        cluster.awaitHealthy();
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

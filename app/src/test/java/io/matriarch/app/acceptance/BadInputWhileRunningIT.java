package io.matriarch.app.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bad input to members that run: it is refused, said, and harms nobody. */
@Acceptance
@DisplayName("bad input while a cluster runs")
class BadInputWhileRunningIT {

    private static final Duration START = Duration.ofSeconds(60);

    @Test
    @Timeout(900)
    @DisplayName(
            "API-003 CFG-110 HA-040 HA-041 junk on the Raft port and on REST, a foreign data directory and wrong passwords harm nobody")
    void harmsNobody() throws Exception {
        try (var cluster = Cluster.onLoopback(3).build().startHealthy()) {
            Member primary = cluster.primary();
            cluster.members().forEach(BadInputWhileRunningIT::throwJunk);
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
        MemberFiles.write(member.data().resolve("backup_label"), "START WAL LOCATION: 0/2000028\n");
        Commands.run("chmod", "700", member.data().toString()).succeeded();
        var before = MemberFiles.under(member.data());
        int mark = member.logMark();
        member.start();
        Await.until(
                "it says what to do",
                START,
                () -> member.logSince(mark).contains("system ID is invalid; consider doing reinitialize"),
                () -> member.logSince(mark));
        assertThat(MemberFiles.under(member.data())).isEqualTo(before);
        cluster.ctl(member)
                .run("reinit", "demo-cluster-1", member.name(), "--force")
                .succeeded();
        cluster.awaitHealthy();
        assertThat(member.logSince(mark)).contains("Removing data directory: " + member.data());
    }

    /** An agent that may not log in to its own server says as whom, and leaves the server running. */
    private static void wrongSuperuser(Cluster cluster, Member member) throws Exception {
        mistyped(
                cluster,
                member,
                "my-super-password",
                "postgresql.authentication.superuser cannot log in: FATAL: password authentication"
                        + " failed for user \"" + User.name() + "\"",
                () -> {},
                () -> assertThat(member.query("SELECT pg_is_in_recovery()")).isEqualTo("t"));
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
        var before = MemberFiles.under(member.data());
        int mark = member.logMark();
        member.start();
        assertThat(member.awaitExit(START)).isEqualTo(1);
        assertThat(member.logSince(mark)).containsPattern("system ID mismatch");
        assertThat(MemberFiles.under(member.data())).isEqualTo(before);
        Commands.run("rm", "-rf", member.data().toString()).succeeded();
        Files.move(kept, member.data());
        member.start();
        cluster.awaitHealthy();
    }

    /** A replica that can't log in says as whom, keeps trying, and its new directory does no harm. */
    private static void wrongPassword(Cluster cluster, Member member) throws Exception {
        mistyped(
                cluster,
                member,
                "confidential",
                "password authentication failed for user \"replicator\"",
                () -> Commands.run("rm", "-rf", member.data().toString()).succeeded(),
                () -> "nothing more");
    }

    private static void mistyped(
            Cluster cluster, Member member, String password, String message, Runnable prepare, Callable<?> check)
            throws Exception {
        assertThat(member.stop()).isZero();
        String config = Files.readString(member.config());
        Files.writeString(member.config(), config.replace("password: " + password, "password: mistyped"));
        prepare.run();
        int mark = member.logMark();
        member.start();
        Await.until(
                "it says whose password is wrong",
                START,
                () -> member.logSince(mark).contains(message),
                () -> member.logSince(mark));
        assertThat(member.logSince(mark)).doesNotContain("mistyped");
        assertThat(member.isRunning()).isTrue();
        check.call();
        assertThat(member.stop()).isZero();
        Files.writeString(member.config(), config);
        member.start();
        cluster.awaitHealthy();
    }
}

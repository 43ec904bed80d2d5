package io.matriarch.app.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.ConfigLoader;
import io.matriarch.app.config.Json;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asks servers that say exactly what a test wants. */
final class HttpPeerClientTest {

    private static final String REPLICA = "{\"state\": \"running\", \"role\": \"replica\","
            + " \"xlog\": {\"received_location\": 200, \"replayed_location\": 100}, \"timeline\": 3}";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final ProcessMark OWN = ProcessMark.unique();

    @TempDir
    Path directory;

    private final List<ServerSocket> servers = new ArrayList<>();
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private HttpPeerClient client;

    @BeforeEach
    void configure() throws Exception {
        String yaml =
                "scope: batman\nname: pg1\nraft:\n  self_addr: 127.0.0.1:2222\nrestapi:\n  listen: 127.0.0.1:8008\n"
                        + "  authentication: {username: admin, password: secret}\npostgresql:\n  listen: 127.0.0.1:5432\n"
                        + "  data_dir: " + directory.resolve("data") + "\n  authentication:\n"
                        + "    replication: {username: replicator, password: r}\n"
                        + "    superuser: {username: postgres, password: p}\n";
        LiveConfig live = LiveConfig.start(ConfigLoader.load(Optional.empty(), Map.of("PATRONI_CONFIGURATION", yaml)));
        AgentConfig agent = live.state().agent();
        client = new HttpPeerClient(() -> agent, OWN);
    }

    @AfterEach
    void close() throws IOException {
        for (ServerSocket server : servers) {
            server.close();
        }
    }

    /** A member whose server gives this answer to each request; one without an answer never says anything. */
    private Member member(String name, Optional<String> answer) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        servers.add(server);
        Thread.ofVirtual().start(() -> serve(server, answer));
        return ClusterCodec.member(
                new MemberName(name), "{\"api_url\":\"http://127.0.0.1:" + server.getLocalPort() + "/patroni\"}");
    }

    private void serve(ServerSocket server, Optional<String> answer) {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                byte[] buffer = new byte[8192];
                int length = socket.getInputStream().read(buffer);
                requests.add(new String(buffer, 0, Math.max(0, length), StandardCharsets.UTF_8));
                if (answer.isPresent()) {
                    socket.getOutputStream().write(answer.get().getBytes(StandardCharsets.UTF_8));
                    socket.close();
                }
            } catch (IOException e) {
                return;
            }
        }
    }

    private static Optional<String> http(String status, String body) {
        return Optional.of("HTTP/1.0 " + status + "\r\nServer: BaseHTTP/0.6\r\n\r\n" + body);
    }

    @Test
    @DisplayName("CFG-110 any answer but our own is another process's; silence and a closed port are nobody's")
    void namesakes() throws Exception {
        assertTrue(client.isAnotherProcess(member("pg1", http("200 OK", "")), PATIENCE));
        assertTrue(requests.take().startsWith("GET /liveness HTTP/1.1\r\n"));
        assertTrue(client.isAnotherProcess(member("pg1", http("503 Service Unavailable", "")), PATIENCE));
        String other =
                "HTTP/1.1 200 OK\r\nMatriarch-Process: " + ProcessMark.unique().value() + "\r\n\r\n";
        assertTrue(client.isAnotherProcess(member("pg1", Optional.of(other)), PATIENCE));
        String own = "HTTP/1.1 200 OK\r\nMatriarch-Process: " + OWN.value() + "\r\n\r\n";
        assertFalse(client.isAnotherProcess(member("pg1", Optional.of(own)), PATIENCE));
        assertFalse(client.isAnotherProcess(member("pg1", Optional.empty()), Duration.ofMillis(300)));
        Member gone = member("pg1", Optional.of(own));
        servers.getLast().close();
        assertFalse(client.isAnotherProcess(gone, PATIENCE));
        assertFalse(client.isAnotherProcess(Member.named(new MemberName("pg1")), PATIENCE));
    }

    private PeerAnswer poll(Optional<String> answer) throws IOException {
        return client.poll(List.of(member("pg2", answer)), Optional.empty(), PATIENCE)
                .getFirst();
    }

    private static final FailsafeClaim CLAIM = new FailsafeClaim(
            new MemberName("pg1"),
            "postgres://127.0.0.1:5432/postgres",
            "http://127.0.0.1:8008/patroni",
            new TreeMap<>(Map.of("pg1", new Lsn(83886176))),
            Optional.of(new LeaseId("7f3")),
            Optional.of(9L),
            Optional.of(Duration.ofMillis(4500)));

    private FailsafeAnswer agree(Optional<String> answer, Duration patience) throws IOException {
        return client.askFailsafe(List.of(member("pg2", answer)), CLAIM, patience)
                .getFirst();
    }

    private static Optional<String> accepted(String headers, String body) {
        return Optional.of("HTTP/1.0 200 OK\r\n" + headers + "\r\n" + body);
    }

    @Test
    @DisplayName("HA-120, API-107: the question has what the reference asks and lease, epoch and ttl besides")
    void failsafeQuestion() throws Exception {
        FailsafeAnswer answer = agree(accepted("lsn: 83886200\r\n", "Accepted"), PATIENCE);
        assertEquals(new FailsafeAnswer.Accepted(new MemberName("pg2"), Optional.of(new Lsn(83886200))), answer);
        String request = requests.take();
        assertTrue(request.startsWith("POST /failsafe HTTP/1.1\r\n"), request);
        assertTrue(request.contains("Authorization: Basic "), request);
        String body = request.substring(request.indexOf("\r\n\r\n") + 4);
        assertEquals(
                "{\"name\":\"pg1\",\"conn_url\":\"postgres://127.0.0.1:5432/postgres\","
                        + "\"api_url\":\"http://127.0.0.1:8008/patroni\",\"slots\":{\"pg1\":83886176},"
                        + "\"lease\":\"7f3\",\"epoch\":9,\"ttl_ms\":4500}",
                body);
        assertEquals(Optional.of(CLAIM), FailsafeCall.decode(Json.object(body).orElseThrow()));
    }

    @Test
    @DisplayName("HA-120: only 200 with Accepted is consent")
    void failsafeConsent() throws Exception {
        assertEquals(
                new FailsafeAnswer.Accepted(new MemberName("pg2"), Optional.empty()),
                agree(accepted("", "Accepted"), PATIENCE));
        for (Optional<String> answer : List.of(
                accepted("", "accepted"),
                accepted("", "Accepted\n"),
                accepted("", ""),
                http("500 No", "Accepted"),
                http("500 No", "Running as a leader"),
                http("502 No", "failsafe mode is off"),
                http("202 Yes", "Accepted"),
                Optional.of("junk"))) {
            assertInstanceOf(FailsafeAnswer.Refused.class, agree(answer, PATIENCE), answer.toString());
        }
        var refused =
                assertInstanceOf(FailsafeAnswer.Refused.class, agree(http("500 No", "Running as a leader"), PATIENCE));
        assertEquals("it answered with status 500 Running as a leader", refused.why());
    }

    @Test
    @DisplayName("HA-120: silence is tried once more, and costs two patiences at most; an answer is final")
    void failsafeSilence() throws Exception {
        assertInstanceOf(FailsafeAnswer.Refused.class, agree(Optional.empty(), Duration.ofMillis(200)));
        assertTrue(requests.poll(20, TimeUnit.SECONDS).startsWith("POST /failsafe"));
        assertTrue(requests.poll(20, TimeUnit.SECONDS).startsWith("POST /failsafe"));
        requests.clear();
        agree(http("500 No", "Running as a leader"), PATIENCE);
        assertEquals(1, requests.size());
        assertInstanceOf(
                FailsafeAnswer.Refused.class,
                client.askFailsafe(List.of(Member.named(new MemberName("pg2"))), CLAIM, PATIENCE)
                        .getFirst());
    }

    @Test
    @DisplayName("API-119: a replica's and a primary's account, of HTTP/1.0, with a length and in chunks")
    void accounts() throws Exception {
        var replica = assertInstanceOf(PeerAnswer.Reachable.class, poll(http("200 OK", REPLICA)));
        assertEquals(new Lsn(200), replica.position());
        assertEquals(new Timeline(3), replica.timeline());
        assertTrue(replica.inRecovery());
        assertTrue(requests.take().startsWith("GET /patroni HTTP/1.1\r\n"));
        String length = "HTTP/1.1 200 OK\r\ncontent-length: " + REPLICA.length() + "\r\n\r\n" + REPLICA + "junk";
        assertEquals(replica, poll(Optional.of(length)));
        String chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(REPLICA.length())
                + "\r\n" + REPLICA + "\r\n0\r\n\r\n";
        assertEquals(replica, poll(Optional.of(chunks)));
        String primary = "{\"role\": \"primary\", \"xlog\": {\"location\": 5}, \"watchdog_failed\": true,"
                + " \"tags\": {\"nofailover\": true}}";
        var leading = assertInstanceOf(PeerAnswer.Reachable.class, poll(http("200 OK", primary)));
        assertEquals(false, leading.inRecovery());
        assertTrue(leading.watchdogFailed() && leading.tags().nofailover());
    }

    @Test
    @DisplayName("SAF-060: who streams says so; who says nothing of it does not, if it is one of ours")
    void streaming() throws Exception {
        String open = REPLICA.substring(0, REPLICA.length() - 1);
        Map<String, Boolean> streams = Map.of(
                REPLICA,
                true,
                open + ", \"replication_state\": \"streaming\", \"matriarch\": {}}",
                true,
                open + ", \"replication_state\": \"in archive recovery\"}",
                false,
                open + ", \"matriarch\": {\"version\": \"1\"}}",
                false);
        for (var document : streams.entrySet()) {
            var answer = assertInstanceOf(PeerAnswer.Reachable.class, poll(http("200 OK", document.getKey())));
            assertEquals(document.getValue(), answer.streams(), document.getKey());
        }
    }

    @Test
    @DisplayName("API-119: without xlog, with an error or with junk a member counts as unreachable")
    void uselessAnswers() throws Exception {
        for (Optional<String> answer : List.of(
                http("200 OK", "{\"state\": \"running\", \"role\": \"replica\"}"),
                http("200 OK", "{\"xlog\": 7}"),
                http("200 OK", "not json"),
                http("503 No", REPLICA),
                Optional.of("SSH-2.0-OpenSSH_9\r\n"),
                Optional.of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
                Optional.of("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
                Optional.of(""))) {
            assertInstanceOf(PeerAnswer.Unreachable.class, poll(answer), answer.toString());
        }
    }

    @Test
    @DisplayName("the suspect is not waited for, everybody else is, and the order stays")
    void suspect() throws Exception {
        Member silent = member("pg2", Optional.empty());
        Member good = member("pg3", http("200 OK", REPLICA));
        long began = System.nanoTime();
        List<PeerAnswer> answers =
                client.poll(List.of(silent, good), Optional.of(silent.name()), Duration.ofSeconds(60));
        assertTrue(System.nanoTime() - began < TimeUnit.SECONDS.toNanos(30));
        assertInstanceOf(PeerAnswer.Unreachable.class, answers.get(0));
        assertInstanceOf(PeerAnswer.Reachable.class, answers.get(1));
        answers = client.poll(List.of(good, silent), Optional.empty(), Duration.ofMillis(300));
        assertInstanceOf(PeerAnswer.Unreachable.class, answers.get(1));
        assertEquals(silent.name(), answers.get(1).name());
    }

    @Test
    @DisplayName("SAF-060: a candidate's word is asked with credentials, and only a complete one counts")
    void handover() throws Exception {
        Timeline timeline = new Timeline(2);
        Lsn end = new Lsn(300);
        var ready = new HandoverAnswer.Ready(timeline, new Lsn(400), new LeaseId("lease"));
        String body = io.matriarch.app.config.Json.compact(HandoverCall.encode(ready));
        assertEquals(ready, await(http("200 OK", body), timeline, end));
        String request = requests.take();
        assertTrue(request.startsWith("POST /handover HTTP/1.1\r\n"), request);
        assertTrue(request.contains("Authorization: Basic YWRtaW46c2VjcmV0\r\n"), request);
        assertTrue(
                request.endsWith("{\"leader\":\"pg1\",\"timeline\":2,\"lsn\":\"0/12C\",\"patience_ms\":20000}"),
                request);
        assertEquals(
                new HandoverAnswer.NotReady("too far behind"),
                await(http("409 Conflict", "{\"why\": \"too far behind\"}"), timeline, end));
        for (Optional<String> other : List.of(
                http("501 Unsupported method ('POST')", "<html>"),
                http("404 Not Found", ""),
                http("503 No", ""),
                http("200 OK", "{\"timeline\":2,\"flushed\":\"0/FFF\"}"))) {
            assertInstanceOf(HandoverAnswer.NotReady.class, await(other, timeline, end));
        }
    }

    private HandoverAnswer await(Optional<String> answer, Timeline timeline, Lsn end) throws IOException {
        return client.awaitPosition(member("pg2", answer), new MemberName("pg1"), timeline, end, PATIENCE);
    }

    @Test
    @DisplayName("a checkpoint is asked for, whatever comes of it")
    void checkpoint() throws Exception {
        client.requestCheckpoint(member("pg2", http("501 No", "")), PATIENCE);
        assertTrue(requests.take().startsWith("POST /checkpoint HTTP/1.1\r\n"));
        client.requestCheckpoint(Member.named(new MemberName("pg9")), PATIENCE);
    }
}

package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.matriarch.app.peer.HttpPeerClient;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.app.tls.TlsContexts;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.PeerAnswer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The server behind TLS. */
final class TlsTest extends RestTest {

    private static final String GET = "GET /patroni HTTP/1.0\r\n\r\n";
    private static final String POST = "POST /reload HTTP/1.0\r\n\r\n";

    private Path serverCertificate;
    private Path clientCertificate;

    @BeforeEach
    void certificates() throws Exception {
        serverCertificate = TestCertificates.make(directory, "server", "EC");
        clientCertificate = TestCertificates.make(directory, "client", "EC");
    }

    private void serve(String... more) throws Exception {
        List<String> lines = new ArrayList<>(List.of(
                "certfile: " + serverCertificate,
                "keyfile: " + directory.resolve("server.key"),
                "cafile: " + clientCertificate));
        lines.addAll(List.of(more));
        start(lines.toArray(String[]::new));
        agent.view = Optional.of(Views.replica().view(agent.clock.now()));
    }

    private Answer exchange(Optional<String> client, String request) throws Exception {
        Optional<TlsContexts.Identity> identity = client.map(name -> new TlsContexts.Identity(
                directory.resolve(name + ".pem"), Optional.of(directory.resolve(name + ".key")), Optional.empty()));
        var context = TlsContexts.client(identity, Optional.of(serverCertificate));
        try (Socket socket = context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
            socket.setSoTimeout(60_000);
            return exchange(socket, request);
        }
    }

    @Test
    @DisplayName("API-017 API-008 API-114: an optional certificate is needed for unsafe methods only")
    void optional() throws Exception {
        serve("verify_client: optional", "http_extra_headers: {A: one}", "https_extra_headers: {A: two}");
        assertEquals(
                "https://127.0.0.1:8008/patroni", live.state().agent().rest().apiUrl());
        Answer open = exchange(Optional.empty(), GET);
        assertEquals(200, open.code());
        assertEquals("two", open.headers().get("a"));
        Answer refused = exchange(Optional.empty(), POST);
        assertEquals(403, refused.code());
        assertEquals("client certificate required", refused.body());
        assertEquals(202, exchange(Optional.of("client"), POST).code());
        TestCertificates.make(directory, "stranger", "EC");
        // The JDK's client keeps a certificate to itself that the server's list of authorities does not cover.
        assertEquals(403, exchange(Optional.of("stranger"), POST).code());
    }

    @Test
    @DisplayName("API-018: a required certificate is needed for the handshake")
    void required() throws Exception {
        serve("verify_client: required");
        assertThrows(IOException.class, () -> exchange(Optional.empty(), GET));
        assertEquals(200, exchange(Optional.of("client"), GET).code());
    }

    @Test
    @DisplayName("API-116: clients that stall in the handshake hold up nobody, plain HTTP is dropped")
    void stalled() throws Exception {
        serve();
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 30; i++) {
                silent.add(new Socket("127.0.0.1", server.port()));
            }
            assertEquals(200, exchange(Optional.empty(), GET).code());
            assertThrows(Exception.class, () -> send(GET));
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private X509Certificate shown() throws Exception {
        var context = TlsContexts.client(Optional.empty(), Optional.empty());
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    @DisplayName("API-115: a renewed certificate is served after a reload; a broken one leaves the old one")
    void renewed() throws Exception {
        serve();
        X509Certificate before = shown();
        server.reconfigure();
        assertEquals(before, shown());
        TestCertificates.make(directory, "server", "EC");
        server.reconfigure();
        X509Certificate after = shown();
        assertNotEquals(before, after);
        Files.writeString(serverCertificate, "no certificate");
        server.reconfigure();
        assertEquals(after, shown());
    }

    @Test
    @DisplayName("API-119: a member behind TLS is asked without looking at its certificate")
    void peer() throws Exception {
        serve();
        var member = ClusterCodec.member(
                new MemberName("pg2"), "{\"api_url\":\"https://127.0.0.1:" + server.port() + "/patroni\"}");
        var client = new HttpPeerClient(() -> live.state().agent(), ProcessMark.unique());
        PeerAnswer answer = client.poll(List.of(member), Optional.empty(), Duration.ofSeconds(60))
                .getFirst();
        assertInstanceOf(PeerAnswer.Reachable.class, answer, answer.toString());
    }

    @Test
    @DisplayName("a key in the older RSA form, in the certificate's own file")
    void olderKey() throws Exception {
        Path older = TestCertificates.make(directory, "older", "RSA");
        String pem = Files.readString(directory.resolve("older.key"));
        byte[] pkcs8 = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        Path both = directory.resolve("both.pem");
        Files.writeString(
                both,
                Files.readString(older)
                        + TestCertificates.pem("RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, 26, pkcs8.length)));
        start("certfile: " + both);
        assertEquals("CN=older", shown().getSubjectX500Principal().getName());
    }
}

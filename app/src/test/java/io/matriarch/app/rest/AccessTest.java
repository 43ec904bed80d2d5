package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who may call what, and what becomes of requests that make no sense. */
final class AccessTest extends RestTest {

    private static final String GOOD = "Authorization: Basic " + basic("admin:secret");
    private static final String FAILSAFE = "{\"name\":\"pg2\",\"conn_url\":\"x\",\"api_url\":\"y\"}";

    private static String basic(String pair) {
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private void see(Views seen) {
        agent.view = Optional.of(seen.view(agent.clock.now()));
    }

    @Test
    @DisplayName("API-011 API-012 API-013 API-105: credentials are asked of unsafe methods only")
    void authentication() throws Exception {
        start("authentication: {username: admin, password: secret}");
        see(Views.replica());
        assertEquals(200, get("/patroni").code());
        assertEquals(200, get("/cluster").code());
        Answer none = call("POST", "/reload", "");
        assertEquals(401, none.code());
        assertEquals("no auth header received", none.body());
        assertEquals("Basic realm=\"Patroni\"", none.headers().get("www-authenticate"));
        for (String wrong : List.of("Basic " + basic("admin:wrong"), "Bearer " + basic("admin:secret"), "Basic")) {
            Answer answer = call("POST", "/reload", "", "Authorization: " + wrong);
            assertEquals(401, answer.code());
            assertEquals("not authenticated", answer.body());
        }
        assertEquals(0, agent.reloads.get());
        Answer good = call("POST", "/reload", "", GOOD);
        assertEquals(202, good.code());
        assertEquals("reload scheduled", good.body());
        assertEquals("text/html", good.headers().get("content-type"));
        assertEquals(1, agent.reloads.get());
    }

    @Test
    @DisplayName("API-014 API-008: the allowlist comes before the credentials; extra headers are on its refusal too")
    void allowlist() throws Exception {
        start(
                "allowlist: [10.0.0.0/8]",
                "authentication: {username: admin, password: secret}",
                "http_extra_headers: {X-Extra: one}",
                "https_extra_headers: {X-Tls: two}");
        Answer answer = call("POST", "/reload", "");
        assertEquals(403, answer.code());
        assertEquals("Access is denied", answer.body());
        assertEquals("one", answer.headers().get("x-extra"));
        assertFalse(answer.headers().containsKey("x-tls"));
        assertEquals("one", get("/patroni").headers().get("x-extra"));
        assertEquals("one", get("/health").headers().get("x-extra"));
    }

    @Test
    @DisplayName("API-019: networks, addresses and names work; what is none of them is left out")
    void allowlistForms() throws Exception {
        for (String list : List.of("127.0.0.0/8", "127.0.0.1", "localhost", "not-a.host.invalid, 127.0.0.1/32")) {
            start("allowlist: [" + list + "]");
            assertEquals(202, call("POST", "/reload", "").code(), list);
        }
        start("allowlist: [300.1.1.1/99]");
        assertEquals(403, call("POST", "/reload", "").code());
    }

    @Test
    @DisplayName("API-015 API-016: members alone are admitted, but anybody may tell of failsafe mode")
    void members() throws Exception {
        start("allowlist_include_members: true");
        see(Views.replica());
        assertEquals(403, call("POST", "/reload", "").code());
        assertEquals(502, call("POST", "/failsafe", FAILSAFE).code());
        agent.cluster("pg2", "pg2");
        see(Views.replica().reading(agent.snapshot()));
        assertEquals(202, call("POST", "/reload", "").code());
    }

    @Test
    @DisplayName("API-010 API-020: on * both kinds of addresses are served, and an IPv4 client matches an IPv4 entry")
    void wildcard() throws Exception {
        start("listen: '*:" + freePort() + "'", "allowlist: [127.0.0.1]");
        assertEquals(202, call("POST", "/reload", "").code());
        try (Socket socket = new Socket("::1", server.port())) {
            assertEquals(503, exchange(socket, "OPTIONS / HTTP/1.0\r\n\r\n").code());
        }
    }

    @Test
    @DisplayName("API-009: the Server header tells as much as it may")
    void serverTokens() throws Exception {
        start("server_tokens: minimal");
        assertEquals("Patroni/4.1.4", get("/").headers().get("server"));
        start("server_tokens: productonly");
        assertEquals("Patroni", get("/patroni").headers().get("server"));
        start("server_tokens: original");
        assertTrue(get("/").headers().get("server").startsWith("Matriarch/"));
    }

    @Test
    @DisplayName("API-004 API-006: methods nobody serves, and bodies nobody can read")
    void unsupported() throws Exception {
        start();
        for (String request : List.of("POST /foo", "DELETE /failover", "POST /config", "TRACE /", "PUT /patroni")) {
            assertEquals(
                    501,
                    send(request + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .code(),
                    request);
        }
        assertEquals(411, send("PATCH /config HTTP/1.1\r\nHost: x\r\n\r\n").code());
        assertEquals(
                411,
                send("PATCH /config HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                        .code());
        assertEquals(
                413,
                send("PATCH /config HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
                        .code());
        for (String body : List.of("{}", "[]", "{broken", "null", "\"text\"")) {
            assertEquals(400, call("PATCH", "/config", body).code(), body);
        }
        assertEquals(202, call("POST", "/sigterm", "").code());
        assertEquals(
                "OK", call("POST", "/citus", "{\"type\":\"before_demote\"}").body());
        assertEquals(400, call("POST", "/mpp", "{}").code());
    }

    @Test
    @DisplayName("API-107 API-108: a leader's word on failsafe mode counts for a ttl")
    void failsafe() throws Exception {
        start();
        see(Views.replica());
        assertEquals(502, call("POST", "/failsafe", FAILSAFE).code());
        live.adopt(java.util.Map.of("failsafe_mode", true));
        assertEquals(400, call("POST", "/failsafe", "{\"name\":\"pg2\"}").code());
        Answer accepted = call("POST", "/failsafe", FAILSAFE);
        assertEquals(200, accepted.code());
        assertEquals("Accepted", accepted.body());
        assertEquals("83886176", accepted.headers().get("lsn"));
        assertTrue(get("/patroni").body().contains("\"failsafe_mode_is_active\": true"));
        agent.clock.advance(java.time.Duration.ofSeconds(31));
        assertFalse(get("/patroni").body().contains("failsafe_mode_is_active"));
        see(Views.primary());
        Answer leading = call("POST", "/failsafe", FAILSAFE);
        assertEquals(500, leading.code());
        assertEquals("Running as a leader", leading.body());
    }

    @Test
    @DisplayName("HA-123, W-9: who has the lock, and a question of an epoch that is over, get no promise")
    void failsafeRefused() throws Exception {
        start();
        live.adopt(java.util.Map.of("failsafe_mode", true));
        see(Views.replica());
        agent.lease = Optional.of(new Lease(new LeaseId("mine"), agent.clock.now()));
        assertEquals("Running as a leader", call("POST", "/failsafe", FAILSAFE).body());
        agent.lease = Optional.empty();
        String later = FAILSAFE.replaceFirst("\\{", "{\"lease\": \"a\", \"epoch\": 7, ");
        assertEquals(200, call("POST", "/failsafe", later).code());
        assertEquals(1, agent.wakes.get(), "the loop is told of the first promise");
        assertEquals(500, call("POST", "/failsafe", later.replace("7", "6")).code());
        assertEquals(200, call("POST", "/failsafe", later).code());
        assertEquals(1, agent.wakes.get(), "and not of each");
    }

    @Test
    @DisplayName("API-033, API-055: a primary that its members keep says so and stays primary")
    void failsafePrimary() throws Exception {
        start();
        see(Views.primary().blind());
        agent.leader = true;
        agent.consent = true;
        assertTrue(get("/patroni").body().contains("\"failsafe_mode_is_active\": true"));
        assertTrue(get("/metrics").body().contains("patroni_failsafe_mode_is_active{scope=\"batman\",name=\"pg1\"} 1"));
        assertEquals(200, get("/primary").code());
        agent.consent = false;
        assertFalse(get("/patroni").body().contains("failsafe_mode_is_active"));
    }

    @Test
    @DisplayName("API-117: junk, endless heads and clients that go away leave the server as it was")
    void junk() throws Exception {
        start();
        for (String junk : List.of(
                "\u0000\u0001\u0002\r\n\r\n",
                "GET\r\n\r\n",
                "GET /primary HTTP/9.9\r\n\r\n",
                "GET /%zz HTTP/1.0\r\n\r\n",
                "GET /" + "x".repeat(20_000) + " HTTP/1.0\r\n\r\n",
                "GET / HTTP/1.1\r\n" + "A: b\r\n".repeat(5_000) + "\r\n")) {
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream().write(junk.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
                assertTrue(socket.getInputStream().read() != 0);
            } catch (java.io.IOException e) {
                assertTrue(e.getMessage() != null);
            }
        }
        for (int i = 0; i < 20; i++) {
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.setSoLinger(true, 0);
                socket.getOutputStream()
                        .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
        assertEquals(503, get("/").code());
        assertEquals(200, get("/patroni").code());
    }

    @Test
    @DisplayName("API-116: clients that send nothing hold up nobody")
    void stalled() throws Exception {
        start();
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                silent.add(new Socket("127.0.0.1", server.port()));
            }
            assertEquals(503, get("/").code());
            assertEquals(200, get("/patroni").code());
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    @DisplayName("a taken port is said in the operator's words")
    void takenPort() throws Exception {
        start();
        int port = server.port();
        RestServerException failure = org.junit.jupiter.api.Assertions.assertThrows(
                RestServerException.class, () -> start("listen: 127.0.0.1:" + port));
        assertEquals("restapi.listen 127.0.0.1:" + port + " is already in use", failure.getMessage());
    }
}

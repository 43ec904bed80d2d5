package io.matriarch.app.rest;

import io.matriarch.app.config.ConfigLoader;
import io.matriarch.app.config.LiveConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Gives a test a running server, and a client that sends exactly what it is told. */
abstract class RestTest {

    @TempDir
    Path directory;

    final FakeAgent agent = new FakeAgent();
    private final List<AutoCloseable> open = new ArrayList<>();
    LiveConfig live;
    RestServer server;

    /** An answer; names of headers in lower case. */
    record Answer(int code, Map<String, String> headers, String body) {}

    /** Starts a server with these lines below {@code restapi}. */
    void start(String... restapi) throws Exception {
        live = config(restapi);
        server = RestServer.start(agent, live);
        open.add(server);
    }

    LiveConfig config(String... restapi) throws Exception {
        StringBuilder yaml = new StringBuilder("scope: batman\nname: pg1\nraft:\n  self_addr: 127.0.0.1:2222\n"
                + "postgresql:\n  listen: 127.0.0.1:5432\n  connect_address: 127.0.0.1:5432\n  data_dir: "
                + directory.resolve("data") + "\n  authentication:\n"
                + "    replication: {username: replicator, password: r}\n"
                + "    superuser: {username: postgres, password: p}\n"
                + "restapi:\n  connect_address: 127.0.0.1:8008\n");
        if (List.of(restapi).stream().noneMatch(line -> line.startsWith("listen:"))) {
            yaml.append("  listen: 127.0.0.1:").append(freePort()).append('\n');
        }
        for (String line : restapi) {
            yaml.append("  ").append(line).append('\n');
        }
        return LiveConfig.start(ConfigLoader.load(Optional.empty(), Map.of("PATRONI_CONFIGURATION", yaml.toString())));
    }

    static int freePort() throws IOException {
        try (var probe = new java.net.ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    Answer get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

    Answer call(String method, String path, String body, String... headers) throws IOException {
        StringBuilder request =
                new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        request.append("Content-Length: ")
                .append(body.getBytes(StandardCharsets.UTF_8).length)
                .append("\r\n\r\n")
                .append(body);
        return send(request.toString());
    }

    /** Sends a text as it is and reads until the server closes. */
    Answer send(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(60_000);
            return exchange(socket, request);
        }
    }

    static Answer exchange(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        var all = new ByteArrayOutputStream();
        socket.getInputStream().transferTo(all);
        String text = all.toString(StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        String[] head = text.substring(0, end).split("\r\n");
        Map<String, String> headers = new java.util.LinkedHashMap<>();
        for (int i = 1; i < head.length; i++) {
            int colon = head[i].indexOf(':');
            headers.put(
                    head[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    head[i].substring(colon + 1).strip());
        }
        return new Answer(Integer.parseInt(head[0].split(" ")[1]), headers, text.substring(end + 4));
    }
}

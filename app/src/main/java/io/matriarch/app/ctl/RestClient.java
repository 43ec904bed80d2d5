package io.matriarch.app.ctl;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.TreeSection;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.domain.cluster.Member;
import io.matriarch.ports.plugin.Secret;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Asks members' REST APIs: one connection a request over a plain socket, because loading the JDK's HTTP client takes
 * longer than everything else a command does.
 */
final class RestClient {

    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** A reading that takes longer is a member in trouble. */
    private static final Duration READ = Duration.ofSeconds(10);
    /** A restart answers when it is done, a switchover after many turns. */
    private static final Duration ACT = Duration.ofMinutes(15);

    private static final int LONGEST_ANSWER = 16 * 1024 * 1024;

    private final Optional<String> authorization;
    private final TlsSettings tls;

    RestClient(Optional<String> authorization, TlsSettings tls) {
        this.authorization = authorization;
        this.tls = tls;
    }

    /** Credentials and certificates of {@code ctl}, else of {@code restapi}. */
    static RestClient of(TreeSection config) {
        Optional<String> basic = credentials(config.section("ctl").section("authentication"))
                .or(() -> credentials(config.section("restapi").section("authentication")))
                .map(text -> "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        return new RestClient(basic, TlsSettings.of(config));
    }

    private static Optional<String> credentials(TreeSection section) {
        Optional<String> password = section.secret("password").map(Secret::reveal);
        return section.text("username").flatMap(user -> password.map(word -> user + ":" + word));
    }

    /** An answer of a member; the body is text. */
    record Answer(int status, String body) {}

    Answer get(Member member, String path) throws IOException {
        return request(member, "GET", path, Optional.empty(), READ);
    }

    Answer post(Member member, String path, Map<String, Object> body) throws IOException {
        return request(member, "POST", path, Optional.of(body), ACT);
    }

    /** Asks for something that needs no more words. */
    Answer post(Member member, String path) throws IOException {
        return request(member, "POST", path, Optional.empty(), ACT);
    }

    Answer patch(Member member, String path, Map<String, Object> body) throws IOException {
        return request(member, "PATCH", path, Optional.of(body), READ);
    }

    Answer delete(Member member, String path) throws IOException {
        return request(member, "DELETE", path, Optional.empty(), READ);
    }

    private Answer request(
            Member member, String method, String path, Optional<Map<String, Object>> body, Duration patience)
            throws IOException {
        String url = member.apiUrl().orElseThrow(() -> new IOException("no api_url is known of " + member.name()));
        MemberUrls.HostPort target =
                MemberUrls.ofApiUrl(url).orElseThrow(() -> new IOException("not a URL with host and port: " + url));
        byte[] content = body.map(Json::spaced).orElse("").getBytes(StandardCharsets.UTF_8);
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(target.host(), target.port()), (int) CONNECT.toMillis());
            plain.setSoTimeout((int) patience.toMillis());
            plain.setTcpNoDelay(true);
            try (Socket socket = MemberUrls.isTls(url) ? tls.wrap(plain, target) : plain) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.writeBytes(head(method, path, target, content.length, body.isPresent()));
                out.writeBytes(content);
                socket.getOutputStream().write(out.toByteArray());
                socket.getOutputStream().flush();
                return answer(new BufferedInputStream(socket.getInputStream()), method);
            }
        } catch (IOException e) {
            throw new IOException(method + " " + url + path + ": " + e, e);
        }
    }

    private byte[] head(String method, String path, MemberUrls.HostPort target, int length, boolean hasBody) {
        StringBuilder head = new StringBuilder()
                .append(method + " " + path + " HTTP/1.1\r\n")
                .append("Host: " + target + "\r\n")
                .append("User-Agent: matriarchctl\r\n")
                .append("Accept: */*\r\n")
                .append("Connection: close\r\n");
        authorization.ifPresent(value -> head.append("Authorization: " + value + "\r\n"));
        if (hasBody) {
            head.append("Content-Type: application/json\r\n");
        }
        if (hasBody || !method.equals("GET")) {
            head.append("Content-Length: " + length + "\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Answer answer(InputStream in, String method) throws IOException {
        while (true) {
            String[] first = line(in).split(" ", 3);
            if (first.length < 2 || !first[0].startsWith("HTTP/1.")) {
                throw new IOException("no HTTP answer");
            }
            int status;
            try {
                status = Integer.parseInt(first[1]);
            } catch (NumberFormatException e) {
                throw new IOException("no HTTP status: " + first[1], e);
            }
            long length = -1;
            boolean chunked = false;
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                String name = colon < 0 ? line : line.substring(0, colon).toLowerCase(Locale.ROOT);
                String value = colon < 0 ? "" : line.substring(colon + 1).strip();
                switch (name) {
                    case "content-length" -> length = Long.parseLong(value);
                    case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
                    default -> {}
                }
            }
            if (status >= 200) {
                boolean empty = status == 204 || status == 304 || method.equals("HEAD");
                return new Answer(status, empty ? "" : body(in, length, chunked));
            }
        }
    }

    private static String body(InputStream in, long length, boolean chunked) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (chunked) {
            for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
                copy(in, body, size);
                line(in);
            }
        } else if (length >= 0) {
            copy(in, body, length);
        } else {
            body.writeBytes(in.readNBytes(LONGEST_ANSWER));
        }
        return body.toString(StandardCharsets.UTF_8);
    }

    private static int chunkSize(InputStream in) throws IOException {
        String line = line(in);
        int semicolon = line.indexOf(';');
        return Integer.parseInt((semicolon < 0 ? line : line.substring(0, semicolon)).strip(), 16);
    }

    private static void copy(InputStream in, ByteArrayOutputStream out, long length) throws IOException {
        if (length < 0 || out.size() + length > LONGEST_ANSWER) {
            throw new IOException("answer of more than " + LONGEST_ANSWER + " bytes");
        }
        byte[] part = in.readNBytes((int) length);
        if (part.length < length) {
            throw new EOFException("answer ends early");
        }
        out.writeBytes(part);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("connection closed before the end of the answer");
            }
            if (line.length() > 65536) {
                throw new IOException("header line too long");
            }
            line.append((char) c);
        }
        int end = line.length();
        return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
    }
}

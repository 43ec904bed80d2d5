package io.matriarch.app.peer;

import io.matriarch.app.store.MemberUrls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/**
 * One HTTP request over a connection of its own. {@code java.net.http} would cost more memory than all of the members'
 * requests are worth, and {@code HttpURLConnection} silently sends some requests twice.
 *
 * @param tls used for {@code https} addresses
 * @param headers added to each request, such as the authentication
 */
record HttpCall(Optional<SSLSocketFactory> tls, Map<String, String> headers) {

    private static final int LONGEST_HEAD = 64 * 1024;
    private static final int LONGEST_BODY = 4 * 1024 * 1024;

    /** An answer; names of headers in lower case. */
    record Answer(int status, Map<String, String> headers, String body) {}

    /** The same with more headers. */
    HttpCall with(Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.putAll(more);
        return new HttpCall(tls, all);
    }

    /**
     * Sends it and reads the answer.
     *
     * @param url {@code http} or {@code https}
     * @param body sent as JSON if present
     * @param patience for all of it, looking the name up excepted
     * @throws IOException when there is no complete answer in time
     */
    Answer send(String method, String url, Optional<String> body, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        MemberUrls.HostPort target =
                MemberUrls.ofApiUrl(url).orElseThrow(() -> new IOException("not the address of an API: " + url));
        try (Socket plain = new Socket()) {
            plain.setTcpNoDelay(true);
            plain.connect(new InetSocketAddress(target.host(), target.port()), left(deadline));
            plain.setSoTimeout(left(deadline));
            Socket socket = MemberUrls.isTls(url) ? encrypted(plain, target) : plain;
            socket.getOutputStream().write(request(method, url, target, body));
            socket.getOutputStream().flush();
            return answer(method, new Bounded(socket, deadline));
        }
    }

    private Socket encrypted(Socket plain, MemberUrls.HostPort target) throws IOException {
        SSLSocketFactory factory = tls.orElseThrow(() -> new IOException("there is no usable TLS configuration"));
        return factory.createSocket(plain, target.host(), target.port(), true);
    }

    private byte[] request(String method, String url, MemberUrls.HostPort target, Optional<String> body) {
        StringBuilder head = new StringBuilder(256);
        head.append(method).append(' ').append(path(url)).append(" HTTP/1.1\r\n");
        head.append("Host: ").append(target).append("\r\nConnection: close\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        byte[] content = body.orElse("").getBytes(StandardCharsets.UTF_8);
        if (body.isPresent()) {
            head.append("Content-Type: application/json\r\nContent-Length: ")
                    .append(content.length)
                    .append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = new byte[start.length + content.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(content, 0, all, start.length, content.length);
        return all;
    }

    private static String path(String url) {
        int scheme = url.indexOf("://");
        int slash = url.indexOf('/', scheme < 0 ? 0 : scheme + 3);
        return slash < 0 ? "/" : url.substring(slash);
    }

    private static Answer answer(String method, Bounded in) throws IOException {
        String[] start = in.line().split(" ", 3);
        if (start.length < 2 || !start[0].startsWith("HTTP/1.") || !start[1].matches("[1-5][0-9][0-9]")) {
            throw new IOException("the answer is no HTTP");
        }
        int status = Integer.parseInt(start[1]);
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = in.line(); !line.isEmpty(); line = in.line()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        return new Answer(status, headers, method.equals("HEAD") ? "" : body(headers, in));
    }

    private static String body(Map<String, String> headers, Bounded in) throws IOException {
        byte[] body;
        if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            body = in.chunks();
        } else if (headers.containsKey("content-length")) {
            body = in.exactly(number(headers.get("content-length"), 10));
        } else {
            body = in.rest();
        }
        return new String(body, StandardCharsets.UTF_8);
    }

    private static int number(String text, int radix) throws IOException {
        try {
            int number = Integer.parseInt(text.strip(), radix);
            if (number >= 0 && number <= LONGEST_BODY) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IOException("the answer gives its length as " + text, e);
        }
        throw new IOException("the answer gives its length as " + text);
    }

    private static int left(long deadline) throws IOException {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            throw new SocketTimeoutException("no answer in time");
        }
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    /** Reads with one deadline for all: a server that sends a byte now and then must not hold anybody up. */
    private static final class Bounded {

        private final Socket socket;
        private final InputStream in;
        private final long deadline;
        private final byte[] buffer = new byte[8192];
        private int next;
        private int end;

        Bounded(Socket socket, long deadline) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.deadline = deadline;
        }

        private int read() throws IOException {
            if (next == end) {
                socket.setSoTimeout(left(deadline));
                end = in.read(buffer);
                next = 0;
                if (end <= 0) {
                    end = 0;
                    return -1;
                }
            }
            return buffer[next++] & 0xFF;
        }

        String line() throws IOException {
            StringBuilder line = new StringBuilder(64);
            for (int c = read(); c != '\n'; c = read()) {
                if (c < 0 || line.length() >= LONGEST_HEAD) {
                    throw new IOException("the answer ends in the middle of its head");
                }
                line.append((char) c);
            }
            int length = line.length();
            return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
        }

        byte[] exactly(int length) throws IOException {
            byte[] content = new byte[length];
            for (int i = 0; i < length; i++) {
                int c = read();
                if (c < 0) {
                    throw new IOException("the answer ends after " + i + " of " + length + " bytes");
                }
                content[i] = (byte) c;
            }
            return content;
        }

        byte[] rest() throws IOException {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            for (int c = read(); c >= 0; c = read()) {
                if (content.size() >= LONGEST_BODY) {
                    throw new IOException("the answer is longer than " + LONGEST_BODY + " bytes");
                }
                content.write(c);
            }
            return content.toByteArray();
        }

        byte[] chunks() throws IOException {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            for (int size = number(line().split(";")[0], 16); size > 0; size = number(line().split(";")[0], 16)) {
                content.writeBytes(exactly(size));
                line();
                if (content.size() > LONGEST_BODY) {
                    throw new IOException("the answer is longer than " + LONGEST_BODY + " bytes");
                }
            }
            return content.toByteArray();
        }
    }
}

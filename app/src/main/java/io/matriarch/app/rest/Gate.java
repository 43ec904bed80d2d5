package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.config.RestSettings;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.app.version.Version;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request passes first. Health checks are answered right here from the last turn, on the thread that read the
 * request: a load balancer's thousands of them never wait for anything. The rest goes on to the resources, on a virtual
 * thread each, after the checks of unsafe methods.
 */
final class Gate extends Handler.Wrapper {

    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    private static final int LONGEST_BODY = 1024 * 1024;
    /** Requests that are being worked on at once; operators and peers need a handful. */
    private static final int MOST_AT_ONCE = 64;

    static final Map<String, Set<String>> RESOURCES = Map.of(
            "GET", Set.of("patroni", "cluster", "history", "config", "metrics", "failsafe"),
            "PUT", Set.of("config"),
            "PATCH", Set.of("config"),
            "DELETE", Set.of("switchover", "restart"),
            "POST",
                    Set.of(
                            "switchover",
                            "failover",
                            "restart",
                            "reinitialize",
                            "reload",
                            "failsafe",
                            "sigterm",
                            "citus",
                            "mpp",
                            "handover",
                            "checkpoint"));
    /** Those that need a body; {@code PUT} and {@code PATCH} always do. */
    private static final Set<String> WITH_BODY =
            Set.of("switchover", "failover", "failsafe", "citus", "mpp", "handover");

    private final Snapshots snapshots;
    private final LiveConfig live;
    private final AccessControl access;
    private final Liveness liveness;
    private final ProcessMark mark;
    private final Semaphore working = new Semaphore(MOST_AT_ONCE);

    Gate(
            Handler resources,
            Snapshots snapshots,
            LiveConfig live,
            AccessControl access,
            Liveness liveness,
            ProcessMark mark) {
        super(resources);
        this.snapshots = snapshots;
        this.live = live;
        this.access = access;
        this.liveness = liveness;
        this.mark = mark;
    }

    /** Nothing on the thread that reads requests blocks, so none has to be handed to another one for its sake. */
    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String method = request.getMethod();
        String path = collapsed(request.getHttpURI().getDecodedPath());
        String segment = segment(path);
        begin(request, response);
        switch (method) {
            case "HEAD", "OPTIONS" -> health(request, response, callback, path, false);
            case "GET" -> get(request, response, callback, path, segment);
            default -> unsafe(request, response, callback, method, segment);
        }
        return true;
    }

    private void get(Request request, Response response, Callback callback, String path, String segment) {
        switch (segment) {
            case "liveness" -> {
                if (request.getHeaders().contains(ProcessMark.HEADER)) {
                    response.getHeaders().put(ProcessMark.HEADER, mark.value());
                }
                status(response, callback, liveness.alive() ? 200 : 503);
            }
            case "readiness" -> status(response, callback, liveness.ready(query(request)) ? 200 : 503);
            default -> {
                if (RESOURCES.get("GET").contains(segment)) {
                    pass(request, response, callback, segment);
                } else {
                    health(request, response, callback, path, true);
                }
            }
        }
    }

    private void health(Request request, Response response, Callback callback, String path, boolean withBody) {
        Snapshots.Moment now = snapshots.now();
        int code = now.check().passes(path, query(request)) ? 200 : 503;
        if (withBody) {
            response.setStatus(code);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, now.document().length);
            response.write(true, ByteBuffer.wrap(now.document()), callback);
        } else {
            status(response, callback, code);
        }
    }

    private void unsafe(Request request, Response response, Callback callback, String method, String segment) {
        if (!RESOURCES.getOrDefault(method, Set.of()).contains(segment)) {
            error(response, callback, 501, "Unsupported method ('" + method + "')");
            return;
        }
        long length = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        boolean needsBody = !method.equals("DELETE") && (!method.equals("POST") || WITH_BODY.contains(segment));
        if (length > LONGEST_BODY) {
            error(response, callback, 413, "The body is longer than " + LONGEST_BODY + " bytes");
            return;
        }
        boolean chunked = request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
        Runnable next = () -> {
            Optional<AccessControl.Refusal> refusal = access.check(caller(request), segment);
            if (refusal.isPresent()) {
                refuse(response, callback, refusal.get());
            } else if (chunked || needsBody && length < 0) {
                error(response, callback, 411, "Length Required");
            } else {
                resource(request, response, callback, segment);
            }
        };
        work(response, callback, next);
    }

    private void pass(Request request, Response response, Callback callback, String segment) {
        work(response, callback, () -> resource(request, response, callback, segment));
    }

    /** Off the thread that reads requests: names may have to be looked up, the store be read, a result be waited for. */
    private void work(Response response, Callback callback, Runnable task) {
        if (!working.tryAcquire()) {
            error(response, callback, 503, "too many requests at once");
            return;
        }
        Thread.ofVirtual().name("request").start(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                log.warn("a request failed: {}", e.toString(), e);
                callback.failed(e);
            } finally {
                working.release();
            }
        });
    }

    private void resource(Request request, Response response, Callback callback, String segment) {
        try {
            var direct = new Request.Wrapper(request) {
                @Override
                public HttpURI getHttpURI() {
                    return HttpURI.build(getWrapped().getHttpURI())
                            .path("/" + segment)
                            .asImmutable();
                }
            };
            if (!super.handle(direct, new Quiet(request, response), callback)) {
                error(response, callback, 501, "Unsupported method ('" + request.getMethod() + "')");
            }
        } catch (Exception e) {
            log.warn("a request failed: {}", e.toString(), e);
            callback.failed(e);
        }
    }

    /** A client that has gone away is nobody's problem, and nobody is told of it but who debugs. */
    private static final class Quiet extends Response.Wrapper {

        Quiet(Request request, Response response) {
            super(request, response);
        }

        @Override
        public void write(boolean last, ByteBuffer content, Callback callback) {
            super.write(last, content, Callback.from(callback::succeeded, failure -> {
                log.debug("an answer was not read to its end: {}", failure.toString());
                callback.succeeded();
            }));
        }
    }

    private void begin(Request request, Response response) {
        RestSettings settings = live.state().agent().rest();
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(
                HttpHeader.SERVER,
                switch (settings.serverTokens()) {
                    case ORIGINAL -> "Matriarch/" + Version.own();
                    case MINIMAL -> "Patroni/" + Version.PATRONI;
                    case PRODUCTONLY -> "Patroni";
                });
        settings.httpExtraHeaders().forEach(headers::put);
        if (request.isSecure()) {
            settings.httpsExtraHeaders().forEach(headers::put);
        }
    }

    private static Query query(Request request) {
        return Query.parse(request.getHttpURI().getQuery());
    }

    private static AccessControl.Caller caller(Request request) {
        Optional<InetAddress> address =
                request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress socket
                        ? Optional.ofNullable(socket.getAddress())
                        : Optional.empty();
        boolean certificate =
                request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE) instanceof EndPoint.SslSessionData session
                        && session.peerCertificates() != null
                        && session.peerCertificates().length > 0;
        return new AccessControl.Caller(
                address,
                request.isSecure(),
                certificate,
                Optional.ofNullable(request.getHeaders().get(HttpHeader.AUTHORIZATION)));
    }

    private static void status(Response response, Callback callback, int code) {
        response.setStatus(code);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 0);
        response.write(true, null, callback);
    }

    private static void refuse(Response response, Callback callback, AccessControl.Refusal refusal) {
        if (refusal.code() == 401) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Basic realm=\"Patroni\"");
        }
        text(response, callback, refusal.code(), refusal.text());
    }

    private static void error(Response response, Callback callback, int code, String text) {
        // What is left of the request's body must not be taken for the next request.
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        text(response, callback, code, text);
    }

    private static void text(Response response, Callback callback, int code, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        response.setStatus(code);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/html");
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        response.write(true, ByteBuffer.wrap(body), callback);
    }

    private static String collapsed(String path) {
        if (path == null || path.isEmpty()) {
            return "/";
        }
        int slashes = 0;
        while (slashes + 1 < path.length() && path.charAt(slashes + 1) == '/') {
            slashes++;
        }
        return path.charAt(0) == '/' ? path.substring(slashes) : path;
    }

    private static String segment(String path) {
        int start = path.startsWith("/") ? 1 : 0;
        int end = path.indexOf('/', start);
        return path.substring(start, end < 0 ? path.length() : end);
    }
}

package io.matriarch.adapters.raft.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests;
import com.alipay.sofa.jraft.rpc.impl.PingRequestProcessor;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.Await;
import io.matriarch.adapters.raft.TestCertificates;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TransportTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final TransportSecurity OPEN = new TransportSecurity.Open(Set.of("127.0.0.1"));

    @TempDir
    Path directory;

    private final List<AutoCloseable> resources = new ArrayList<>();
    private final Echo echo = new Echo();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable resource : resources.reversed()) {
            resource.close();
        }
    }

    private static TransportSettings settings(TransportSecurity security, PeerRole role) {
        return TransportSettings.of(security, role, "test").withCodecs(Echo.codecs());
    }

    private SocketRpcServer serve(TransportSecurity security) throws IOException {
        return serve(settings(security, PeerRole.VOTER));
    }

    private SocketRpcServer serve(TransportSettings settings) throws IOException {
        var transport = new RaftTransport(settings);
        resources.add(transport);
        var server = transport.server(new InetSocketAddress("127.0.0.1", 0));
        server.registerProcessor(new PingRequestProcessor(null));
        server.registerProcessor(echo);
        assertThat(server.init(null)).isTrue();
        resources.add(server::shutdown);
        return server;
    }

    private static Endpoint endpoint(SocketRpcServer server) {
        return new Endpoint("127.0.0.1", server.boundPort());
    }

    private RaftWireClient connect(SocketRpcServer server, TransportSecurity security) throws Exception {
        return connect(server, settings(security, PeerRole.CLIENT));
    }

    private RaftWireClient connect(SocketRpcServer server, TransportSettings settings) throws Exception {
        var client = RaftWireClient.connect(endpoint(server), settings, PATIENCE);
        resources.add(client);
        return client;
    }

    private static void assertServes(RaftWireClient client) throws Exception {
        var ping = RpcRequests.PingRequest.newBuilder().setSendTimestamp(1).build();
        assertThat(client.call(ping, RpcRequests.ErrorResponse.class, PATIENCE).getErrorCode())
                .isZero();
        assertThat(client.call(Echo.ask(7), PATIENCE)).isEqualTo(new Echo.Answer(7));
    }

    private Socket raw(SocketRpcServer server) throws IOException {
        var socket = new Socket("127.0.0.1", server.boundPort());
        resources.add(socket);
        return socket;
    }

    /** A plain connection that has said its hello. */
    private Socket greeted(SocketRpcServer server) throws IOException {
        var socket = raw(server);
        new Hello(PeerRole.VOTER, "", "raw", "", new byte[0]).write(socket.getOutputStream());
        Hello.read(socket.getInputStream());
        return socket;
    }

    private static void awaitClosed(Socket socket) throws IOException {
        socket.setSoTimeout((int) PATIENCE.toMillis());
        try {
            while (socket.getInputStream().read() >= 0) {
                // What it still says does not matter.
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the server keeps the connection", e);
        } catch (IOException e) {
            // Reset: closed as well.
            return;
        }
    }

    @Test
    @DisplayName("jraft's messages and our own are answered without encryption, with a secret, and count as clients")
    void serves() throws Exception {
        assertServes(connect(serve(OPEN), OPEN));
        var secret = new TransportSecurity.SharedSecret("correct horse");
        var server = serve(secret);
        assertServes(connect(server, secret));
    }

    @ParameterizedTest
    @CsvSource({"EC,PKCS8", "EC,TRADITIONAL", "RSA,PKCS8", "RSA,TRADITIONAL"})
    @DisplayName("certificates with keys of every common kind are read")
    void keyFormats(String algorithm, TestCertificates.KeyFormat format) throws Exception {
        var authority = new TestCertificates(directory, algorithm);
        var server = serve(authority.issue("server", format));
        assertServes(connect(server, authority.issue("client", format)));
    }

    @Test
    @DisplayName("a foreign authority, no certificate, no TLS and another mode are all refused")
    void wrongCertificates() throws Exception {
        var ours =
                new TestCertificates(directory.resolve("ours"), "EC").issue("server", TestCertificates.KeyFormat.PKCS8);
        var foreign = new TestCertificates(directory.resolve("foreign"), "EC")
                .issue("server", TestCertificates.KeyFormat.PKCS8);
        var server = serve(ours);
        for (TransportSecurity wrong : List.of(foreign, new TransportSecurity.SharedSecret("s"), OPEN)) {
            assertThatThrownBy(() -> connect(server, wrong)).isInstanceOf(IOException.class);
        }
        // Trusts our authority, but shows a certificate of the other one.
        var mixed = new TransportSecurity.Certificates(ours.caFile(), foreign.certFile(), foreign.keyFile());
        assertThatThrownBy(() -> connect(server, mixed)).isInstanceOf(IOException.class);
        assertServes(connect(server, ours));
    }

    @Test
    @DisplayName("a wrong secret and none are refused, with one line in the log that names the address")
    void wrongSecret() throws Exception {
        var right = new TransportSecurity.SharedSecret("right");
        var server = serve(right);
        try (var log = new LogCapture()) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> connect(server, new TransportSecurity.SharedSecret("wrong")))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("wrong secret");
            }
            assertThat(log.warnings().stream()
                            .filter(line -> line.contains("refused: wrong secret"))
                            .toList())
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains("127.0.0.1:");
        }
        assertThatThrownBy(() -> connect(server, OPEN)).isInstanceOf(IOException.class);
        assertThat(echo.seen).isEmpty();
        assertServes(connect(server, right));
    }

    @Test
    @DisplayName("the open mode accepts the addresses of partners only")
    void strangers() throws Exception {
        var server = serve(new TransportSecurity.Open(Set.of("192.0.2.1", "name.invalid")));
        assertThatThrownBy(() -> connect(server, OPEN)).isInstanceOf(IOException.class);
    }

    @Test
    @DisplayName("two cluster ids must be equal, an empty one fits all")
    void clusterId() throws Exception {
        var server = serve(settings(OPEN, PeerRole.VOTER).withClusterId(() -> "one"));
        var client = settings(OPEN, PeerRole.CLIENT);
        assertThatThrownBy(() -> connect(server, client.withClusterId(() -> "two")))
                .hasMessageContaining("another cluster");
        assertServes(connect(server, client.withClusterId(() -> "one")));
        var anonymous = connect(server, client);
        assertServes(anonymous);
        assertThat(anonymous.remoteClusterId()).isEqualTo("one");
    }

    @Test
    @DisplayName("junk, serialized Java objects, oversized and malformed frames end their connection only")
    void junk() throws Exception {
        var server = serve(OPEN);
        var good = connect(server, OPEN);
        var serialized = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(serialized)) {
            out.writeObject(new HashMap<>());
        }
        var hessian = new byte[] {'c', 2, 0, 'm', 0, 4, 'c', 'a', 'l', 'l', 'z'};
        for (byte[] junk : List.of("GET / HTTP/1.1\r\n\r\n".getBytes(), serialized.toByteArray(), hessian)) {
            var socket = raw(server);
            socket.getOutputStream().write(junk);
            awaitClosed(socket);
        }
        for (int length : List.of(Integer.MAX_VALUE, -1, 0, 16 * 1024 * 1024 + 1)) {
            var socket = greeted(server);
            new DataOutputStream(socket.getOutputStream()).writeInt(length);
            awaitClosed(socket);
        }
        var wrongKind = greeted(server);
        new DataOutputStream(wrongKind.getOutputStream())
                .write(new byte[] {0, 0, 0, 11, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1});
        awaitClosed(wrongKind);
        assertServes(good);
    }

    @Test
    @DisplayName(
            "an unknown type, an undecodable message and a serialized object as payload get an error, and nothing runs")
    void undecodable() throws Exception {
        var socket = greeted(serve(OPEN));
        var out = new DataOutputStream(socket.getOutputStream());
        new Frame(Frame.Kind.REQUEST, 1, 999, new byte[3]).write(out);
        new Frame(Frame.Kind.REQUEST, 2, 3, new byte[] {(byte) 0xAC, (byte) 0xED, 0, 5, 0x73}).write(out);
        new Frame(Frame.Kind.REQUEST, 3, 1000, new byte[2]).write(out);
        new Frame(Frame.Kind.REQUEST, 4, 1001, new byte[8]).write(out);
        out.flush();
        var in = new DataInputStream(socket.getInputStream());
        for (int call = 1; call <= 4; call++) {
            var answer = Frame.read(in, 65536);
            assertThat(answer.kind()).isEqualTo(Frame.Kind.ERROR);
            assertThat(answer.call()).isEqualTo(call);
        }
        assertThat(echo.seen).isEmpty();
    }

    @Test
    @DisplayName("a handshake that drips is cut off in time, 300 idle connections disturb nobody")
    void slowAndIdle() throws Exception {
        var server = serve(settings(OPEN, PeerRole.VOTER).withTimeouts(Duration.ofMillis(500), Duration.ofSeconds(10)));
        for (int i = 0; i < 300; i++) {
            greeted(server);
        }
        var slow = raw(server);
        slow.getOutputStream().write(new byte[] {0x4D, 0x54});
        assertServes(connect(server, OPEN));
        awaitClosed(slow);
        assertServes(connect(server, OPEN));
        assertThat(server.connectionCount()).isGreaterThanOrEqualTo(302);
    }

    @Test
    @DisplayName("beyond the limit of connections a client goes before a voter, the one idle for longest first")
    void connectionLimit() throws Exception {
        var server = serve(settings(OPEN, PeerRole.VOTER).withLimits(1024 * 1024, 3));
        var voter = connect(server, settings(OPEN, PeerRole.VOTER));
        var idle = connect(server, OPEN);
        var busy = connect(server, OPEN);
        assertServes(busy);
        var newest = connect(server, OPEN);
        Await.until("the idle client to be closed", () -> !idle.isOpen());
        assertServes(newest);
        assertServes(busy);
        assertServes(voter);
    }

    @Test
    @DisplayName("every call ends: by an answer, an error, a timeout, or the end of the connection")
    void callsEnd() throws Exception {
        var server = serve(OPEN);
        var client = connect(server, OPEN);
        assertThatThrownBy(() -> client.call(Echo.ask(Echo.FAILURE), PATIENCE))
                .isInstanceOf(RemoteErrorException.class)
                .hasMessageContaining("asked to fail");
        assertThatThrownBy(() -> client.call("a string", PATIENCE)).hasMessageContaining("no message type");
        var big = new Echo.Ask(1, new byte[17 * 1024 * 1024]);
        assertThatThrownBy(() -> client.call(big, PATIENCE)).hasMessageContaining("over the limit");
        assertServes(client);
        assertThatThrownBy(() -> client.call(Echo.ask(Echo.SILENCE), Duration.ofMillis(200)))
                .isInstanceOf(SocketTimeoutException.class);
        Await.until("the deaf connection to be closed", () -> !client.isOpen());

        var second = connect(server, OPEN);
        var pending = CompletableFuture.supplyAsync(() -> {
            try {
                return second.call(Echo.ask(Echo.SILENCE), PATIENCE);
            } catch (IOException | InterruptedException e) {
                return e;
            }
        });
        Await.until(
                "the question to arrive",
                () -> echo.seen.stream()
                                .filter(number -> number == Echo.SILENCE)
                                .count()
                        == 2);
        server.shutdown();
        assertThat(pending.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> second.call(Echo.ask(1), PATIENCE)).hasMessageContaining("closed");
    }

    @Test
    @DisplayName("requests of a connection arrive in the order they were made, also those made before it was ready")
    void order() throws Exception {
        var server = serve(new TransportSecurity.SharedSecret("s"));
        try (var transport = new RaftTransport(settings(new TransportSecurity.SharedSecret("s"), PeerRole.VOTER));
                var executor = java.util.concurrent.Executors.newSingleThreadExecutor()) {
            server.registerProcessor(new Ordered(echo, executor));
            var client = transport.client();
            var done = new java.util.concurrent.atomic.AtomicInteger();
            for (long i = 0; i < 1000; i++) {
                client.invokeAsync(
                        endpoint(server),
                        Echo.ask(i),
                        (result, failure) -> {
                            if (failure == null) {
                                done.incrementAndGet();
                            }
                        },
                        PATIENCE.toMillis());
            }
            Await.until("all answers", () -> done.get() == 1000);
            assertThat(echo.seen).isEqualTo(LongStream.range(0, 1000).boxed().toList());
            client.shutdown();
        }
    }

    private record Ordered(Echo echo, java.util.concurrent.Executor executor)
            implements com.alipay.sofa.jraft.rpc.RpcProcessor<Echo.Ask> {
        @Override
        public void handleRequest(com.alipay.sofa.jraft.rpc.RpcContext context, Echo.Ask ask) {
            echo.handleRequest(context, ask);
        }

        @Override
        public String interest() {
            return echo.interest();
        }
    }

    @Test
    @DisplayName("a peer that stops reading costs a bounded amount of memory")
    void stalledPeer() throws Exception {
        try (var listener = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress());
                var transport = new RaftTransport(settings(OPEN, PeerRole.VOTER).withLimits(1024 * 1024, 10))) {
            var client = transport.client();
            var endpoint = new Endpoint("127.0.0.1", listener.getLocalPort());
            var refused = new CompletableFuture<Throwable>();
            for (int i = 0; i < 200; i++) {
                client.invokeAsync(
                        endpoint,
                        new Echo.Ask(i, new byte[100_000]),
                        (result, failure) -> {
                            if (failure != null && failure.getMessage().contains("too much waits")) {
                                refused.complete(failure);
                            }
                        },
                        PATIENCE.toMillis());
            }
            assertThat(refused.get(10, TimeUnit.SECONDS)).isNotNull();
            client.shutdown();
        }
    }

    @Test
    @DisplayName("entries are appended in order, and not on jraft's executors, whose end it awaits under a lock")
    void appendsInOrder() throws Exception {
        var server = serve(OPEN);
        var order = new ConcurrentLinkedQueue<Long>();
        server.registerProcessor(new RpcProcessor<RpcRequests.AppendEntriesRequest>() {
            @Override
            public void handleRequest(RpcContext context, RpcRequests.AppendEntriesRequest request) {
                order.add(request.getPrevLogIndex());
                context.sendResponse(RpcRequests.AppendEntriesResponse.newBuilder()
                        .setTerm(1)
                        .setSuccess(true)
                        .setLastLogIndex(request.getPrevLogIndex())
                        .build());
            }

            @Override
            public String interest() {
                return RpcRequests.AppendEntriesRequest.class.getName();
            }

            @Override
            public ExecutorSelector executorSelector() {
                throw new AssertionError("jraft's executors must not be asked for");
            }
        });
        var client = connect(server, settings(OPEN, PeerRole.VOTER));
        for (long i = 0; i < 50; i++) {
            var request = RpcRequests.AppendEntriesRequest.newBuilder()
                    .setGroupId("g")
                    .setServerId("a:1")
                    .setPeerId("b:2")
                    .setTerm(1)
                    .setPrevLogTerm(1)
                    .setPrevLogIndex(i)
                    .setCommittedIndex(0)
                    .build();
            assertThat(client.call(request, RpcRequests.AppendEntriesResponse.class, PATIENCE)
                            .getLastLogIndex())
                    .isEqualTo(i);
        }
        assertThat(List.copyOf(order)).isSorted().hasSize(50);
    }

    @Test
    @DisplayName("a serial executor keeps the order, whatever its threads do, and survives a task that fails")
    void serialExecutor() throws Exception {
        try (var threads = Executors.newFixedThreadPool(4)) {
            var serial = new SerialExecutor(threads);
            var order = new ConcurrentLinkedQueue<Integer>();
            var done = new CompletableFuture<Void>();
            for (int i = 0; i < 10_000; i++) {
                int number = i;
                serial.execute(() -> {
                    order.add(number);
                    if (number % 1000 == 0) {
                        throw new IllegalStateException("on purpose");
                    }
                });
            }
            serial.execute(() -> done.complete(null));
            done.get(30, TimeUnit.SECONDS);
            assertThat(List.copyOf(order)).isSorted().hasSize(10_000);
        }
    }
}

package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.rpc.Connection;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.rpc.impl.ConnectionClosedEventListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * jraft's server side over plain sockets or TLS. Requests of one connection reach their executor in the order they were
 * sent. Besides jraft's own processors it serves any {@link RpcProcessor} whose messages have a {@link WireCodec}.
 */
public final class SocketRpcServer implements RpcServer {

    private static final Logger log = LoggerFactory.getLogger(SocketRpcServer.class);
    private static final int BACKLOG = 128;

    private final RaftTransport transport;
    private final InetSocketAddress bind;
    private final Map<String, RpcProcessor<?>> processors = new ConcurrentHashMap<>();
    private final List<ConnectionClosedEventListener> closedListeners = new CopyOnWriteArrayList<>();
    private final Set<WireConnection> accepted = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean running = new AtomicBoolean();
    private final Map<Pair, SerialExecutor> appending = new ConcurrentHashMap<>();
    private final WireConnection.Handler handler = new ServerHandler();
    private volatile Optional<ServerSocket> listening = Optional.empty();

    /** Who sends entries to whom: as many as there are members. */
    private record Pair(String group, String from, String to) {}

    SocketRpcServer(RaftTransport transport, InetSocketAddress bind) {
        this.transport = transport;
        this.bind = bind;
    }

    /** Binds and starts to accept; false, with the reason logged, if the address cannot be bound. */
    @Override
    public boolean init(Void opts) {
        if (!running.compareAndSet(false, true)) {
            return true;
        }
        try {
            var socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(bind, BACKLOG);
            listening = Optional.of(socket);
            Thread.ofPlatform().daemon().name("raft-rpc-accept").start(() -> acceptAll(socket));
            return true;
        } catch (IOException e) {
            running.set(false);
            log.error("cannot listen for raft on {}: {}", bind, e.getMessage());
            return false;
        }
    }

    private void acceptAll(ServerSocket socket) {
        while (running.get()) {
            try {
                var connection = socket.accept();
                makeRoom();
                accepted.add(transport.serve(connection, handler));
                accepted.removeIf(WireConnection::isClosed);
            } catch (IOException e) {
                if (running.get()) {
                    // Out of file descriptors, most likely: without a pause this loop would burn a processor.
                    transport.warn("accept", "cannot accept a raft connection: " + e.getMessage());
                    pause();
                }
            }
        }
    }

    private static void pause() {
        java.util.concurrent.locks.LockSupport.parkNanos(100_000_000L);
    }

    /** Closes the least useful connection: one still shaking hands, then a client, then the one silent for longest. */
    private void makeRoom() {
        if (accepted.size() < transport.settings().maxConnections()) {
            return;
        }
        accepted.stream()
                .min(Comparator.comparingInt(SocketRpcServer::usefulness)
                        .thenComparing((a, b) -> Long.signum(a.lastReceived() - b.lastReceived())))
                .ifPresent(oldest -> {
                    transport.warn(
                            "full",
                            "more than " + transport.settings().maxConnections() + " raft connections, closing "
                                    + oldest.remoteAddress());
                    accepted.remove(oldest);
                    oldest.close("too many connections");
                });
    }

    private static int usefulness(WireConnection connection) {
        return connection
                .remote()
                .map(remote -> remote.role() == PeerRole.VOTER ? 2 : 1)
                .orElse(0);
    }

    @Override
    public void shutdown() {
        running.set(false);
        listening.ifPresent(socket -> {
            try {
                socket.close();
            } catch (IOException e) {
                log.debug("closing the raft port failed", e);
            }
        });
        for (WireConnection connection : List.copyOf(accepted)) {
            connection.close("shut down");
        }
    }

    @Override
    public void registerConnectionClosedEventListener(ConnectionClosedEventListener listener) {
        closedListeners.add(listener);
    }

    @Override
    public void registerProcessor(RpcProcessor<?> processor) {
        processors.put(processor.interest(), processor);
    }

    @Override
    public int boundPort() {
        return listening.map(ServerSocket::getLocalPort).orElse(bind.getPort());
    }

    @Override
    public boolean isStarted() {
        return running.get();
    }

    /** Connections accepted and not closed, those still shaking hands included. */
    public int connectionCount() {
        accepted.removeIf(WireConnection::isClosed);
        return accepted.size();
    }

    private final class ServerHandler implements WireConnection.Handler {

        @Override
        public void onReady(WireConnection connection) {
            // The client speaks first.
        }

        @Override
        public void onRequest(WireConnection connection, Frame frame) {
            Object request;
            try {
                request = transport.settings().codecs().decode(frame.typeId(), frame.payload());
            } catch (IOException e) {
                transport.warn(
                        connection.remoteAddress() + " undecodable",
                        "raft request of " + connection.remoteAddress() + " refused: " + e.getMessage());
                connection.respondError(frame.call(), e.getMessage());
                return;
            }
            var processor = processors.get(request.getClass().getName());
            if (processor == null) {
                connection.respondError(
                        frame.call(), "nobody serves " + request.getClass().getSimpleName());
                return;
            }
            dispatch(connection, frame.call(), processor, request);
        }

        @Override
        public void onClosed(WireConnection connection, String why) {
            accepted.remove(connection);
            log.debug("raft connection {} closed: {}", connection.remoteAddress(), why);
            // A connection that never got through its handshake was never announced to jraft.
            if (connection.remote().isEmpty()) {
                return;
            }
            var proxy = new ServerConnection(connection);
            for (ConnectionClosedEventListener listener : closedListeners) {
                listener.onClosed(connection.remoteAddress(), proxy);
            }
        }
    }

    private void dispatch(WireConnection connection, long call, RpcProcessor<?> processor, Object request) {
        try {
            executorFor(processor, request).execute(() -> handle(connection, call, processor, request));
        } catch (RejectedExecutionException e) {
            connection.respondError(call, "overloaded");
        } catch (RuntimeException e) {
            log.warn("no executor for {}", processor.interest(), e);
            connection.respondError(call, "cannot be served now");
        }
    }

    /**
     * The entries of one sender are appended in their order. jraft's own executor for that is not used: when a connection
     * closes, jraft waits for the executor's end, for as long as 15 seconds, under the lock that its tasks and those of
     * every other sender need. Meanwhile no heartbeat is taken, and the member stands for election.
     */
    private Executor executorFor(RpcProcessor<?> processor, Object request) {
        if (request instanceof AppendEntriesRequest append) {
            var pair = new Pair(append.getGroupId(), append.getServerId(), append.getPeerId());
            return appending.computeIfAbsent(pair, _ -> new SerialExecutor(transport.executor()));
        }
        Executor chosen = processor.executor();
        return chosen == null ? transport.executor() : chosen;
    }

    @SuppressWarnings("unchecked")
    private static void handle(WireConnection connection, long call, RpcProcessor<?> processor, Object request) {
        var context = new ServerContext(connection, call);
        try {
            // The table of processors is keyed by the class of the request.
            ((RpcProcessor<Object>) processor).handleRequest(context, request);
        } catch (RuntimeException | Error e) {
            log.error("{} failed", processor.interest(), e);
            context.fail(e.toString());
        }
    }

    private static final class ServerContext implements RpcContext {
        private final WireConnection connection;
        private final long call;
        private final AtomicBoolean answered = new AtomicBoolean();

        ServerContext(WireConnection connection, long call) {
            this.connection = connection;
            this.call = call;
        }

        @Override
        public void sendResponse(Object response) {
            if (answered.compareAndSet(false, true)) {
                connection.respond(call, response);
            }
        }

        void fail(String why) {
            if (answered.compareAndSet(false, true)) {
                connection.respondError(call, why);
            }
        }

        @Override
        public Connection getConnection() {
            return new ServerConnection(connection);
        }

        @Override
        public String getRemoteAddress() {
            return connection.remoteAddress();
        }
    }

    private record ServerConnection(WireConnection connection) implements Connection {
        @Override
        public Object getAttribute(String key) {
            return connection.attributes().get(key);
        }

        @Override
        public void setAttribute(String key, Object value) {
            connection.attributes().put(key, value);
        }

        @Override
        public Object setAttributeIfAbsent(String key, Object value) {
            return connection.attributes().putIfAbsent(key, value);
        }

        @Override
        public void close() {
            connection.close("closed by the raft node");
        }
    }
}

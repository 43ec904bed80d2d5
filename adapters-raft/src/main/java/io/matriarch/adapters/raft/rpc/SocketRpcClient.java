package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** jraft's client side: one connection an endpoint, dialled when first needed and again after it ended. */
final class SocketRpcClient implements RpcClient {

    private static final Logger log = LoggerFactory.getLogger(SocketRpcClient.class);

    /** How much longer than the call itself a synchronous caller waits for its outcome to be delivered. */
    private static final long GRACE_MILLIS = 1000;

    private final RaftTransport transport;
    private final Map<Endpoint, WireConnection> connections = new ConcurrentHashMap<>();
    private final List<ReplicatorGroup> replicators = new CopyOnWriteArrayList<>();
    private volatile boolean open = true;
    private volatile Duration connectTimeout;

    SocketRpcClient(RaftTransport transport) {
        this.transport = transport;
        this.connectTimeout = transport.settings().connectTimeout();
    }

    @Override
    public boolean init(RpcOptions options) {
        if (options != null && options.getRpcConnectTimeoutMs() > 0) {
            connectTimeout = Duration.ofMillis(options.getRpcConnectTimeoutMs());
        }
        return true;
    }

    @Override
    public void shutdown() {
        open = false;
        for (WireConnection connection : List.copyOf(connections.values())) {
            connection.close("shut down");
        }
    }

    @Override
    public boolean checkConnection(Endpoint endpoint) {
        return checkConnection(endpoint, false);
    }

    @Override
    public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
        var connection = connections.get(endpoint);
        if (connection != null && connection.isReady()) {
            return true;
        }
        if (createIfAbsent && open) {
            connection(endpoint);
        }
        return false;
    }

    @Override
    public void closeConnection(Endpoint endpoint) {
        var connection = connections.remove(endpoint);
        if (connection != null) {
            connection.close("disconnected");
        }
    }

    @Override
    public void registerConnectEventListener(ReplicatorGroup group) {
        replicators.add(group);
    }

    @Override
    public Object invokeSync(Endpoint endpoint, Object request, InvokeContext context, long timeoutMs)
            throws InterruptedException, RemotingException {
        var answer = new CompletableFuture<Object>();
        send(endpoint, request, timeoutMs, (result, failure) -> {
            result.ifPresent(answer::complete);
            failure.ifPresent(answer::completeExceptionally);
        });
        try {
            return answer.get(timeoutMs + GRACE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw asRemoting(e.getCause());
        } catch (TimeoutException e) {
            throw new InvokeTimeoutException(e);
        }
    }

    @Override
    public void invokeAsync(
            Endpoint endpoint, Object request, InvokeContext context, InvokeCallback callback, long timeoutMs)
            throws RemotingException {
        if (!open) {
            throw new RemotingException("the raft client is shut down");
        }
        send(endpoint, request, timeoutMs, (result, failure) -> deliver(callback, result, failure));
    }

    private void send(Endpoint endpoint, Object request, long timeoutMs, WireConnection.Outcome outcome)
            throws RemotingException {
        if (!open) {
            throw new RemotingException("the raft client is shut down");
        }
        connection(endpoint).call(request, Duration.ofMillis(timeoutMs), outcome);
    }

    private void deliver(InvokeCallback callback, Optional<Object> result, Optional<Throwable> failure) {
        Runnable task = () -> callback.complete(
                result.orElse(null), failure.map(SocketRpcClient::asRemoting).orElse(null));
        Executor executor = callback.executor() == null ? transport.executor() : callback.executor();
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            // A lost callback would stall replication to this peer for good, so it runs wherever it can.
            Thread.ofVirtual().start(task);
        }
    }

    private static RemotingException asRemoting(Throwable failure) {
        return failure instanceof RemotingException known ? known : new RemotingException(failure);
    }

    /** The live connection, or a new one that is being dialled. */
    private WireConnection connection(Endpoint endpoint) {
        return connections.compute(
                endpoint,
                (key, present) -> present != null && !present.isClosed()
                        ? present
                        : transport.dial(endpoint, connectTimeout, new ClientHandler(endpoint)));
    }

    private final class ClientHandler implements WireConnection.Handler {
        private final Endpoint endpoint;

        ClientHandler(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        @Override
        public void onReady(WireConnection connection) {
            if (!open) {
                connection.close("shut down");
                return;
            }
            // On another thread: checkReplicator takes the node's write lock, and whoever dials may hold its read lock.
            transport.executor().execute(() -> {
                var peer = new PeerId(endpoint, 0);
                for (ReplicatorGroup group : replicators) {
                    try {
                        group.checkReplicator(peer, true);
                    } catch (RuntimeException e) {
                        log.warn("the replicator to {} could not be checked", peer, e);
                    }
                }
            });
        }

        @Override
        public void onRequest(WireConnection connection, Frame request) {
            connection.respondError(request.call(), "this end only asks");
        }

        @Override
        public void onClosed(WireConnection connection, String why) {
            log.debug("raft connection to {} closed: {}", endpoint, why);
        }
    }
}

package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.util.Endpoint;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * One connection to a member's Raft port for whoever has no Raft node of its own: the command line, and agents without a
 * vote. Made by {@link RaftTransport#connect} or, for a single question, by {@link #connect}. Thread-safe; it does not
 * reconnect.
 */
public final class RaftWireClient implements AutoCloseable {

    private final RaftTransport transport;
    private final WireConnection connection;
    private final boolean ownsTransport;

    private RaftWireClient(RaftTransport transport, WireConnection connection, boolean ownsTransport) {
        this.transport = transport;
        this.connection = connection;
        this.ownsTransport = ownsTransport;
    }

    /**
     * Connects as a client with a transport of its own, which is closed with it.
     *
     * @throws IOException if the connection is not there within the timeout, or one of the ends refuses
     */
    public static RaftWireClient connect(Endpoint endpoint, TransportSettings settings, Duration timeout)
            throws IOException, InterruptedException {
        var transport = new RaftTransport(settings);
        try {
            return new RaftWireClient(transport, dial(transport, endpoint, timeout), true);
        } catch (IOException | InterruptedException | RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    /** As above, with the default settings of a client. */
    public static RaftWireClient connect(Endpoint endpoint, TransportSecurity security, Duration timeout)
            throws IOException, InterruptedException {
        return connect(endpoint, TransportSettings.of(security, PeerRole.CLIENT, "client"), timeout);
    }

    static RaftWireClient open(RaftTransport transport, Endpoint endpoint, Duration timeout)
            throws IOException, InterruptedException {
        return new RaftWireClient(transport, dial(transport, endpoint, timeout), false);
    }

    private static WireConnection dial(RaftTransport transport, Endpoint endpoint, Duration timeout)
            throws IOException, InterruptedException {
        var connection = transport.dial(endpoint, timeout, new Silent());
        if (!connection.awaitReady(timeout)) {
            connection.close("no connection within " + timeout.toMillis() + " ms");
            throw new ConnectException(endpoint + ": " + connection.closedBecause());
        }
        return connection;
    }

    /**
     * Asks and waits for the answer.
     *
     * @param request a message whose class the codecs of the settings know
     * @throws SocketTimeoutException if there is no answer in time; the request may have been carried out
     * @throws RemoteErrorException if the other end says that it cannot serve it
     * @throws IOException if the connection ends; the request may have been carried out
     */
    public Object call(Object request, Duration timeout) throws IOException, InterruptedException {
        var answer = new CompletableFuture<Object>();
        connection.call(request, timeout, (result, failure) -> {
            result.ifPresent(answer::complete);
            failure.ifPresent(answer::completeExceptionally);
        });
        try {
            return answer.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case InvokeTimeoutException late -> throw new SocketTimeoutException(late.getMessage());
                case RemoteErrorException refused -> throw refused;
                case Throwable other -> throw new IOException(other.getMessage(), other);
            }
        }
    }

    /** As {@link #call(Object, Duration)}, and the answer must be of the given class. */
    public <T> T call(Object request, Class<T> expected, Duration timeout) throws IOException, InterruptedException {
        Object answer = call(request, timeout);
        if (!expected.isInstance(answer)) {
            throw new WireException("expected " + expected.getSimpleName() + ", the answer is "
                    + answer.getClass().getSimpleName());
        }
        return expected.cast(answer);
    }

    public boolean isOpen() {
        return connection.isReady();
    }

    /** The cluster id the other end gave, empty if none. */
    public String remoteClusterId() {
        return connection.remote().map(Hello::clusterId).orElse("");
    }

    /** What the other end calls itself, host:port for a member. */
    public String remoteName() {
        return connection.remote().map(Hello::self).orElse("");
    }

    @Override
    public void close() {
        connection.close("closed");
        if (ownsTransport) {
            transport.close();
        }
    }

    private static final class Silent implements WireConnection.Handler {
        @Override
        public void onReady(WireConnection connection) {
            // Whoever dialled waits for it.
        }

        @Override
        public void onRequest(WireConnection connection, Frame request) {
            connection.respondError(request.call(), "this end only asks");
        }

        @Override
        public void onClosed(WireConnection connection, String why) {
            // Open calls have failed, and the next one will.
        }
    }
}

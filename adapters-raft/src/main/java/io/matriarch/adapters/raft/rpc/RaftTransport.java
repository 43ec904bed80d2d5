package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network of one Raft member, or of one client: makes servers, clients for jraft and plain clients that share the
 * security settings, one timer thread and the list of open connections.
 *
 * <p>Closing it ends every connection; servers and clients made by it are useless afterwards.
 */
public final class RaftTransport implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RaftTransport.class);
    private static final long LAST_WORDS_MILLIS = 20;

    /**
     * An open connection, for status pages.
     *
     * @param remoteAddress address:port
     * @param self what the other end calls itself
     */
    public record ConnectionInfo(String remoteAddress, PeerRole role, String self, Duration age) {}

    private final TransportSettings settings;
    private final Handshaker handshaker;
    private final ScheduledExecutorService scheduler;
    private final ThreadFactory threads;
    private final ExecutorService executor;
    private final Set<WireConnection> connections = ConcurrentHashMap.newKeySet();
    private final RateLimitedLog warnings = new RateLimitedLog(log);

    /**
     * Reads the TLS files, or begins to derive the key of the shared secret.
     *
     * @throws IOException if a TLS file is missing or unusable
     */
    public RaftTransport(TransportSettings settings) throws IOException {
        this.settings = settings;
        this.handshaker = new Handshaker(settings);
        // A process with virtual threads that used the network takes 300 ms to end: so long the JVM waits for the
        // thread that polls for them. A client has a handful of threads, so a command line does without.
        this.threads = settings.role() == PeerRole.VOTER ? Thread.ofVirtual().factory() : RaftTransport::daemon;
        this.executor = Executors.newThreadPerTaskExecutor(threads);
        var timer = new ScheduledThreadPoolExecutor(1, RaftTransport::daemon);
        timer.setRemoveOnCancelPolicy(true);
        this.scheduler = timer;
        if (settings.security() instanceof TransportSecurity.Open && settings.role() == PeerRole.VOTER) {
            log.warn(
                    "the raft port of {} is open: no secret and no encryption, partners are known by address only",
                    settings.self());
        }
    }

    /** Not by the JDK's builder: what that one numbers its threads with takes a command line 5 ms to make. */
    private static Thread daemon(Runnable task) {
        var thread = new Thread(task, "raft-rpc");
        thread.setDaemon(true);
        return thread;
    }

    public TransportSettings settings() {
        return settings;
    }

    /** A server for jraft, not started: register processors, then {@code init(null)} binds it. Port 0 picks a free one. */
    public SocketRpcServer server(InetSocketAddress bind) {
        return new SocketRpcServer(this, bind);
    }

    /** A client for jraft. */
    public RpcClient client() {
        return new SocketRpcClient(this);
    }

    /**
     * A connection of our own, without jraft.
     *
     * @throws IOException if it is not there within the timeout, or one of the ends refuses
     */
    public RaftWireClient connect(Endpoint endpoint, Duration timeout) throws IOException, InterruptedException {
        return RaftWireClient.open(this, endpoint, timeout);
    }

    /** The connections accepted and dialled that are through their handshake. */
    public List<ConnectionInfo> connections() {
        var list = new ArrayList<ConnectionInfo>();
        for (WireConnection connection : connections) {
            connection
                    .remote()
                    .ifPresent(remote -> list.add(new ConnectionInfo(
                            connection.remoteAddress(), remote.role(), remote.self(), connection.age())));
        }
        return list;
    }

    /** Dials in the background; what is called on the connection meanwhile is sent once it is ready. */
    WireConnection dial(Endpoint endpoint, Duration within, WireConnection.Handler handler) {
        var connection = new WireConnection(this, new Socket(), endpoint.toString(), handler);
        start(
                connection,
                () -> connection.run(
                        socket -> {
                            socket.connect(new InetSocketAddress(endpoint.getIp(), endpoint.getPort()), (int)
                                    within.toMillis());
                            return handshaker.connect(socket, endpoint.getIp());
                        },
                        within));
        return connection;
    }

    /** Serves an accepted socket in the background. */
    WireConnection serve(Socket accepted, WireConnection.Handler handler) {
        var address = accepted.getInetAddress().getHostAddress() + ":" + accepted.getPort();
        var connection = new WireConnection(this, accepted, address, handler);
        start(connection, () -> connection.run(handshaker::accept, settings.handshakeTimeout()));
        return connection;
    }

    /** A connection begun after the end is closed at once, and its calls fail like those of any other. */
    private void start(WireConnection connection, Runnable life) {
        connections.add(connection);
        try {
            executor.execute(life);
        } catch (RejectedExecutionException e) {
            connection.close("the transport is closed");
        }
    }

    /** Ends the connections with other voters; those that may go on are made again. */
    public void closeVoters(String why) {
        for (WireConnection connection : List.copyOf(connections)) {
            if (connection
                    .remote()
                    .filter(remote -> remote.role() == PeerRole.VOTER)
                    .isPresent()) {
                connection.close(why);
            }
        }
    }

    void forget(WireConnection connection) {
        connections.remove(connection);
    }

    ScheduledExecutorService scheduler() {
        return scheduler;
    }

    ExecutorService executor() {
        return executor;
    }

    /** Runs it even after the end. */
    void runApart(Runnable task) {
        threads.newThread(task).start();
    }

    Logger log() {
        return log;
    }

    void warn(String key, String message) {
        warnings.warn(key, message);
    }

    @Override
    public void close() {
        for (WireConnection connection : List.copyOf(connections)) {
            connection.close("shut down");
        }
        scheduler.shutdownNow();
        executor.shutdown();
        if (settings.role() == PeerRole.CLIENT) {
            awaitEnd();
        }
    }

    /** The JVM ends the quicker the fewer threads are inside of a system call. They leave it at once, closed as it is. */
    private void awaitEnd() {
        try {
            executor.awaitTermination(LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

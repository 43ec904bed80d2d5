package io.matriarch.adapters.etcd;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to one etcd member at a time.
 *
 * <p>A call is sent only over a connection that is established, and gRPC's own retries are off: so nothing below the
 * port ever sends a request twice (SAF-012, SAF-020), while a member that is down costs a connection attempt and not a
 * call. After a failure the next member's turn comes, with a connection of its own, so that a hung member or a stale
 * connection is not used again.
 */
final class EtcdConnection implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EtcdConnection.class);

    /** Values may be large (a configuration, a long history), and one read has them all. */
    private static final int MAX_MESSAGE = 64 << 20;

    /** A watch has no deadline: this finds a peer that went silent. etcd refuses pings more frequent than each 5 s. */
    private static final Duration PING_EVERY = Duration.ofSeconds(10);

    private static final Duration PING_TIMEOUT = Duration.ofSeconds(5);

    /** Calls of other threads over a connection that is given up may still end. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final EtcdEndpoints endpoints;
    private final Optional<SslContext> tls;
    private final EtcdToken token;
    private final EventLoopGroup network = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ExecutorService callbacks = Executors.newVirtualThreadPerTaskExecutor();
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<EtcdSession> open = Optional.empty();
    private int turn;
    private boolean closed;

    EtcdConnection(EtcdEndpoints endpoints, Optional<SslContext> tls, EtcdToken token) {
        this.endpoints = endpoints;
        this.tls = tls;
        this.token = token;
    }

    /** An established connection; tries each member once. */
    EtcdSession session(Budget budget) throws EtcdUnavailableException {
        try {
            if (!lock.tryLock(budget.left().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new EtcdUnavailableException("no connection to etcd in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EtcdUnavailableException("interrupted while connecting to etcd");
        }
        try {
            return connected(budget);
        } finally {
            lock.unlock();
        }
    }

    /** A call failed: unless the member itself said no, the next call uses another connection. */
    void failed(EtcdSession session, StatusRuntimeException failure) {
        if (EtcdFailures.isAnswer(failure)) {
            return;
        }
        lock.lock();
        try {
            if (open.isPresent() && open.get() == session) {
                log.info("leaving etcd member {}: {}", session.endpoint(), EtcdFailures.text(failure));
                giveUp(session);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Asks etcd for its members when that was not done for so long; without an answer what is known stays. */
    void learnMembers(EtcdSession session, Duration interval, Budget budget) {
        endpoints.learn(session, interval, budget);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            open.ifPresent(session -> session.managed().shutdownNow());
            open = Optional.empty();
        } finally {
            lock.unlock();
        }
        network.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        callbacks.shutdown();
    }

    private EtcdSession connected(Budget budget) throws EtcdUnavailableException {
        if (closed) {
            throw new EtcdUnavailableException("the etcd client is closed");
        }
        var known = endpoints.get();
        for (int tried = 0; tried < known.size(); tried++) {
            var session = open.isPresent() ? open.get() : connect(known.get(Math.floorMod(turn, known.size())));
            open = Optional.of(session);
            if (isReady(session.managed(), budget.share(known.size() - tried))) {
                return session;
            }
            giveUp(session);
        }
        throw new EtcdUnavailableException("no etcd member reachable of " + known);
    }

    private void giveUp(EtcdSession session) {
        open = Optional.empty();
        turn++;
        var channel = session.managed();
        channel.shutdown();
        if (!network.isShuttingDown()) {
            network.schedule(channel::shutdownNow, GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private EtcdSession connect(Endpoint endpoint) {
        var builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .eventLoopGroup(network)
                .channelType(NioSocketChannel.class, InetSocketAddress.class)
                .executor(callbacks)
                .disableRetry()
                .disableServiceConfigLookUp()
                .maxInboundMessageSize(MAX_MESSAGE)
                .keepAliveTime(PING_EVERY.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(PING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        tls.ifPresentOrElse(
                context -> builder.negotiationType(NegotiationType.TLS).sslContext(context),
                () -> builder.negotiationType(NegotiationType.PLAINTEXT));
        return new EtcdSession(endpoint, builder.build(), token);
    }

    /** A connection is ready once the member's HTTP/2 settings have come: a process that hangs never gets there. */
    private static boolean isReady(ManagedChannel channel, Budget budget) throws EtcdUnavailableException {
        var changed = new Semaphore(0);
        while (true) {
            var state = channel.getState(true);
            if (state == ConnectivityState.READY) {
                return true;
            }
            if (state == ConnectivityState.TRANSIENT_FAILURE || state == ConnectivityState.SHUTDOWN) {
                return false;
            }
            channel.notifyWhenStateChanged(state, changed::release);
            try {
                if (!changed.tryAcquire(budget.left().toNanos(), TimeUnit.NANOSECONDS)) {
                    return false;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new EtcdUnavailableException("interrupted while connecting to etcd");
            }
        }
    }
}

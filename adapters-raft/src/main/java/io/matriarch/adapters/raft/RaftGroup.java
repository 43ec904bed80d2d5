package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.RaftGroupService;
import io.matriarch.adapters.raft.log.FileLogStorage;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.SocketRpcServer;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running Raft member: jraft's node, its server and its threads. Made by {@link RaftNodes#start}. */
public final class RaftGroup implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RaftGroup.class);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);
    private static final long CHECK_SECONDS = 5;

    record Pools(ThreadPoolExecutor raft, ThreadPoolExecutor cli) {
        void shutdown() {
            raft.shutdown();
            cli.shutdown();
        }
    }

    private final RaftNodeSettings settings;
    private final RaftGroupService service;
    private final Node node;
    private final SocketRpcServer server;
    private final RaftServiceFactory factory;
    private final Pools pools;
    private final RaftTransport transport;
    private final ScheduledExecutorService snapshots;
    private long bytesAtSnapshot;
    private long indexAtSnapshot;
    private long snapshotAt = System.nanoTime();

    RaftGroup(
            RaftNodeSettings settings,
            RaftGroupService service,
            Node node,
            SocketRpcServer server,
            RaftServiceFactory factory,
            Pools pools,
            RaftTransport transport) {
        this.settings = settings;
        this.service = service;
        this.node = node;
        this.server = server;
        this.factory = factory;
        this.pools = pools;
        this.transport = transport;
        this.indexAtSnapshot = log().getFirstLogIndex() - 1;
        // What the log already has counts: a process that lives shorter than this takes would else never shorten it.
        this.bytesAtSnapshot = -log().bytes();
        this.snapshots = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name("raft-snapshots").factory());
        snapshots.scheduleWithFixedDelay(this::considerSnapshot, CHECK_SECONDS, CHECK_SECONDS, TimeUnit.SECONDS);
        // How fast the log grows must not decide how large it gets.
        log().onGrowth(Math.max(1, settings.snapshotLogBytes() / 4), this::grew);
    }

    public Node node() {
        return node;
    }

    public RaftNodeSettings settings() {
        return settings;
    }

    public SocketRpcServer server() {
        return server;
    }

    public RaftTransport transport() {
        return transport;
    }

    /** The log, for its figures only: jraft alone writes and truncates it. */
    public FileLogStorage log() {
        return factory.log().orElseThrow(() -> new IllegalStateException("jraft made no log"));
    }

    private void grew() {
        try {
            snapshots.execute(this::considerSnapshot);
        } catch (RejectedExecutionException e) {
            log.debug("the log grows while its member stops");
        }
    }

    /** By time if enough happened, and by size, because a burst of large entries must not fill the disk meanwhile. */
    private void considerSnapshot() {
        try {
            long appended = log().appendedBytes();
            long last = log().getLastLogIndex();
            boolean byTime = System.nanoTime() - snapshotAt
                            >= settings.snapshotInterval().toNanos()
                    && last - indexAtSnapshot >= settings.snapshotEntries();
            if (!byTime && appended - bytesAtSnapshot < settings.snapshotLogBytes()) {
                return;
            }
            bytesAtSnapshot = appended;
            indexAtSnapshot = last;
            snapshotAt = System.nanoTime();
            Closure done = status -> log.info("snapshot of {} near entry {}: {}", settings.self(), last, status);
            node.snapshot(done);
        } catch (RuntimeException e) {
            log.warn("no snapshot of {}", settings.self(), e);
        }
    }

    /** Stops serving, then the node; waits for at most ten seconds, because jraft can wait for a snapshot for ever. */
    @Override
    public void close() {
        snapshots.shutdownNow();
        service.shutdown();
        var joiner = Thread.ofVirtual().name("raft-join").start(() -> {
            try {
                service.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            if (!joiner.join(STOP_WITHIN)) {
                log.warn("the raft node {} has not stopped within {} s", settings.self(), STOP_WITHIN.toSeconds());
                joiner.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pools.shutdown();
    }
}

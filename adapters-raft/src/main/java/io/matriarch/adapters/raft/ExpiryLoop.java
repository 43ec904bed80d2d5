package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.lease.RaftCommand;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proposes the end of leases whose time is over (SAF-011). Only a leader that has applied an entry of its own term does,
 * and it names that term: a leader that was paused and deposed meanwhile is refused by the log. It also gives a new store
 * its identity.
 */
final class ExpiryLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ExpiryLoop.class);
    private static final Duration LONGEST = Duration.ofMillis(100);
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final RaftNode node;
    private final Thread thread;
    private final Map<RaftCommand.Expire, Long> proposed = new HashMap<>();
    private long namedNanos = System.nanoTime() - AGAIN.toNanos();
    private volatile boolean closed;

    ExpiryLoop(RaftNode node) {
        this.node = node;
        this.thread = Thread.ofVirtual().name("raft-expiry").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            try {
                LockSupport.parkNanos(turn().toNanos());
            } catch (RuntimeException e) {
                log.warn("no lease can be ended now", e);
                Pause.millis(LONGEST.toMillis());
            }
        }
    }

    private Duration turn() {
        long term = node.machine().leaderTerm();
        if (term < 0) {
            proposed.clear();
            return LONGEST;
        }
        long now = System.nanoTime();
        if (node.clusterId().isEmpty() && now - namedNanos > AGAIN.toNanos()) {
            namedNanos = now;
            node.propose(new RaftCommand.NameCluster(UUID.randomUUID().toString()), term);
        }
        var due = node.due(LONGEST);
        proposed.values().removeIf(at -> now - at > AGAIN.toNanos());
        for (var expire : due.expired()) {
            if (proposed.putIfAbsent(expire, now) == null) {
                log.info("lease {} is over, last counted by entry {}", expire.leaseId(), expire.seq());
                node.propose(expire, term);
            }
        }
        // A nanosecond short of the bound would make this a busy loop.
        return due.next().plusNanos(100_000);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}

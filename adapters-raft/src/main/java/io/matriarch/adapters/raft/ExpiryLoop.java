package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.lease.ExpiryRule;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.voter.ExpiryProposals;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread on which a leader proposes the end of leases. */
final class ExpiryLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ExpiryLoop.class);

    private static final Duration NOT_LEADING = Duration.ofSeconds(2);

    private final RaftNode node;
    private final Thread thread;
    private final ExpiryProposals proposals = new ExpiryProposals(new NodeLog(), ExpiryLoop::tell, System.nanoTime());
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

    private static void tell(RaftCommand.Expire expire) {
        log.info("lease {} is over, last counted by entry {}", expire.leaseId(), expire.seq());
    }

    private void run() {
        while (!closed) {
            try {
                var next = proposals.turn(System.nanoTime());
                // Who does not lead has nothing to propose and is woken when it does.
                LockSupport.parkNanos((node.machine().leaderTerm() < 0 ? NOT_LEADING : next).toNanos());
            } catch (RuntimeException e) {
                log.warn("no lease can be ended now", e);
                Pause.millis(ExpiryProposals.LONGEST.toMillis());
            }
        }
    }

    private final class NodeLog implements ExpiryProposals.Log {

        @Override
        public long leaderTerm() {
            return node.machine().leaderTerm();
        }

        @Override
        public String clusterId() {
            return node.clusterId();
        }

        @Override
        public ExpiryRule.Due due(Duration longest) {
            return node.due(longest);
        }

        @Override
        public void propose(RaftCommand command, long expectedTerm) {
            node.propose(command, expectedTerm);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}

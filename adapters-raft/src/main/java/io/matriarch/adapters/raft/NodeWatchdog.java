package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebuilds a node that no longer does its work though it believes so. A leader must commit: one that still leads, as its
 * own step-down timer sees its peers, and cannot commit a record is broken (jraft issues 1271 and 1274 lose wake-ups and
 * heartbeats for good). So is a leader that sends nothing to a peer which answers when asked. And a node in error, after
 * a full disk for instance, is tried again.
 */
final class NodeWatchdog implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(NodeWatchdog.class);
    private static final int QUIET_TIMEOUTS = 5;
    private static final int COMMIT_TIMEOUTS = 6;
    private static final int SILENT_TIMEOUTS = 20;
    private static final Duration AFTER_ERROR = Duration.ofSeconds(5);
    private static final Duration BETWEEN_SILENCES = Duration.ofMinutes(1);
    private static final Duration ASK = Duration.ofSeconds(1);

    private final RaftNode node;
    private final PeerLinks links;
    private final MembershipReport membership;
    private final Thread thread;
    private final Map<Endpoint, Long> silentSince = new HashMap<>();
    private long rebuiltForSilence = System.nanoTime() - BETWEEN_SILENCES.toNanos();
    private volatile boolean closed;

    NodeWatchdog(RaftNode node, PeerLinks links) {
        this.node = node;
        this.links = links;
        this.membership = new MembershipReport(node, links);
        this.thread = Thread.ofVirtual().name("raft-watchdog").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (!closed) {
            Pause.millis(node.electionTimeout().toMillis());
            try {
                look();
                membership.look();
                settleIdentity();
            } catch (RuntimeException e) {
                log.warn("cannot judge the raft node", e);
            }
        }
    }

    /** A recovery that was cut short between its two steps is finished here. */
    private void settleIdentity() {
        node.identity().settle(node.storedClusterId());
        var wanted = node.identity().wanted();
        if (wanted.isPresent() && node.machine().leaderTerm() >= 0) {
            node.propose(new RaftCommand.Recover(wanted.get()), node.machine().leaderTerm());
        }
    }

    private void look() {
        var state = node.raft().getNodeState();
        if (closed) {
            return;
        }
        if (!state.isActive()) {
            Pause.millis(AFTER_ERROR.toMillis());
            node.rebuild("it is in state " + state);
            return;
        }
        if (state != State.STATE_LEADER) {
            silentSince.clear();
            return;
        }
        if (!commits()) {
            node.rebuild("it leads and cannot commit a record");
        } else if (neglectsSomebody()) {
            rebuiltForSilence = System.nanoTime();
            node.rebuild("it leads and sends no heartbeats to a member that answers");
        }
    }

    private boolean commits() {
        long term = node.machine().leaderTerm();
        var quiet = node.clock().now().since(node.machine().lastApplied());
        if (term < 0 || quiet.compareTo(node.electionTimeout().multipliedBy(QUIET_TIMEOUTS)) < 0) {
            return true;
        }
        var end = RaftNode.await(
                node.propose(new RaftCommand.Noop(), term),
                node.electionTimeout().multipliedBy(COMMIT_TIMEOUTS));
        // Any end at all is fine: a leader that was deposed ends its proposals too.
        return end.isPresent() || closed || node.machine().leaderTerm() != term || !node.leads();
    }

    private boolean neglectsSomebody() {
        long now = System.nanoTime();
        var heard = new HashSet<Endpoint>();
        node.raft().listAlivePeers().stream().map(PeerId::getEndpoint).forEach(heard::add);
        silentSince.keySet().retainAll(node.voters());
        for (var voter : node.voters()) {
            if (heard.contains(voter) || voter.equals(node.self())) {
                silentSince.remove(voter);
            } else {
                silentSince.putIfAbsent(voter, now);
            }
        }
        long bound = node.electionTimeout().toNanos() * SILENT_TIMEOUTS;
        if (now - rebuiltForSilence < BETWEEN_SILENCES.toNanos()) {
            return false;
        }
        return silentSince.entrySet().stream()
                .anyMatch(entry -> now - entry.getValue() > bound && waitsForLeader(entry.getKey()));
    }

    private boolean waitsForLeader(Endpoint voter) {
        return links.ask(voter, new StoreRequest.Status(false), ASK) instanceof Asked.Answered answered
                && answered.reply() instanceof StoreReply.Status status
                && status.leader().isEmpty();
    }

    @Override
    public void close() {
        closed = true;
        // No interrupt: it would close the very files jraft is writing on this thread.
        LockSupport.unpark(thread);
    }
}

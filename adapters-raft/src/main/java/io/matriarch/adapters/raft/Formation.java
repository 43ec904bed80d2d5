package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.StoreRequest.Verb;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member with an empty log does: it makes the group together with others that are as empty, or joins the group
 * that is there. A member that lost its disk must not vote as if nothing had been: so it starts without a configuration,
 * in which jraft neither campaigns nor votes, and takes the configured one only if a majority of it is as blank as itself.
 */
final class Formation implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Formation.class);
    private static final Duration ASK = Duration.ofMillis(500);
    private static final Duration JOIN = Duration.ofSeconds(5);
    private static final Duration YOUTH = Duration.ofMinutes(1);
    private static final long PAUSE_MILLIS = 150;
    private static final long SAY_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

    private final RaftNode node;
    private final PeerLinks links;
    private final Thread thread;
    private volatile boolean formed;
    private volatile long formedNanos;
    private volatile boolean closed;
    private long saidNanos = System.nanoTime() - SAY_EVERY_NANOS;

    Formation(RaftNode node, PeerLinks links) {
        this.node = node;
        this.links = links;
        this.thread = Thread.ofVirtual().name("raft-formation").unstarted(this::run);
    }

    void start() {
        if (node.raft().getLastLogIndex() == 0) {
            thread.start();
        }
    }

    /** How far this member is. One entry is what the very first leader writes before it knows that it leads. */
    Phase phase() {
        if (formed && System.nanoTime() - formedNanos < YOUTH.toNanos()) {
            return Phase.YOUNG;
        }
        return node.raft().getLastLogIndex() <= 1 ? Phase.BLANK : Phase.SETTLED;
    }

    private void run() {
        while (!closed && node.raft().getLastLogIndex() == 0 && !formed) {
            try {
                step();
            } catch (RuntimeException e) {
                log.warn("cannot form or join the raft group now", e);
            }
            if (!formed) {
                Pause.millis(PAUSE_MILLIS);
            }
        }
    }

    private void step() {
        var answers = ask(node.settings().partners());
        var foreign = answers.stream().filter(this::isGroupWithoutUs).findFirst();
        if (foreign.isPresent()) {
            join(foreign.get());
            return;
        }
        var everybody = node.settings().everybody();
        int blank = 1
                + (int) answers.stream()
                        .filter(status -> status.phase() != Phase.SETTLED)
                        .count();
        if (blank > everybody.size() / 2) {
            form(everybody);
        } else if (System.nanoTime() - saidNanos >= SAY_EVERY_NANOS) {
            saidNanos = System.nanoTime();
            log.info("waiting on raft: {} of {} members answer", 1 + answers.size(), everybody.size());
        }
    }

    private boolean isGroupWithoutUs(StoreReply.Status status) {
        return switch (status.phase()) {
            case BLANK -> false;
            case YOUNG ->
                status.peers().stream()
                        .noneMatch(peer -> peer.address().equals(node.self().toString()));
            case SETTLED -> true;
        };
    }

    private void form(List<Endpoint> everybody) {
        var group = new Configuration();
        everybody.forEach(member -> group.addPeer(new PeerId(member, 0)));
        formedNanos = System.nanoTime();
        formed = true;
        var status = node.raft().resetPeers(group);
        if (!status.isOk()) {
            formed = false;
            log.warn("cannot take the raft configuration {}: {}", group, status);
            return;
        }
        log.info("forms the raft group {}", group);
    }

    /** A leader that lists us already sends its log without being asked; another one has to be asked. */
    private void join(StoreReply.Status status) {
        boolean listed = status.peers().stream()
                .anyMatch(peer -> peer.address().equals(node.self().toString()));
        if (!listed) {
            var member = Addresses.parse(status.self()).orElseThrow();
            log.info("asks {} to be added to the raft group", member);
            var request = new StoreRequest.Reconfigure(Verb.ADD, node.self().toString(), JOIN, true);
            log.info("answer of {}: {}", member, links.ask(member, request, JOIN));
        }
    }

    private List<StoreReply.Status> ask(List<Endpoint> partners) {
        var answers = new ArrayList<Optional<StoreReply.Status>>();
        try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = partners.stream()
                    .map(partner -> threads.submit(() -> status(partner)))
                    .toList();
            for (var future : futures) {
                answers.add(future.get());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException e) {
            log.warn("a partner cannot be asked", e.getCause());
        }
        return answers.stream().flatMap(Optional::stream).toList();
    }

    private Optional<StoreReply.Status> status(Endpoint partner) {
        return links.ask(partner, new StoreRequest.Status(false), ASK) instanceof PeerLinks.Answered answered
                        && answered.reply() instanceof StoreReply.Status status
                ? Optional.of(status)
                : Optional.empty();
    }

    @Override
    public void close() {
        closed = true;
        // No interrupt: it would close the very files jraft is writing on this thread.
        LockSupport.unpark(thread);
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreReply.Peer;
import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.StoreRequest.Verb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member with an empty log does: it makes the group together with others that are as empty, or joins the group
 * that is there. A member that lost its disk must not vote as if nothing had been: it could elect one who lacks what its
 * lost log had acknowledged. So it starts without a configuration, with which jraft does not campaign, and gives no vote
 * before a majority of the configured members turned out to be as blank as itself, or it has everything the group had
 * committed when it came. A file says that it is not so far, for a restart in between.
 */
final class Formation implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Formation.class);
    private static final Duration ASK = Duration.ofMillis(500);
    private static final Duration JOIN = Duration.ofSeconds(5);
    private static final String MARKER = "joining";
    private static final long PAUSE_MILLIS = 150;
    private static final long SAY_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

    private final Supplier<RaftNode> node;
    private final Path marker;
    private final Thread thread;
    private volatile boolean formed;
    private volatile boolean mayVote;
    private volatile boolean closed;
    private long saidNanos = System.nanoTime() - SAY_EVERY_NANOS;

    private Formation(Supplier<RaftNode> node, Path marker, boolean mayVote) {
        this.node = node;
        this.marker = marker;
        this.mayVote = mayVote;
        this.thread = Thread.ofVirtual().name("raft-formation").unstarted(this::run);
    }

    /**
     * Before the port is opened: whether this directory has a log that counts.
     *
     * @throws IOException if the directory cannot be used
     */
    static Formation of(RaftSettings settings, Supplier<RaftNode> node) throws IOException {
        var marker = settings.directory().resolve(MARKER);
        var logs = settings.directory().resolve(RaftNodes.LOG);
        boolean blank = !Files.isDirectory(logs) || Files.exists(marker);
        if (blank) {
            Files.createDirectories(settings.directory());
            Files.writeString(marker, "this member has not joined its raft group yet\n");
        }
        return new Formation(node, marker, !blank);
    }

    void start() {
        if (isUnfinished()) {
            thread.start();
        }
    }

    /** Also after a crash between taking the configuration and the first entry, which leaves neither. */
    private boolean isUnfinished() {
        return !mayVote || !formed && node().raft().getLastLogIndex() == 0;
    }

    /** Whether a vote of this member is worth anything. */
    boolean mayVote() {
        return mayVote;
    }

    /** How far this member is. One entry is what the very first leader writes before it knows that it leads. */
    Phase phase() {
        return node().raft().getLastLogIndex() <= 1 ? Phase.BLANK : Phase.SETTLED;
    }

    private void run() {
        while (!closed && isUnfinished()) {
            try {
                step();
            } catch (RuntimeException e) {
                log.warn("cannot form or join the raft group now", e);
            }
            if (isUnfinished()) {
                Pause.millis(PAUSE_MILLIS);
            }
        }
    }

    private void step() {
        if (node().raft().getLastLogIndex() > 0) {
            catchUp();
            return;
        }
        var answers = ask(node().settings().partners());
        var settled = answers.stream()
                .filter(status -> status.phase() == Phase.SETTLED)
                .findFirst();
        if (settled.isPresent()) {
            join(settled.get());
            return;
        }
        var everybody = node().settings().everybody();
        long blank =
                1 + answers.stream().filter(status -> agrees(status, everybody)).count();
        if (blank > everybody.size() / 2) {
            form(everybody);
        } else {
            var silent = node().settings().partners().stream()
                    .map(Endpoint::toString)
                    .collect(Collectors.toCollection(TreeSet::new));
            answers.forEach(status -> silent.remove(status.self()));
            say("waiting on raft: %d of %d members answer, not %s"
                    .formatted(1 + answers.size(), everybody.size(), String.join(", ", silent)));
        }
    }

    /** Two that start a group with different members in mind could make two groups. */
    private boolean agrees(StoreReply.Status status, List<Endpoint> everybody) {
        var ours = everybody.stream().map(Endpoint::toString).collect(Collectors.toCollection(TreeSet::new));
        var theirs = status.peers().stream().map(Peer::address).collect(Collectors.toCollection(TreeSet::new));
        theirs.add(status.self());
        if (!ours.equals(theirs)) {
            say("waiting on raft: %s starts with the members %s, this member with %s"
                    .formatted(status.self(), theirs, ours));
        }
        return ours.equals(theirs);
    }

    private void say(String what) {
        if (System.nanoTime() - saidNanos >= SAY_EVERY_NANOS) {
            saidNanos = System.nanoTime();
            log.info(what);
        }
    }

    private void form(List<Endpoint> everybody) {
        var group = new Configuration();
        everybody.forEach(member -> group.addPeer(new PeerId(member, 0)));
        formed = true;
        vote();
        var status = node().raft().resetPeers(group);
        log.info("forms the raft group {}: {}", group, status);
    }

    /** The leader sends its log; a linearizable read says when everything that was committed is here. */
    private void catchUp() {
        var status = RaftNode.await(node().caughtUp(ASK), ASK);
        if (status.isPresent() && status.get().isOk()) {
            log.info("has caught up with the raft group and votes from now on");
            vote();
        }
    }

    private void vote() {
        try {
            Files.deleteIfExists(marker);
            mayVote = true;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + marker, e);
        }
    }

    private RaftNode node() {
        return node.get();
    }

    /** A leader that lists us already sends its log without being asked; another one has to be asked. */
    private void join(StoreReply.Status status) {
        boolean listed = status.peers().stream()
                .anyMatch(peer -> peer.address().equals(node().self().toString()));
        if (!listed) {
            var member = Addresses.parse(status.self()).orElseThrow();
            log.info("asks {} to be added to the raft group", member);
            var request = new StoreRequest.Reconfigure(Verb.ADD, node().self().toString(), JOIN, true);
            log.info("answer of {}: {}", member, node().links().ask(member, request, JOIN));
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
        return node().links().ask(partner, new StoreRequest.Status(false), ASK) instanceof Asked.Answered answered
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

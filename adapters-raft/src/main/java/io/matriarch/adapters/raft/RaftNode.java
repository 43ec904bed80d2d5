package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.lease.CommandCodec;
import io.matriarch.adapters.raft.lease.ExpiryRule;
import io.matriarch.adapters.raft.lease.LeaseNotes;
import io.matriarch.adapters.raft.lease.LeaseTable;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.voter.ProposalEnd;
import io.matriarch.ports.time.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One voter of the embedded store: jraft's node with our state machine, and everything that must outlive a rebuild of
 * it, above all the notes of when each lease was last counted (SAF-010).
 */
final class RaftNode implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RaftNode.class);
    private static final String GROUP = "matriarch";
    private static final Duration SNAPSHOT_INTERVAL = Duration.ofMinutes(1);
    private static final int SNAPSHOT_ENTRIES = 10_000;
    private static final long SNAPSHOT_BYTES = 8L * 1024 * 1024;
    private static final Duration HAND_ON = Duration.ofSeconds(1);
    private static final Duration SLOWER_FOLLOWER = Duration.ofMillis(10);
    private static final long ANY_TERM = -1;

    private final RaftSettings settings;
    private final Endpoint self;
    private final Clock clock;
    private final LeaseNotes notes = new LeaseNotes();
    private final ExpiryRule expiry = new ExpiryRule(notes);
    private final RaftTransport transport;
    private final PeerLinks links;
    private final List<Consumer<Optional<String>>> wakers = new CopyOnWriteArrayList<>();
    private final long startedNanos = System.nanoTime();
    private final Formation formation;
    private final NewIdentity identity;
    private final ExpiryLoop expiryLoop;
    private final NodeWatchdog watchdog;
    private final List<RpcProcessor<?>> processors;
    private volatile Duration electionTimeout;
    private volatile Optional<Running> running = Optional.empty();
    private volatile boolean closed;

    /** jraft's node and the state machine it feeds: replaced together by a rebuild. */
    private record Running(RaftGroup group, RaftStateMachine machine) {}

    /**
     * Opens the port and starts the node; it may take until others are there before it can do anything.
     *
     * @param ttl decides the election timeout (SAF-071)
     * @throws IOException if the port or the directory cannot be used; the message says which
     */
    static RaftNode start(RaftSettings settings, Clock clock, Duration ttl) throws IOException {
        var node = new RaftNode(settings, clock, ttl);
        node.begin();
        return node;
    }

    private RaftNode(RaftSettings settings, Clock clock, Duration ttl) throws IOException {
        this.settings = settings;
        this.self = settings.self().orElseThrow();
        this.clock = clock;
        this.electionTimeout = RaftNodeSettings.electionTimeoutFor(ttl);
        this.identity = NewIdentity.in(settings.directory());
        this.transport = StoreTransport.member(settings, self, this::clusterId);
        this.links = new PeerLinks(transport, clock);
        this.formation = Formation.of(settings, () -> this);
        this.expiryLoop = new ExpiryLoop(this);
        this.watchdog = new NodeWatchdog(this, links);
        this.processors =
                List.of(new QuestionProcessor(new NodeService(this, links, formation)), new VoteProcessor(formation));
        try {
            this.running = Optional.of(build());
        } catch (IOException e) {
            transport.close();
            throw e;
        }
    }

    private void begin() {
        formation.start();
        expiryLoop.start();
        watchdog.start();
    }

    private Running build() throws IOException {
        var machine = new RaftStateMachine(clock, notes, new Events());
        var bind = settings.bind().orElse(self);
        var group = RaftNodeSettings.of(GROUP, self, settings.directory(), List.of(), Duration.ofSeconds(5))
                .withBind(Addresses.socket(bind))
                .withElectionTimeout(electionTimeout)
                .withSnapshots(SNAPSHOT_INTERVAL, SNAPSHOT_ENTRIES, SNAPSHOT_BYTES);
        return new Running(RaftNodes.start(group, machine, transport, processors), machine);
    }

    /** Stops jraft's node and starts another one on the same directory. The notes stay (SAF-010). */
    synchronized void rebuild(String why) {
        if (closed) {
            return;
        }
        log.warn("rebuilds the raft node {}: {}", self, why);
        current().group().close();
        try {
            running = Optional.of(build());
        } catch (IOException e) {
            // The watchdog finds a node that is not active and tries again.
            log.error("cannot rebuild the raft node {}: {}", self, e.getMessage());
        }
    }

    private Running current() {
        return running.orElseThrow(() -> new IllegalStateException("the raft node is not built yet"));
    }

    Endpoint self() {
        return self;
    }

    Clock clock() {
        return clock;
    }

    RaftSettings settings() {
        return settings;
    }

    RaftTransport transport() {
        return transport;
    }

    PeerLinks links() {
        return links;
    }

    Formation formation() {
        return formation;
    }

    Duration electionTimeout() {
        return electionTimeout;
    }

    NewIdentity identity() {
        return identity;
    }

    RaftGroup group() {
        return current().group();
    }

    com.alipay.sofa.jraft.Node raft() {
        return current().group().node();
    }

    RaftStateMachine machine() {
        return current().machine();
    }

    boolean isClosed() {
        return closed;
    }

    Duration uptime() {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }

    /**
     * The voters as the log has them, or as configured while nothing has been written. jraft tells a state machine of them
     * only when they change one by one.
     */
    List<Endpoint> voters() {
        var known = Description.of(raft()).voters();
        return known.isEmpty()
                ? settings.everybody()
                : known.listPeers().stream().map(PeerId::getEndpoint).toList();
    }

    Optional<Endpoint> leader() {
        return Optional.ofNullable(raft().getLeaderId()).map(PeerId::getEndpoint);
    }

    boolean leads() {
        return raft().getNodeState() == State.STATE_LEADER;
    }

    /** The identity the store is to have, or has. */
    String clusterId() {
        return identity.wanted().orElseGet(this::storedClusterId);
    }

    /** The identity that this member has applied. */
    String storedClusterId() {
        return running.map(now -> now.machine().read(LeaseTable::clusterId)).orElse("");
    }

    <T> T read(Function<LeaseTable, T> reader) {
        return machine().read(reader);
    }

    ExpiryRule.Due due(Duration longest) {
        return machine().due(expiry, longest);
    }

    /** Puts a command into the log, if this member leads. */
    CompletableFuture<ProposalEnd> propose(RaftCommand command) {
        return propose(command, ANY_TERM);
    }

    /** Puts a command into the log, if this member leads in this term (SAF-011). */
    CompletableFuture<ProposalEnd> propose(RaftCommand command, long expectedTerm) {
        var proposal = new Proposal();
        try {
            raft().apply(new Task(ByteBuffer.wrap(CommandCodec.encode(command)), proposal, expectedTerm));
        } catch (RuntimeException e) {
            proposal.end().complete(new ProposalEnd.Uncertain(e.toString()));
        }
        return proposal.end();
    }

    /** Completes once this member has applied everything that was committed anywhere when it was asked. */
    CompletableFuture<Status> caughtUp(Duration within) {
        var done = new CompletableFuture<Status>();
        try {
            raft().readIndex(new byte[0], new ReadIndexClosure(Math.max(1, within.toMillis())) {
                @Override
                public void run(Status status, long index, byte[] context) {
                    done.complete(status);
                }
            });
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
        }
        return done;
    }

    /**
     * Followers hear of a commit with the next message: what wakes their turns must not wait for the next heartbeat. The
     * round of heartbeats of a ReadIndex carries the commit index; the second one is for the follower that had not yet
     * acknowledged the entry at the first.
     */
    private void tellCommit() {
        if (!hasApplied()) {
            return;
        }
        caughtUp(electionTimeout);
        CompletableFuture.delayedExecutor(SLOWER_FOLLOWER.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> {
                    if (!closed && hasApplied()) {
                        caughtUp(electionTimeout);
                    }
                });
    }

    /** Whether this member leads and has applied an entry of its own term; takes no lock of jraft's. */
    private boolean hasApplied() {
        return running.map(now -> now.machine().leaderTerm() >= 0).orElse(false);
    }

    /** Waits for what is promised within a time; empty when the time is over. */
    static <T> Optional<T> await(CompletableFuture<T> future, Duration within) {
        try {
            return Optional.of(future.get(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS));
        } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException _) {
            return Optional.empty();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Tells when something changed in a scope that a turn should look at; an empty one means everywhere. */
    AutoCloseable watch(Consumer<Optional<String>> waker) {
        wakers.add(waker);
        return () -> wakers.remove(waker);
    }

    /** Follows a changed ttl (SAF-071). */
    void adoptTtl(Duration ttl) {
        var timeout = RaftNodeSettings.electionTimeoutFor(ttl);
        if (timeout.equals(electionTimeout)) {
            return;
        }
        electionTimeout = timeout;
        raft().getRaftOptions().setMaxElectionDelayMs((int) timeout.toMillis() / 2);
        raft().resetElectionTimeoutMs((int) timeout.toMillis());
        log.info("election timeout is {} ms from now on", timeout.toMillis());
    }

    /** Polls until the supplier has something or the time is over. */
    static <T> Optional<T> poll(Duration within, Supplier<Optional<T>> supplier) {
        long end = System.nanoTime() + within.toNanos();
        var found = supplier.get();
        while (found.isEmpty()
                && System.nanoTime() - end < 0
                && !Thread.currentThread().isInterrupted()) {
            Pause.millis(10);
            found = supplier.get();
        }
        return found;
    }

    /** Hands the leadership on, if it is here, and stops. */
    @Override
    public void close() {
        stop(true);
    }

    /** Stops without a word to the others: what they have to live with anyway, and what tests want to see. */
    void crash() {
        stop(false);
    }

    private void stop(boolean politely) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        watchdog.close();
        formation.close();
        expiryLoop.close();
        if (politely) {
            handLeadershipOn();
        }
        current().group().close();
        links.close();
        transport.close();
    }

    private void handLeadershipOn() {
        if (!leads() || voters().size() < 2) {
            return;
        }
        var status = raft().transferLeadershipTo(PeerId.ANY_PEER);
        if (!status.isOk()) {
            log.info("cannot hand the raft leadership on: {}", status);
            return;
        }
        poll(HAND_ON, () -> raft().getNodeState() == State.STATE_FOLLOWER ? leader() : Optional.empty())
                .ifPresentOrElse(
                        next -> log.info("handed the raft leadership on to {}", next),
                        () -> log.info("nobody took the raft leadership within {} ms", HAND_ON.toMillis()));
    }

    private final class Events implements RaftStateMachine.Listener {

        @Override
        public void leads(long term) {
            log.info("{} leads the raft group in term {}", self, term);
            expiryLoop.wake();
        }

        @Override
        public void woken(Set<String> scopes) {
            tellCommit();
            for (var scope : scopes) {
                wakers.forEach(waker -> waker.accept(Optional.of(scope)));
            }
        }

        @Override
        public void replaced() {
            wakers.forEach(waker -> waker.accept(Optional.empty()));
        }

        @Override
        public void failed(String why) {
            log.error("the raft node {} has stopped: {}", self, why);
            wakers.forEach(waker -> waker.accept(Optional.empty()));
        }
    }
}

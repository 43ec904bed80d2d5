package io.matriarch.simulation.raft;

import io.matriarch.adapters.raft.lease.CommandCodec;
import io.matriarch.adapters.raft.lease.Effect;
import io.matriarch.adapters.raft.lease.ExpiryRule;
import io.matriarch.adapters.raft.lease.LeaseNotes;
import io.matriarch.adapters.raft.lease.LeaseTable;
import io.matriarch.adapters.raft.lease.MalformedException;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.adapters.raft.voter.ExpiryProposals;
import io.matriarch.adapters.raft.voter.ProposalEnd;
import io.matriarch.adapters.raft.voter.RequestService;
import io.matriarch.adapters.raft.voter.Voter;
import io.matriarch.adapters.raft.voter.VoterState;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import io.matriarch.simulation.Scheduler;
import io.matriarch.simulation.World;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * One process of a voter: the production code of {@code adapters.raft.voter} around a simulated log. It ends from one
 * moment to the next; what is on its {@link Disk} stays.
 */
final class SimVoter implements Voter {

    private static final int TICKS = 3;

    private final RaftStore store;
    private final World world;
    private final Scheduler scheduler;
    private final MemberName self;
    private final Disk disk;
    private final Clock clock;
    private final LeaseNotes notes = new LeaseNotes();
    private final ExpiryRule expiryRule = new ExpiryRule(notes);
    private final ExpiryProposals expiries;
    private final RequestService requests = new RequestService(this);
    private final List<Runnable> watches = new ArrayList<>();
    private final List<Scheduler.Fiber> fibers = new ArrayList<>();
    private VoterState state;
    private RaftCore core;
    private long leaderTerm = -1;
    private long build;
    private boolean dead;
    private long pausedUntil;
    private Duration electionTimeout;

    SimVoter(RaftStore store, MemberName self, Disk disk, Clock clock) {
        this.store = store;
        this.world = store.world();
        this.scheduler = world.scheduler();
        this.self = self;
        this.disk = disk;
        this.clock = clock;
        this.electionTimeout = RaftStore.electionTimeout(store.timing().ttl());
        this.expiries = new ExpiryProposals(new Log(), _ -> {}, nanos());
        begin();
        tick(build);
    }

    private void begin() {
        build++;
        leaderTerm = -1;
        state = new VoterState(clock, notes);
        core = new RaftCore(self, store.others(self), disk, new Around());
        core.start();
    }

    /** The node anew inside the process: the notes stay (SAF-010). */
    void rebuild() {
        core.stop();
        disk.crash(false);
        begin();
        tick(build);
    }

    /** Follows a changed ttl (SAF-071). */
    void adoptTtl(Duration ttl) {
        electionTimeout = RaftStore.electionTimeout(ttl);
    }

    void crash() {
        if (!dead) {
            dead = true;
            core.stop();
            disk.crash(world.chance(0.5));
            List.copyOf(fibers).forEach(Scheduler.Fiber::kill);
            fibers.clear();
            watches.clear();
        }
    }

    boolean isDead() {
        return dead;
    }

    /** Nothing of the process runs before then. */
    void pauseUntil(long at) {
        pausedUntil = Math.max(pausedUntil, at);
        fibers.forEach(fiber -> fiber.pauseUntil(pausedUntil, () -> {}));
    }

    /** Runs this when its time has come and the process is not paused; never if the process or its node is gone. */
    private void later(Duration delay, Runnable action) {
        long mine = build;
        scheduler.after(delay, () -> whenAwake(mine, action));
    }

    private void whenAwake(long mine, Runnable action) {
        if (dead || mine != build) {
            return;
        }
        if (scheduler.now() < pausedUntil) {
            scheduler.at(pausedUntil, () -> whenAwake(mine, action));
        } else {
            action.run();
        }
    }

    private void tick(long mine) {
        later(Duration.ofNanos(electionTimeout.toNanos() / TICKS), () -> {
            core.tick();
            tick(mine);
        });
    }

    /** It begins with the office, as the production loop is woken by it, and ends with it. */
    private void expire(long term) {
        var next = expiries.turn(nanos()).plus(store.hesitation());
        if (leaderTerm == term) {
            later(next, () -> expire(term));
        }
    }

    void receive(Message message) {
        whenAwake(build, () -> core.receive(message));
    }

    boolean isLeading() {
        return !dead && leaderTerm >= 0;
    }

    void transferTo(MemberName receiver) {
        whenAwake(build, () -> {
            core.receive(new Message.Transfer(receiver));
            later(electionTimeout(), core::abandonTransfer);
        });
    }

    /** Asks the leader for its office. */
    void wantLeadership() {
        core.leader()
                .filter(one -> !one.equals(self))
                .ifPresent(one -> store.send(self, one, new Message.Transfer(self)));
    }

    AutoCloseable watch(Runnable listener) {
        watches.add(listener);
        return () -> watches.remove(listener);
    }

    /** Answers its own agent, on the agent's fiber. */
    Timed answer(StoreRequest request) {
        return switch (request) {
            case StoreRequest.Propose propose -> requests.propose(propose);
            case StoreRequest.Read read -> new Timed(requests.read(read), now());
            case StoreRequest.Print _,
                    StoreRequest.Status _,
                    StoreRequest.Reconfigure _,
                    StoreRequest.Recover _,
                    StoreRequest.Follow _ -> new Timed(new StoreReply.Failed("not simulated"), now());
        };
    }

    /** Answers somebody else, on a fiber of its own. */
    void serve(StoreRequest request, Consumer<StoreReply> answered) {
        whenAwake(build, () -> {
            var holder = new Scheduler.Fiber[1];
            holder[0] = scheduler.spawn(self + " answers", () -> {
                var reply = answer(request).reply();
                fibers.remove(holder[0]);
                answered.accept(reply);
            });
            holder[0].pauseUntil(pausedUntil, () -> {});
            fibers.add(holder[0]);
        });
    }

    // --- Voter

    @Override
    public MonotonicTime now() {
        return clock.now();
    }

    @Override
    public long nanos() {
        return clock.now().monotonicNanos();
    }

    @Override
    public void pause(Duration length) {
        scheduler.sleep(length);
    }

    @Override
    public boolean leads() {
        return core.role() == RaftCore.Role.LEADER;
    }

    @Override
    public Optional<String> leader() {
        return core.leader().map(MemberName::value);
    }

    @Override
    public Optional<String> leaderElsewhere() {
        return core.leader().filter(one -> !one.equals(self)).map(MemberName::value);
    }

    @Override
    public Duration electionTimeout() {
        return electionTimeout;
    }

    @Override
    public Optional<ProposalEnd> propose(RaftCommand command, Duration within) {
        var waiting = new Waiting<ProposalEnd>(scheduler);
        propose(command, -1, waiting::tell);
        return waiting.await(within);
    }

    /** The log's own thread takes it some time later. */
    private void propose(RaftCommand command, long expectedTerm, Consumer<ProposalEnd> end) {
        byte[] bytes = CommandCodec.encode(command);
        later(store.hesitation(), () -> core.propose(bytes, expectedTerm, end));
    }

    @Override
    public Optional<String> catchUp(Duration within) {
        var waiting = new Waiting<Boolean>(scheduler);
        core.readIndex(index -> {
            if (index < 0) {
                waiting.tell(false);
            } else {
                core.onceApplied(index, () -> waiting.tell(true));
            }
        });
        return waiting.await(within).orElse(false) ? Optional.empty() : Optional.of("no answer of the leader");
    }

    @Override
    public SortedMap<String, StoreEntry> below(String prefix) {
        return state.read(table -> table.below(prefix));
    }

    @Override
    public Asked ask(String address, StoreRequest request, Duration within) {
        return store.ask(self, clock, new MemberName(address), request, within);
    }

    /** Lets the log reach the world. */
    private final class Around implements RaftCore.Process {

        @Override
        public long now() {
            return scheduler.now();
        }

        @Override
        public Duration electionTimeout() {
            return electionTimeout;
        }

        @Override
        public Duration patience() {
            return Duration.ofMillis(electionTimeout().toMillis()
                    + world.random().nextInt((int) electionTimeout().toMillis() / 2));
        }

        @Override
        public void send(MemberName to, Message message) {
            store.send(self, to, message);
        }

        @Override
        public void sync(Runnable done) {
            later(store.syncTime(), done);
        }

        @Override
        public void soon(Runnable then) {
            later(Duration.ofNanos(1), then);
        }

        @Override
        public void apply(LogEntry entry) {
            store.ledger().commits(self, entry);
            if (entry.isBeginning()) {
                return;
            }
            Effect effect;
            try {
                effect = state.apply(entry.index(), ByteBuffer.wrap(entry.command()));
            } catch (MalformedException | RuntimeException e) {
                throw store.ledger().violation(self + " cannot apply entry " + entry.index() + ": " + e);
            }
            store.ledger().applies(self, entry.index(), effect.outcome());
            core.proposal(entry.index()).ifPresent(end -> end.accept(new ProposalEnd.Applied(effect.outcome())));
            if (!effect.woken().isEmpty()) {
                later(Duration.ofNanos(1), core::tellCommit);
                later(Duration.ofMillis(10), core::tellCommit);
                hint();
            }
            store.applied(self, disk, state, entry.index());
        }

        @Override
        public void load(long index, byte[] snapshot) {
            try {
                state.load(snapshot);
            } catch (MalformedException e) {
                throw new IllegalStateException("the snapshot of " + self + " cannot be read", e);
            }
            hint();
        }

        private void hint() {
            for (var watch : List.copyOf(watches)) {
                if (!store.losesHint()) {
                    later(store.hintDelay(), watch);
                }
            }
        }

        @Override
        public void leads(long term) {
            leaderTerm = term;
            store.ledger().leads(self, term, disk);
            later(store.hesitation(), () -> expire(term));
            world.say(self.value(), "leads the raft group in term " + term);
        }

        @Override
        public void leadsNoMore() {
            leaderTerm = -1;
            world.say(self.value(), "no longer leads the raft group");
        }
    }

    private final class Log implements ExpiryProposals.Log {

        @Override
        public long leaderTerm() {
            return leaderTerm;
        }

        @Override
        public String clusterId() {
            return state.read(LeaseTable::clusterId);
        }

        @Override
        public ExpiryRule.Due due(Duration longest) {
            return state.due(expiryRule, longest);
        }

        @Override
        public void propose(RaftCommand command, long expectedTerm) {
            SimVoter.this.propose(command, expectedTerm, _ -> {});
        }
    }
}

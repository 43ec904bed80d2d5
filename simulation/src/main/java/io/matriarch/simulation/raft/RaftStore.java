package io.matriarch.simulation.raft;

import io.matriarch.adapters.raft.RaftDcs;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.voter.VoterState;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.time.Clock;
import io.matriarch.simulation.Network;
import io.matriarch.simulation.SimStore;
import io.matriarch.simulation.World;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The embedded store: a voter in each member's process, one log among them, and a network that is what it is. */
public final class RaftStore implements SimStore {

    static final Scope SCOPE = new Scope("service", "batman");

    private static final MemberName WITNESS = new MemberName("witness");
    private static final double LOSS = 0.01;

    private final World world;
    private final List<MemberName> members;
    private final DcsTiming timing;
    private final Ledger ledger;
    private final SortedMap<MemberName, Disk> disks = new TreeMap<>();
    private final SortedMap<MemberName, SimVoter> voters = new TreeMap<>();
    private final int compactEvery;
    private long noisyUntil;
    private long slowDisksUntil;

    public RaftStore(World world, List<MemberName> members, DcsTiming timing) {
        this.world = world;
        this.members = List.copyOf(members);
        this.timing = timing;
        this.ledger = new Ledger(world, SCOPE.path());
        this.compactEvery = 20 + world.random().nextInt(400);
        members.forEach(world.network()::add);
        world.network().add(Network.STORE);
        members.forEach(member -> disks.put(member, new Disk()));
        if (members.size() == 2) {
            // Two cannot tell who of them is cut off: a third one votes that has no server.
            world.network().add(WITNESS);
            disks.put(WITNESS, new Disk());
            voters.put(WITNESS, new SimVoter(this, WITNESS, disks.get(WITNESS), new MachineClock(world.scheduler())));
        }
    }

    @Override
    public String name() {
        return "raft";
    }

    World world() {
        return world;
    }

    Ledger ledger() {
        return ledger;
    }

    List<MemberName> others(MemberName self) {
        return disks.keySet().stream().filter(one -> !one.equals(self)).toList();
    }

    /** SAF-071. */
    static Duration electionTimeout(Duration ttl) {
        return Duration.ofMillis(ttl.compareTo(Duration.ofSeconds(5)) < 0 ? 500 : 1000);
    }

    DcsTiming timing() {
        return timing;
    }

    /** For so long messages are lost, late and overtaken, hints get lost, and processes stop in the middle of things. */
    void noisy(Duration length) {
        noisyUntil = Math.max(noisyUntil, world.now() + length.toNanos());
    }

    private boolean noise(double probability) {
        return world.now() < noisyUntil && world.chance(probability);
    }

    // --- chance

    /** Between two steps of a process that are not one. */
    Duration hesitation() {
        return noise(0.01)
                ? world.between(5, 300)
                : Duration.ofNanos(20_000 + world.random().nextInt(500_000));
    }

    Duration syncTime() {
        boolean slow = world.now() < slowDisksUntil || noise(0.005);
        return slow
                ? world.between(20, 900)
                : Duration.ofNanos(50_000 + world.random().nextInt(1_500_000));
    }

    boolean losesHint() {
        return noise(0.05);
    }

    Duration hintDelay() {
        return noise(0.03) ? world.between(100, 3000) : world.between(1, 20);
    }

    // --- the network

    /** A message on its way: lost, late, or behind one that was sent after it. */
    void send(MemberName from, MemberName to, Message message) {
        if (!arrives(from, to)) {
            return;
        }
        world.scheduler().after(travel(from, to), () -> {
            var voter = voters.get(to);
            if (voter != null) {
                voter.receive(message);
            }
        });
    }

    /** Who is cut from "the store" is so with the port of the raft group alone. */
    private boolean arrives(MemberName from, MemberName to) {
        var network = world.network();
        return network.delivers(from, to)
                && network.delivers(from, Network.STORE)
                && network.delivers(Network.STORE, to)
                && !noise(LOSS);
    }

    private Duration travel(MemberName from, MemberName to) {
        var usual = world.network().travel(from, to);
        return noise(0.01) ? usual.plus(world.between(20, 1500)) : usual;
    }

    /** A question over a connection of its own; the fiber that asks waits for the answer. */
    Asked ask(MemberName from, Clock clock, MemberName to, StoreRequest request, Duration within) {
        long began = world.now();
        var voter = voters.get(to);
        if (voter == null || voter.isDead()) {
            world.scheduler().sleep(Duration.ofMillis(1));
            return new Asked.NotSent(to + " refuses connections");
        }
        if (!world.network().linked(from, to) && world.chance(0.5)) {
            world.scheduler().sleep(within.isPositive() ? within : Duration.ofNanos(1));
            return new Asked.NotSent(to + " cannot be reached");
        }
        var sentAt = clock.now();
        var waiting = new Waiting<StoreReply>(world.scheduler());
        if (arrives(from, to)) {
            world.scheduler()
                    .after(
                            travel(from, to),
                            () -> voter.serve(request, reply -> {
                                if (arrives(to, from)) {
                                    world.scheduler().after(travel(to, from), () -> waiting.tell(reply));
                                }
                            }));
        }
        return waiting.await(within.minusNanos(world.now() - began))
                .<Asked>map(reply -> new Asked.Answered(reply, sentAt))
                .orElseGet(() -> new Asked.Lost(to + ": no answer within " + within.toMillis() + " ms"));
    }

    // --- SimStore

    @Override
    public Dcs open(MemberName member, Clock clock) {
        var context = new DcsContext(SCOPE, Optional.of(member), timing, clock);
        if (!disks.containsKey(member)) {
            return new RaftDcs(new VisitorGateway(this, member, clock), context, world.random());
        }
        Optional.ofNullable(voters.get(member)).ifPresent(SimVoter::crash);
        var voter = new SimVoter(this, member, disks.get(member), clock);
        voters.put(member, voter);
        return new LedgerDcs(
                new RaftDcs(new VoterGateway(this, voter), context, world.random()), ledger, member, clock);
    }

    List<MemberName> members() {
        return members;
    }

    @Override
    public void pause(MemberName member, Duration length) {
        Optional.ofNullable(voters.get(member)).ifPresent(voter -> voter.pauseUntil(world.now() + length.toNanos()));
    }

    @Override
    public long version() {
        return ledger.version();
    }

    @Override
    public StoreSnapshot committed() {
        return ledger.snapshot();
    }

    /** A voter has applied an entry: now and then that is worth a snapshot. */
    void applied(MemberName member, Disk disk, VoterState state, long index) {
        if (index - disk.snapshotIndex() >= compactEvery) {
            disk.compact(index, state.save(), world.random().nextInt(20));
        }
    }

    @Override
    public Optional<String> misfortune() {
        var living = voters.entrySet().stream()
                .filter(entry -> !entry.getValue().isDead())
                .toList();
        if (living.isEmpty()) {
            return Optional.empty();
        }
        var victim = living.get(world.random().nextInt(living.size()));
        switch (world.random().nextInt(6)) {
            case 0 -> {
                victim.getValue().rebuild();
                return Optional.of("a voter is built anew, " + victim.getKey());
            }
            case 1 -> {
                var length = world.between(100, 5000);
                slowDisksUntil = world.now() + length.toNanos();
                return Optional.of("disks are slow, for " + length);
            }
            case 2 -> {
                living.stream()
                        .map(java.util.Map.Entry::getValue)
                        .filter(SimVoter::isLeading)
                        .forEach(leader -> leader.transferTo(victim.getKey()));
                return Optional.of("the raft leadership is to move, to " + victim.getKey());
            }
            case 3, 4 -> {
                var length = world.between(1000, 60_000);
                noisy(length);
                return Optional.of("the raft group has a bad time, for " + length);
            }
            default -> {
                living.stream()
                        .filter(entry -> entry.getValue().isLeading())
                        .findFirst()
                        .orElse(victim)
                        .getValue()
                        .rebuild();
                return Optional.of("the raft leader is built anew");
            }
        }
    }

    @Override
    public void heal() {
        noisyUntil = 0;
        slowDisksUntil = 0;
    }
}

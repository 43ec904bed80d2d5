package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.testing.FaultyDcs;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One linearizable store somewhere on the network: the fast fidelity. */
public final class MemoryStore implements SimStore {

    /** No lease is shorter. */
    private static final Duration SHORTEST = Duration.ofSeconds(3);

    private final World world;
    private final DcsTiming timing;
    private final InMemoryStore store;
    private final Dcs observer;

    public MemoryStore(World world, List<MemberName> members, DcsTiming timing) {
        this.world = world;
        this.timing = timing;
        var clock = new SimClock(world);
        clock.drift(1 + (world.random().nextDouble() - 0.5) / 1000);
        this.store = new InMemoryStore(clock, timing);
        this.observer = store.open(new MemberName("observer"));
        world.network.add(Network.STORE);
        members.forEach(world.network::add);
        tick();
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Dcs open(MemberName member, Clock clock) {
        var faulty = new FaultyDcs(store.open(member, InMemoryStore.DEFAULT_SCOPE, clock));
        return new LatentDcs(world, member, faulty, clock, timing);
    }

    /** Ends what is due, and looks again when the next lease is over. */
    private void tick() {
        store.tick();
        Duration next =
                store.untilNextEnd().filter(end -> end.compareTo(SHORTEST) < 0).orElse(SHORTEST);
        world.scheduler.after(next.isPositive() ? next.plusMillis(1) : Duration.ofMillis(1), this::tick);
    }

    @Override
    public void pause(MemberName member, Duration length) {
        // Nothing of it lives in a member.
    }

    @Override
    public long version() {
        return store.revision();
    }

    @Override
    public StoreSnapshot committed() {
        try {
            return observer.load();
        } catch (io.matriarch.ports.dcs.DcsUnavailableException e) {
            throw new IllegalStateException("a store in memory is always there", e);
        }
    }

    @Override
    public boolean deleteLeaderKey() {
        return store.deleteLeaderKey(InMemoryStore.DEFAULT_SCOPE);
    }

    @Override
    public Optional<String> misfortune() {
        return Optional.empty();
    }

    @Override
    public void heal() {
        // It has no faults of its own.
    }
}

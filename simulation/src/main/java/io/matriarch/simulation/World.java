package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.SystemIdentifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** What everybody shares: time, chance, the network, the servers. */
public final class World {

    final Scheduler scheduler = new Scheduler();
    final Random random;
    final SortedMap<MemberName, FakePostgres> servers = new TreeMap<>();
    final Network network = new Network(this);
    private final List<Fault> faults = new ArrayList<>();
    private final boolean printing;
    private long systemIdentifiers = 7_000_000_000_000_000_000L;

    /** How likely a call to the store is to go wrong though the network is fine. */
    double lossiness;

    World(long seed, boolean printing) {
        this.random = new Random(seed);
        this.printing = printing;
    }

    public long now() {
        return scheduler.now();
    }

    /** A duration between two bounds in milliseconds. */
    public Duration between(int least, int most) {
        return Duration.ofMillis(least + random.nextInt(most - least + 1));
    }

    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** Something begins to go wrong. */
    public Fault fault(String kind) {
        var fault = new Fault(kind);
        faults.add(fault);
        return fault;
    }

    /** All of them so far. */
    List<Fault> faults() {
        return faults;
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    /** The one source of chance. */
    public Random random() {
        return random;
    }

    public Network network() {
        return network;
    }

    SystemIdentifier newSystemIdentifier() {
        systemIdentifiers += 1 + random.nextInt(1000);
        return new SystemIdentifier(Long.toString(systemIdentifiers));
    }

    public void say(String who, String what) {
        if (printing) {
            Tracer.line(now(), who, what);
        }
    }

    boolean isPrinting() {
        return printing;
    }
}

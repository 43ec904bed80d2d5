package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.SystemIdentifier;
import java.time.Duration;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** What everybody shares: time, chance, the network, the servers. */
final class World {

    final Scheduler scheduler = new Scheduler();
    final Random random;
    final SortedMap<MemberName, FakePostgres> servers = new TreeMap<>();
    final SortedMap<MemberName, Long> cutFromStore = new TreeMap<>();
    private final SortedMap<String, Long> cutLinks = new TreeMap<>();
    private final boolean printing;
    private long systemIdentifiers = 7_000_000_000_000_000_000L;
    long storeDownUntil;

    /** How likely a call to the store is to go wrong though the network is fine. */
    double lossiness;

    World(long seed, boolean printing) {
        this.random = new Random(seed);
        this.printing = printing;
    }

    long now() {
        return scheduler.now();
    }

    /** A duration between two bounds in milliseconds. */
    Duration between(int least, int most) {
        return Duration.ofMillis(least + random.nextInt(most - least + 1));
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    void cutLink(MemberName one, MemberName other, Duration length) {
        cutLinks.put(link(one, other), now() + length.toNanos());
    }

    boolean linked(MemberName one, MemberName other) {
        return one.equals(other) || cutLinks.getOrDefault(link(one, other), 0L) <= now();
    }

    boolean reachesStore(MemberName member) {
        return storeDownUntil <= now() && cutFromStore.getOrDefault(member, 0L) <= now();
    }

    void heal() {
        cutLinks.clear();
        cutFromStore.clear();
        storeDownUntil = 0;
    }

    private static String link(MemberName one, MemberName other) {
        return one.compareTo(other) < 0 ? one + "-" + other : other + "-" + one;
    }

    SystemIdentifier newSystemIdentifier() {
        systemIdentifiers += 1 + random.nextInt(1000);
        return new SystemIdentifier(Long.toString(systemIdentifiers));
    }

    void say(String who, String what) {
        if (printing) {
            Tracer.line(now(), who, what);
        }
    }

    boolean isPrinting() {
        return printing;
    }
}

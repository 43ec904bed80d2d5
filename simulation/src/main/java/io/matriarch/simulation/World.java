package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What everybody shares: time, chance, the network, the servers. */
public final class World {

    final Scheduler scheduler = new Scheduler();
    final Random random;
    final SortedMap<MemberName, SimServer> servers = new TreeMap<>();
    final Network network = new Network(this);

    /** The other cluster, where this one begins as one that follows it. */
    Optional<RemoteCluster> remote = Optional.empty();

    private final List<Fault> faults = new ArrayList<>();
    private final Optional<Consumer<String>> trace;
    private long systemIdentifiers = 7_000_000_000_000_000_000L;

    /** Told when a server begins to accept writes. */
    Consumer<SimServer> onWritable = server -> {};

    /** Told when a server is told to promote. */
    Consumer<SimServer> onPromote = server -> {};

    /** Told when an agent comes to a place at which it may stand still. */
    BiConsumer<MemberName, Step> onStep = (who, step) -> {};

    /** Told when a fast shutdown begins. */
    Consumer<SimServer> onStop = server -> {};

    /** Told when a data directory is removed, and why. */
    BiConsumer<SimServer, String> onWipe = (server, why) -> {};

    /** Told when other names of synchronous standbys stand in a server's file, or it shows them. */
    Consumer<SimServer> onNamesLoaded = server -> {};

    /** Told when a server acknowledges a commit that may have waited for standbys. */
    BiConsumer<SimServer, WalNode> onAcknowledge = (server, node) -> {};

    public World(long seed, Optional<Consumer<String>> trace) {
        this.random = new Random(seed);
        this.trace = trace;
    }

    /** The server that a standby's configuration means. */
    Optional<SimServer> source(Upstream upstream) {
        return switch (upstream) {
            case Upstream.Of of -> Optional.ofNullable(servers.get(of.name()));
            case Upstream.Cascade cascade -> source(cascade.member());
            case Upstream.Remote _ -> remote.map(RemoteCluster::server);
            case Upstream.Nobody _ -> Optional.empty();
        };
    }

    /** By its name, the other cluster's among them. */
    Optional<SimServer> server(MemberName name) {
        return Optional.ofNullable(servers.get(name))
                .or(() -> remote.map(RemoteCluster::server)
                        .filter(one -> one.name().equals(name)));
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
        if (trace.isPresent()) {
            trace.get().accept(String.format(Locale.ROOT, "%10.3f %-6s %s", now() / 1e9, who, what));
        }
    }

    public boolean isTracing() {
        return trace.isPresent();
    }
}

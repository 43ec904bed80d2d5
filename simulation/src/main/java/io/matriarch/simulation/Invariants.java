package io.matriarch.simulation;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.store.ClusterReader;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The rules that hold at every moment, whatever goes wrong; those that only a change can break are looked at then. */
final class Invariants {

    private final Simulation simulation;
    private final World world;
    private final SimStore store;
    private final Ledger ledger;
    private final boolean fenced;
    private final HoldRules rules;
    private final Map<StoreKey, Revision> seen = new EnumMap<>(StoreKey.class);
    private final ClusterReader reader = new ClusterReader();
    private final FailsafeRules failsafe;
    private final SyncRules sync;
    private final RewindRules rewind;
    private final PauseRules pause;
    private long version = -1;
    private ClusterView cluster = ClusterView.EMPTY;
    private Optional<MemberName> holder = Optional.empty();
    private long heldSince;

    /** The holder whom a person has named without naming the leader: such a failover may lose commits. */
    private Optional<MemberName> forced = Optional.empty();

    private Optional<SystemIdentifier> initialized = Optional.empty();
    private Timeline newest = Timeline.UNKNOWN;
    private int primaries;
    private int promotions;
    private int handOvers;
    private int overlaps;

    /**
     * @param fenced whether something fences a primary whatever its agent does: if not, two may write at a time, and
     *     only the commits that they acknowledge are looked at
     */
    Invariants(Simulation simulation, SimStore store, Ledger ledger, boolean fenced) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.store = store;
        this.ledger = ledger;
        this.fenced = fenced;
        this.failsafe = new FailsafeRules(simulation);
        this.sync = new SyncRules(simulation);
        this.rewind = new RewindRules(world);
        this.pause = new PauseRules(simulation);
        this.rules = new HoldRules(world);
        world.onWritable = this::writable;
        world.onPromote = this::promoting;
        world.onWipe = this::wiped;
        world.onNamesLoaded = sync::loaded;
        world.onAcknowledge = sync::acknowledges;
    }

    private Simulation.Violation broken(String what) {
        return new Simulation.Violation(world.now(), what);
    }

    /** After every event. */
    void check() {
        if (store.version() != version) {
            version = store.version();
            changed(store.committed());
        }
        // Runs after every event: most often it is enough that no two have a hold, whatever their clocks say of it.
        int leaders = 0;
        for (SimHost host : simulation.everyHost()) {
            if (host.holds()) {
                leaders++;
                rules.alive(host);
            }
        }
        if (leaders > 1) {
            long saying = simulation.hosts().values().stream()
                    .filter(host -> host.agent().filter(SimAgent::saysLeader).isPresent())
                    .count();
            if (saying > 1) {
                throw broken("SAF-062, S-1, LockHolderIsUnique: two members say at one instant that they lead");
            }
        }
    }

    /** Members' keys and renewals change all the time; only the cluster's keys matter here. */
    private void changed(StoreSnapshot committed) {
        boolean news = false;
        for (StoreKey key : StoreKey.values()) {
            Revision revision = committed.revision(key);
            if (!revision.equals(seen.put(key, revision))) {
                news = true;
            }
        }
        if (!news) {
            return;
        }
        ClusterView before = cluster;
        cluster = reader.decode(committed);
        Optional<MemberName> now =
                committed.get(StoreKey.LEADER).map(StoredValue::text).map(MemberName::new);
        if (!holder.equals(now)) {
            moved(before, now);
        }
        holder = now;
        if (!before.sync().equals(cluster.sync())) {
            sync.registered(cluster.sync());
        }
        if (cluster.request().isPresent()) {
            pause.askedForAnotherLeader();
        }
        if (cluster.initialize() instanceof InitializeKey.Done(SystemIdentifier identifier, var _)) {
            if (initialized.filter(one -> !one.equals(identifier)).isPresent()) {
                throw broken("S-17: the cluster was " + initialized.get() + " and is " + identifier);
            }
            initialized = Optional.of(identifier);
            world.servers.values().forEach(server -> born(server, identifier));
        }
    }

    /** What a bootstrap has made becomes the cluster. */
    private void born(SimServer server, SystemIdentifier identifier) {
        if (server.disk().unborn && server.disk().identifier.equals(Optional.of(identifier))) {
            server.disk().unborn = false;
            if (server.isWritable()) {
                writable(server);
            }
        }
    }

    private void moved(ClusterView before, Optional<MemberName> now) {
        heldSince = world.now();
        if (holder.isPresent() && now.isPresent()) {
            handedOver(simulation.host(holder.get()), simulation.host(now.get()));
        }
        if (now.isPresent()) {
            rules.granted(simulation.host(now.get()));
            forced = before.request()
                    .filter(request -> !request.isSwitchover())
                    .flatMap(request -> request.candidate())
                    .filter(now.get()::equals);
        }
        boolean raced = holder.isEmpty()
                && now.isPresent()
                && before.request().isEmpty()
                && !simulation.host(now.get()).server.isPrimary();
        if (raced) {
            raced(before, simulation.host(now.get()));
        }
    }

    private void handedOver(SimHost from, SimHost to) {
        handOvers++;
        pause.askedForAnotherLeader();
        world.say(from.name.value(), "handed the lock over to " + to.name);
        if (!to.server.tip().contains(from.server.tip())) {
            throw broken("SAF-060, S-20: " + to.name + " lacks what " + from.name + " has when it gets the lock");
        }
        if (!from.server.isDown()) {
            throw broken("SAF-060: the lock is handed over, " + from.name + "'s server runs");
        }
    }

    /** A replica has taken a free lock by itself. */
    private void raced(ClusterView before, SimHost host) {
        if (!host.server.disk().present) {
            // Lost after it had asked for the lock: there is nothing to lead with.
            return;
        }
        long lag = before.status().position().lagBytes(host.server.end());
        long allowed = simulation.settings(host).maximumLagOnFailover();
        if (before.status().position().isAfter(host.server.end()) && lag > allowed) {
            throw broken("S-11: " + host.name + " wins the race " + lag + " bytes behind, " + allowed + " are allowed");
        }
        failsafe.raced(before, host);
        pause.raced(host);
        if (host.server.phase() == SimServer.Phase.STARTING) {
            throw broken("S-22: " + host.name + " wins the race while its server starts");
        }
    }

    private void promoting(SimServer server) {
        promotions++;
        SimHost host = simulation.host(server.name());
        // Who was tagged after it had got the lock goes on leading.
        if (host.tags.nofailover()
                && host.tagsSince + simulation.settings(host).loopWait().toNanos() < heldSince) {
            throw broken("S-12: " + host.name + " is promoted with the tag nofailover");
        }
        if (simulation.settings(host).isStandbyCluster()) {
            throw broken("S-21: " + host.name + " is promoted in a standby cluster");
        }
        if (fenced && !holder.equals(Optional.of(server.name()))) {
            throw broken("S-2: " + host.name + " is promoted while the store says that " + holder + " has the lock");
        }
        if (simulation.settings(host).checkTimeline()
                && forced.isEmpty()
                && cluster.history().clusterTimeline().isKnown()
                && server.timeline().isBefore(cluster.history().clusterTimeline())) {
            throw broken("S-13: " + host.name + " is promoted from timeline " + server.timeline()
                    + ", the cluster has reached " + cluster.history().clusterTimeline());
        }
    }

    private void writable(SimServer server) {
        if (simulation.host(server.name()) == null || server.disk().unborn) {
            return;
        }
        primaries++;
        for (SimServer other : world.servers.values()) {
            if (other != server && other.isWritable() && !other.disk().unborn) {
                if (fenced) {
                    throw broken("S-3, AtMostOneWritablePrimary: " + server.name() + " and " + other.name());
                }
                overlaps++;
            }
            if (other != server && !other.disk().unborn && server.tip().sharesNumberWith(other.tip())) {
                throw broken("SAF-060, TimelinesOnlyGrow: " + server.name() + " takes a number that " + other.name()
                        + " has written");
            }
        }
        if (fenced && server.timeline().isBefore(newest)) {
            throw broken("SAF-016, TimelinesOnlyGrow: " + server.name() + " writes timeline " + server.timeline()
                    + " after " + newest);
        }
        newest = newest.max(server.timeline());
        if (initialized
                .filter(one -> !Optional.of(one).equals(server.disk().identifier))
                .isPresent()) {
            throw broken("S-16: " + server.name() + " leads with another cluster's data directory");
        }
        sync.loaded(server);
        ledger.writable(server, forced.filter(server.name()::equals).isPresent());
    }

    private void wiped(SimServer server, String why) {
        boolean member = world.servers.get(server.name()) == server;
        if (member && holder.equals(Optional.of(server.name())) && server.disk().complete) {
            throw broken("S-15: the lock holder's data directory is removed: " + why);
        }
    }

    /** A member's turn has ended. */
    void turned(SimHost host, AgentView view) {
        failsafe.turned(host, view);
        sync.turned(host, view);
        rewind.turned(host, view);
        pause.turned(host, view);
    }

    FailsafeRules failsafe() {
        return failsafe;
    }

    RewindRules rewind() {
        return rewind;
    }

    PauseRules pause() {
        return pause;
    }

    /** Whether what this server acknowledges now must survive every automatic failover. */
    boolean promises(SimServer server) {
        return cluster.sync().leader().filter(server.name()::equals).isPresent();
    }

    ClusterView cluster() {
        return cluster;
    }

    Optional<MemberName> holder() {
        return holder;
    }

    int primaries() {
        return primaries;
    }

    int promotions() {
        return promotions;
    }

    int handOvers() {
        return handOvers;
    }

    int overlaps() {
        return overlaps;
    }
}

package io.matriarch.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.testing.SimulatedClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run: three members come up, things go wrong for a while, then nothing does any more. */
public final class Simulation {

    private static final Duration QUIET_START = Duration.ofSeconds(40);
    private static final Duration HEALING = Duration.ofSeconds(150);

    /**
     * What is simulated.
     *
     * @param guardProcess whether a guard outlives the agent; without one agents neither crash alone nor stand still
     * @param chaos how long things go wrong
     */
    public record Scenario(boolean guardProcess, Duration chaos) {}

    /**
     * What a run that broke no rule was like.
     *
     * @param simulated its length
     * @param steps events
     * @param turns of all members
     * @param acknowledged transactions
     * @param lost acknowledged transactions that are not there any more: asynchronous failovers may lose some
     * @param promotions promotions
     * @param handOvers planned ones
     */
    public record Report(
            Duration simulated, long steps, long turns, long acknowledged, long lost, int promotions, int handOvers) {}

    /** A rule is broken. */
    public static final class Violation extends RuntimeException {
        Violation(long nanos, String what) {
            super(String.format(java.util.Locale.ROOT, "after %.3f s: %s", nanos / 1e9, what));
        }
    }

    private final World world;
    private final Scenario scenario;
    private final SortedMap<MemberName, SimAgent.Host> hosts = new TreeMap<>();
    private final List<SimulatedClock> clocks = new ArrayList<>();
    private final SimulatedClock storeClock = new SimulatedClock();
    private final HaSettings settings = HaSettings.DEFAULTS
            .edit()
            .timing(Duration.ofSeconds(10), Duration.ofSeconds(2), Duration.ofSeconds(3))
            .primaryStartTimeout(Duration.ofSeconds(20))
            .pgCtlTimeout(Duration.ofSeconds(20))
            .build();
    private final DcsTiming timing = new DcsTiming(settings.ttl(), settings.loopWait(), settings.retryTimeout());
    private final MemoryStore store;
    private final List<Long> acknowledged = new ArrayList<>();
    private final SortedMap<MemberName, Timeline> written = new TreeMap<>();
    private Optional<MemberName> holder = Optional.empty();
    private long storeVersion = -1;
    private long clockAt;
    private long transactions;
    private long turns;
    private int promotions;
    private int handOvers;
    private boolean healed;
    private final SortedMap<MemberName, Integer> turnsAtOnce = new TreeMap<>();
    private long turnsCountedAt;

    private Simulation(long seed, Scenario scenario, boolean printing) {
        world = new World(seed, printing);
        this.scenario = scenario;
        store = new MemoryStore(world, List.of(), timing, storeClock);
    }

    /**
     * Runs one seed.
     *
     * @throws Violation when a rule is broken
     */
    public static Report run(long seed, Scenario scenario, boolean printing) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logging) {
            // What happens is told in virtual time; the agents' own logs are in nobody's.
            logging.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
        }
        var simulation = new Simulation(seed, scenario, printing);
        try {
            return simulation.run(seed);
        } finally {
            simulation.world.scheduler.close();
        }
    }

    World world() {
        return world;
    }

    SimAgent.Host host(MemberName name) {
        return hosts.get(name);
    }

    private Report run(long seed) {
        clocks.add(storeClock);
        world.scheduler.afterEach(this::check);
        for (String name : List.of("srv1", "srv2", "srv3")) {
            addHost(new MemberName(name));
        }
        world.scheduler.every(Duration.ofMillis(100), () -> {
            moveClocks();
            store.tick();
        });
        world.scheduler.every(
                Duration.ofMillis(37), () -> world.servers.values().forEach(FakePostgres::tick));
        world.scheduler.every(Duration.ofMillis(83), this::write);
        hosts.values().forEach(this::startAgent);
        var chaos = new Chaos(this, world, scenario, settings);
        world.scheduler.run(chaos.duringBootstrap(seed) ? QUIET_START.multipliedBy(2) : QUIET_START);
        requireOnePrimary("after the first start");
        chaos.begin(scenario.chaos());
        world.scheduler.run(scenario.chaos());
        heal();
        world.scheduler.run(HEALING);
        requireOnePrimary("after healing");
        return new Report(
                Duration.ofNanos(world.now()),
                world.scheduler.steps(),
                turns,
                acknowledged.size(),
                lost(),
                promotions,
                handOvers);
    }

    private void addHost(MemberName name) {
        var clock = new SimulatedClock();
        clock.drift(1 + (world.random.nextDouble() - 0.5) / 1000);
        clock.slew(1 + (world.random.nextDouble() - 0.5) / 100);
        clocks.add(clock);
        var guard = new SimGuard(world, clock, settings.ttl(), scenario.guardProcess());
        var server = new FakePostgres(world, name, guard);
        guard.guards(server);
        world.servers.put(name, server);
        hosts.put(name, new SimAgent.Host(name, clock, guard, server));
    }

    void startAgent(SimAgent.Host host) {
        moveClocks();
        Dcs dcs = store.open(host.name, host.clock);
        world.say(host.name.value(), "agent starts");
        host.agent = Optional.of(new SimAgent(this, host, dcs, settings));
    }

    /** The holder as it is committed; from one member to another it goes by a hand-over only. */
    private void checkStore() {
        if (store.version() == storeVersion) {
            return;
        }
        storeVersion = store.version();
        Optional<MemberName> now = store.committed().get(StoreKey.LEADER).map(value -> new MemberName(value.text()));
        if (holder.isPresent() && now.isPresent() && !holder.equals(now)) {
            handedOver(holder.get(), now.get());
        }
        holder = now;
    }

    private void handedOver(MemberName from, MemberName to) {
        handOvers++;
        world.say(from.value(), "handed the lock over to " + to);
        if (!hosts.get(to).server.contains(hosts.get(from).server)) {
            throw new Violation(world.now(), "SAF-060: " + to + " lacks what " + from + " has when it gets the lock");
        }
        if (!hosts.get(from).server.isDown()) {
            throw new Violation(world.now(), "SAF-060: the lock is handed over, " + from + "'s server runs");
        }
    }

    void turned(MemberName name) {
        turns++;
        if (world.now() - turnsCountedAt > Duration.ofSeconds(1).toNanos()) {
            turnsCountedAt = world.now();
            turnsAtOnce.clear();
        }
        if (turnsAtOnce.merge(name, 1, Integer::sum) > 100) {
            throw new Violation(
                    world.now(),
                    name + " turns more than a hundred times a second: "
                            + hosts.get(name).agent.orElseThrow());
        }
    }

    private void moveClocks() {
        long passed = world.now() - clockAt;
        if (passed > 0) {
            clockAt = world.now();
            clocks.forEach(clock -> clock.advance(Duration.ofNanos(passed)));
        }
    }

    private void write() {
        var writable =
                world.servers.values().stream().filter(FakePostgres::isWritable).toList();
        if (!writable.isEmpty()) {
            FakePostgres server = writable.get(world.random.nextInt(writable.size()));
            server.write(++transactions);
            acknowledged.add(transactions);
        }
    }

    /** The rules that hold at every moment. */
    private void check() {
        moveClocks();
        checkStore();
        List<MemberName> writable = new ArrayList<>();
        world.servers.forEach((name, server) -> {
            if (server.isWritable()) {
                writable.add(name);
                timelineGrows(name, server);
            } else {
                written.remove(name);
            }
        });
        if (writable.size() > 1) {
            throw new Violation(world.now(), "AtMostOneWritablePrimary: " + writable);
        }
        long leaders = hosts.values().stream()
                .filter(host -> host.agent.filter(SimAgent::saysLeader).isPresent())
                .count();
        if (leaders > 1) {
            throw new Violation(world.now(), "SAF-062, LockHolderIsUnique: two members say that they lead");
        }
    }

    private void timelineGrows(MemberName name, FakePostgres server) {
        Timeline before = written.put(name, server.timeline());
        if (before == null) {
            promotions++;
            world.servers.forEach((other, one) -> {
                if (one.sharesNumberWith(server)) {
                    throw new Violation(
                            world.now(), "TimelinesOnlyGrow: " + name + " takes a number " + other + " has written");
                }
            });
        } else if (server.timeline().isBefore(before)) {
            throw new Violation(world.now(), "TimelinesOnlyGrow: " + name + " went back from " + before);
        }
    }

    private void heal() {
        healed = true;
        world.say("world", "everything heals");
        world.network.heal();
        store.heal();
        world.lossiness = 0;
        for (SimAgent.Host host : hosts.values()) {
            if (host.agent.filter(agent -> !agent.isDead()).isEmpty()) {
                startAgent(host);
            }
        }
    }

    /** An agent that was asked to end before everything healed comes back like all the others. */
    void ended(SimAgent.Host host) {
        if (healed) {
            world.scheduler.after(Duration.ofSeconds(1), () -> {
                if (host.agent.filter(agent -> !agent.isDead()).isEmpty()) {
                    startAgent(host);
                }
            });
        }
    }

    private void requireOnePrimary(String when) {
        var writable = world.servers.entrySet().stream()
                .filter(entry -> entry.getValue().isWritable())
                .map(java.util.Map.Entry::getKey)
                .toList();
        if (writable.size() != 1) {
            throw new Violation(world.now(), when + " the primaries are " + writable);
        }
        MemberName primary = writable.getFirst();
        for (var entry : world.servers.entrySet()) {
            if (!entry.getKey().equals(primary) && !entry.getValue().streamsFrom(primary)) {
                throw new Violation(
                        world.now(),
                        when + " " + entry.getKey() + " does not stream from "
                                + entry.getValue().describe(world.servers.get(primary)));
            }
        }
    }

    /** Acknowledged transactions that the present primary does not have. */
    private long lost() {
        var present = new java.util.TreeSet<Long>();
        world.servers.values().stream()
                .filter(FakePostgres::isWritable)
                .flatMap(server -> server.log().stream())
                .forEach(one -> present.add(one.transaction));
        return acknowledged.stream().filter(one -> !present.contains(one)).count();
    }

    /** An operator's request, as the command line writes it. */
    void request(String json) {
        Dcs operator = store.open(new MemberName("operator"), storeClock);
        world.scheduler.spawn(
                "operator", () -> operator.write(Optional.empty(), Change.NONE.put(StoreKey.FAILOVER, json)));
    }

    SortedMap<MemberName, SimAgent.Host> hosts() {
        return hosts;
    }
}

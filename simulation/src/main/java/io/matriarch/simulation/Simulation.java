package io.matriarch.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.matriarch.app.loop.AgentView;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.DcsTiming;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Collections;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run: some members come up, things go wrong again and again, and each time everything gets well by itself. */
public final class Simulation {

    private static final int MOST_TURNS_A_SECOND = 100;

    /** A rule is broken. */
    public static final class Violation extends RuntimeException {
        public Violation(long nanos, String what) {
            super(String.format(Locale.ROOT, "after %.3f s: %s", nanos / 1e9, what));
        }
    }

    private final World world;
    private final Scenario scenario;
    private final Plan plan;
    private final SimStore store;
    private final Ledger ledger;
    private final Invariants invariants;
    private final Clients clients;
    private final Chaos chaos;
    private final boolean rewindable;
    private final SortedMap<MemberName, SimHost> hosts = new TreeMap<>();
    private final SimHost[] everyHost;
    private final SortedMap<Reason, Long> reasons = new TreeMap<>();
    private final SortedMap<MemberName, Integer> turnsAtOnce = new TreeMap<>();
    private long turnsCountedAt;
    private long turns;

    private Simulation(long seed, Scenario scenario, Optional<Consumer<String>> trace) {
        world = new World(seed, trace);
        this.scenario = scenario;
        plan = Plan.of(world.random, scenario);
        store = scenario.kind(seed)
                .create(world, plan.members(), new DcsTiming(plan.ttl(), plan.loopWait(), plan.retryTimeout()));
        if (plan.follows()) {
            world.remote = Optional.of(new RemoteCluster(world, plan.senderTimeout()));
        }
        ledger = new Ledger(world);
        invariants = new Invariants(this, store, ledger, scenario.guardProcess() || !scenario.agentsFailAlone());
        clients = new Clients(this, ledger);
        // Where nobody can be rewound a standby cluster that has diverged is a person's matter.
        rewindable = !world.chance(0.1) || plan.follows();
        for (int i = 0; i < plan.members().size(); i++) {
            addHost(plan.members().get(i), plan.watchdogs().get(i));
        }
        everyHost = hosts.values().toArray(SimHost[]::new);
        chaos = new Chaos(this, plan);
    }

    /**
     * Runs one seed.
     *
     * @param printing whether to say on standard output what happens
     * @throws Violation when a rule is broken
     */
    public static Report run(long seed, Scenario scenario, boolean printing) {
        PrintStream out = System.out;
        return run(seed, scenario, printing ? Optional.of(out::println) : Optional.empty());
    }

    /**
     * Runs one seed.
     *
     * @param trace takes a line for everything that happens
     * @throws Violation when a rule is broken
     */
    public static Report run(long seed, Scenario scenario, Optional<Consumer<String>> trace) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logging) {
            // What happens is told in virtual time; the agents' own logs are in nobody's.
            logging.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
        }
        var simulation = new Simulation(seed, scenario, trace);
        try {
            return simulation.run();
        } finally {
            simulation.world.scheduler.close();
        }
    }

    private Report run() {
        world.scheduler.afterEach(invariants::check);
        world.say(
                "world", "members " + plan.members() + ", configuration " + plan.document() + ", " + plan.watchdogs());
        hosts.values().forEach(this::startAgent);
        world.remote.ifPresent(RemoteCluster::begin);
        clients.begin();
        chaos.begin(scenario.chaos());
        world.scheduler.run(Duration.ofDays(1000));
        return report();
    }

    private Report report() {
        SortedMap<String, Integer> injected = new TreeMap<>();
        SortedMap<String, Integer> effective = new TreeMap<>();
        for (Fault fault : world.faults()) {
            injected.merge(fault.kind(), 1, Integer::sum);
            if (fault.isEffective()) {
                effective.merge(fault.kind(), 1, Integer::sum);
            }
        }
        return new Report(
                1,
                Duration.ofNanos(world.now()),
                world.scheduler.steps(),
                turns,
                ledger.acknowledged(),
                ledger.unacknowledged(),
                ledger.lost(),
                invariants.primaries(),
                invariants.promotions(),
                invariants.handOvers(),
                injected,
                effective,
                reasons);
    }

    private void addHost(MemberName name, SimWatchdog.Mode dog) {
        var clock = new SimClock(world);
        clock.drift(1 + (world.random.nextDouble() - 0.5) / 1000);
        var server = new SimServer(world, name, plan.senderTimeout());
        if (!rewindable) {
            server.cannotBeRewound();
        }
        var guard = new SimGuard(world, clock, server, plan.ttl(), scenario.guardProcess());
        var host = new SimHost(world, name, clock, server, guard);
        if (world.chance(0.15)) {
            host.tag(new Tags(
                    false,
                    1,
                    false,
                    true,
                    false,
                    1,
                    Optional.empty(),
                    false,
                    Collections.singletonMap("clonefrom", true)));
        }
        host.watchdog = new SimWatchdog(
                world,
                clock,
                dog,
                () -> {
                    host.reset("its watchdog fires", world.between(5_000, 60_000));
                    startLater(host, world.between(100, 5_000));
                },
                () -> server.isWritable() && !settings(host).paused()
                        ? Optional.of(name + " accepts writes")
                        : Optional.empty());
        world.servers.put(name, server);
        hosts.put(name, host);
    }

    void startAgent(SimHost host) {
        if (host.agent().isEmpty() && !host.isOff()) {
            world.say(host.name.value(), "agent starts");
            host.runs(new SimAgent(this, host, store.open(host.name, host.clock), plan.document()));
        }
    }

    /** An agent comes back, as soon as its machine is on. */
    void startLater(SimHost host, Duration delay) {
        long at = Math.max(world.now() + delay.toNanos(), host.offUntil);
        chaos.begins();
        world.scheduler.at(at, () -> {
            if (host.isOff()) {
                startLater(host, Duration.ZERO);
            } else {
                startAgent(host);
            }
            chaos.ends();
        });
    }

    /** An agent has ended by itself; if nobody has asked for it, its supervisor starts it again. */
    void ended(SimHost host, int status) {
        if (isMember(host)) {
            startLater(host, world.between(status == 0 ? 1000 : 5000, 10_000));
        }
    }

    void turned(SimHost host, AgentView view) {
        turns++;
        reasons.merge(view.reason(), 1L, Long::sum);
        if (!isMember(host)) {
            return;
        }
        invariants.turned(host, view);
        if (world.now() - turnsCountedAt > Duration.ofSeconds(1).toNanos()) {
            turnsCountedAt = world.now();
            turnsAtOnce.clear();
        }
        if (turnsAtOnce.merge(host.name, 1, Integer::sum) > MOST_TURNS_A_SECOND) {
            throw new Violation(
                    world.now(),
                    host.name + " turns more than " + MOST_TURNS_A_SECOND + " times a second: " + view.sentence());
        }
    }

    /** Whether it is not only a second one with a member's name. */
    private boolean isMember(SimHost host) {
        return hosts.get(host.name) == host;
    }

    /** An agent has taken over other settings. */
    void adopted(SimHost host) {
        chaos.adopted();
    }

    HaSettings settings(SimHost host) {
        return host.agent().map(SimAgent::settings).orElse(HaSettings.DEFAULTS);
    }

    World world() {
        return world;
    }

    Scenario scenario() {
        return scenario;
    }

    SimStore store() {
        return store;
    }

    Invariants invariants() {
        return invariants;
    }

    Clients clients() {
        return clients;
    }

    boolean promises(SimServer server) {
        return invariants.promises(server);
    }

    SimHost host(MemberName name) {
        return hosts.get(name);
    }

    /** The same hosts, for those who ask all the time. */
    SimHost[] everyHost() {
        return everyHost;
    }

    SortedMap<MemberName, SimHost> hosts() {
        return hosts;
    }
}

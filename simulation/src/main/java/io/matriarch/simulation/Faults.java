package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.ports.dcs.StoreKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can go wrong, and what people can ask for. */
final class Faults {

    private final Simulation simulation;
    private final World world;
    private final Plan plan;
    private final Chaos chaos;
    private final Operators operators;
    private final List<Runnable> kinds = new ArrayList<>();
    private boolean paused;

    Faults(Simulation simulation, Plan plan, Chaos chaos) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.plan = plan;
        this.chaos = chaos;
        this.operators = new Operators(simulation);
        often(3, this::killServer);
        often(3, this::crashAgent);
        often(2, this::resetMachine);
        often(2, this::cutFromStore);
        often(2, this::cutLink);
        often(1, this::isolate);
        often(1, this::lossyLink);
        often(1, this::slowLink);
        often(2, this::storeAway);
        often(1, this::storeLoses);
        often(1, this::storeMisfortune);
        often(4, this::switchover);
        often(1, this::failover);
        often(1, this::restart);
        often(1, this::reinitialize);
        often(1, this::configure);
        often(1, this::tag);
        often(1, this::diskFull);
        often(1, this::slowStandby);
        often(1, this::hang);
        often(1, this::stopReplay);
        often(1, this::loseDirectory);
        often(1, this::stepWallClock);
        often(1, this::slewClock);
        often(1, this::deleteKey);
        often(1, this::upgrade);
        if (simulation.scenario().agentsFailAlone()) {
            often(3, this::standStill);
        }
        if (simulation.scenario().guardProcess()) {
            often(1, this::suspend);
            often(1, this::breakWatchdog);
        }
    }

    private void often(int times, Runnable kind) {
        for (int i = 0; i < times; i++) {
            kinds.add(kind);
        }
    }

    void one() {
        kinds.get(world.random.nextInt(kinds.size())).run();
    }

    /**
     * While automation is paused nothing fences a primary: an agent that is away when it is resumed, or cannot hear of
     * it, goes on beside the next one. So only what leaves the agents at work goes wrong then.
     */
    void onePaused() {
        if (!paused) {
            pauseAutomation();
            return;
        }
        List<Runnable> harmless = List.of(
                this::killServer,
                this::cutLinkBesideStore,
                this::switchover,
                this::switchover,
                this::failover,
                this::restart,
                this::reinitialize,
                this::configure,
                this::tag,
                this::diskFull,
                this::slowStandby,
                this::stopReplay,
                this::loseDirectory,
                this::stepWallClock);
        harmless.get(world.random.nextInt(harmless.size())).run();
    }

    private SimHost any() {
        List<SimHost> all = List.copyOf(simulation.hosts().values());
        return all.get(world.random.nextInt(all.size()));
    }

    /** Half of the faults are where it matters. */
    private SimHost victim() {
        SimHost host = any();
        if (world.chance(0.5)) {
            for (SimHost one : simulation.hosts().values()) {
                if (one.server.isWritable()) {
                    return one;
                }
            }
        }
        return host;
    }

    private SimHost otherThan(SimHost host) {
        SimHost other = any();
        while (other == host) {
            other = any();
        }
        return other;
    }

    /** Many are short against the lease, some are long. */
    private Duration length() {
        return world.chance(0.5)
                ? world.between(200, (int) plan.ttl().toMillis())
                : world.between((int) plan.ttl().toMillis(), 120_000);
    }

    /** Lasts for a while, and nothing has to be well before its end. */
    private void lasts(Duration length, Runnable atEnd) {
        chaos.begins();
        world.scheduler.after(length, () -> {
            atEnd.run();
            chaos.ends();
        });
    }

    private void lasts(Duration length) {
        lasts(length, () -> {});
    }

    /** Now and then an agent dies while it makes the cluster: nothing is there yet but the key it has created. */
    void duringBootstrap() {
        SimHost host = any();
        lasts(world.between(10, 1500), () -> {
            if (!host.server.disk().present) {
                Fault fault = world.fault("agent dies before there is a cluster");
                world.say("world", host.name + "'s agent dies before there is a cluster");
                host.agent().ifPresent(agent -> {
                    agent.kill();
                    fault.hadEffect();
                });
                simulation.startLater(host, world.between(1_000, 40_000));
            }
        });
    }

    private void killServer() {
        SimHost host = victim();
        Fault fault = world.fault("server killed");
        if (!host.server.isDown()) {
            fault.hadEffect();
        }
        host.server.crash("killed");
    }

    /** Without anything else that fences it the server goes with its agent: a machine that fails. */
    private void crashAgent() {
        SimHost host = victim();
        Fault fault = world.fault("agent ends");
        Optional<SimAgent> agent = host.agent();
        if (agent.isEmpty()) {
            return;
        }
        fault.hadEffect();
        boolean orderly = world.chance(0.3);
        world.say("world", host.name + "'s agent " + (orderly ? "is asked to end" : "crashes"));
        if (orderly) {
            agent.get().shutdown();
            return;
        }
        agent.get().kill();
        if (!simulation.scenario().agentsFailAlone() || world.chance(0.3)) {
            host.server.crash("it goes with its agent");
        }
        simulation.startLater(host, length());
    }

    private void resetMachine() {
        SimHost host = victim();
        world.fault("machine resets").hadEffect();
        host.reset("power", length());
        simulation.startLater(host, world.between(1_000, 10_000));
    }

    /** Whether the store is a place of its own, and not in the members. */
    private boolean storeIsApart() {
        return world.network.nodes().contains(Network.STORE);
    }

    private void cutFromStore() {
        if (!storeIsApart()) {
            isolate();
            return;
        }
        SimHost host = victim();
        Duration length = length();
        int way = world.random.nextInt(4);
        world.say("world", host.name + " is cut from the store for " + length + ", way " + way);
        Fault fault = world.fault("cut from the store");
        if (way != 1) {
            world.network.trouble(fault, host.name, Network.STORE, 1, Duration.ZERO, length);
        }
        if (way != 2) {
            world.network.trouble(fault, Network.STORE, host.name, 1, Duration.ZERO, length);
        }
        lasts(length);
    }

    private void cutLink() {
        SimHost host = victim();
        SimHost other = otherThan(host);
        Duration length = length();
        boolean both = world.chance(0.6);
        world.say("world", host.name + (both ? " and " : " to ") + other.name + " is cut for " + length);
        Fault fault = world.fault(both ? "link cut" : "link cut one way");
        world.network.trouble(fault, host.name, other.name, 1, Duration.ZERO, length);
        if (both) {
            world.network.trouble(fault, other.name, host.name, 1, Duration.ZERO, length);
        }
        lasts(length);
    }

    private void isolate() {
        SimHost host = victim();
        Duration length = length();
        world.say("world", host.name + " is cut from everybody for " + length);
        Fault fault = world.fault("isolated");
        for (MemberName other : world.network.nodes()) {
            if (!other.equals(host.name)) {
                world.network.cut(fault, host.name, other, length);
            }
        }
        lasts(length);
    }

    /** Where the store lives in the members, who is cut from them does not hear that automation is resumed. */
    private void cutLinkBesideStore() {
        if (simulation.store().name().equals("memory")) {
            cutLink();
        }
    }

    private void lossyLink() {
        trouble("lossy link", 0.05 + world.random.nextDouble() * 0.4, Duration.ZERO);
    }

    private void slowLink() {
        trouble("slow link", 0, world.between(100, 4000));
    }

    private void trouble(String kind, double loss, Duration delay) {
        SimHost host = victim();
        MemberName other = storeIsApart() && world.chance(0.5) ? Network.STORE : otherThan(host).name;
        Duration length = length();
        world.say("world", kind + " between " + host.name + " and " + other + " for " + length);
        Fault fault = world.fault(kind);
        world.network.trouble(fault, host.name, other, loss, delay, length);
        world.network.trouble(fault, other, host.name, loss, delay, length);
        lasts(length);
    }

    private void storeAway() {
        Duration length = length();
        world.say("world", "the store is away for " + length);
        Fault fault = world.fault("store away");
        for (MemberName name : simulation.hosts().keySet()) {
            for (MemberName other : storeIsApart() ? List.of(Network.STORE) : world.network.nodes()) {
                if (!other.equals(name)) {
                    world.network.cut(fault, name, other, length);
                }
            }
        }
        lasts(length);
    }

    private void storeLoses() {
        if (!storeIsApart()) {
            storeMisfortune();
            return;
        }
        world.say("world", "the store loses requests");
        world.network.storeLoses(world.fault("store loses requests"), 0.01 + world.random.nextDouble() * 0.15);
        lasts(length(), () -> world.network.storeLoses(new Fault("none"), 0));
    }

    private void storeMisfortune() {
        simulation.store().misfortune().ifPresent(what -> {
            world.say("world", what);
            world.fault("store: " + what.split(",")[0]).hadEffect();
            lasts(length(), simulation.store()::heal);
        });
    }

    private Optional<MemberName> leader() {
        return simulation.invariants().holder();
    }

    private void switchover() {
        SimHost from = victim();
        Optional<MemberName> to = world.chance(0.6) ? Optional.of(any().name) : Optional.empty();
        boolean scheduled = world.chance(0.2);
        Optional<MemberName> leader = world.chance(0.8) ? leader() : Optional.of(from.name);
        Fault fault = world.fault(scheduled ? "scheduled switchover" : "switchover");
        Optional<Duration> in = scheduled ? Optional.of(world.between(1_000, 90_000)) : Optional.empty();
        operators.request(fault, leader, to, in);
        lasts(in.orElse(Duration.ZERO).plusSeconds(30));
    }

    private void failover() {
        operators.request(world.fault("manual failover"), Optional.empty(), Optional.of(any().name), Optional.empty());
        lasts(Duration.ofSeconds(30));
    }

    private void restart() {
        operators.restart(world.fault("restart asked for"), victim());
    }

    private void reinitialize() {
        operators.reinitialize(world.fault("reinitialize asked for"), any(), world.chance(0.5));
    }

    private void pauseAutomation() {
        paused = true;
        Fault fault = world.fault("paused");
        chaos.begins();
        operators.configure(
                fault,
                fields -> fields.put("pause", true),
                () -> world.scheduler.after(world.between(1_000, 90_000), () -> {
                    chaos.configures(fault);
                    operators.configure(fault, fields -> fields.remove("pause"), () -> {
                        paused = false;
                        chaos.ends();
                    });
                }));
        chaos.configures(fault);
    }

    private void configure() {
        Fault fault = world.fault("configuration changed");
        chaos.configures(fault);
        chaos.begins();
        operators.configure(fault, this::edit, chaos::ends);
    }

    private void edit(Map<String, Object> fields) {
        switch (world.random.nextInt(5)) {
            case 0 -> {
                int[] times = Plan.TIMES[world.random.nextInt(Plan.TIMES.length)];
                fields.put("ttl", times[0]);
                fields.put("loop_wait", times[1]);
                fields.put("retry_timeout", times[2]);
            }
            case 1 -> fields.put("check_timeline", world.chance(0.5));
            case 2 -> fields.put("primary_start_timeout", List.of(0, 30, 300).get(world.random.nextInt(3)));
            case 3 -> fields.put("failsafe_mode", world.chance(0.5));
            default -> {
                if (simulation.scenario().sync() != SyncSettings.Mode.OFF) {
                    fields.put("synchronous_node_count", 1 + world.random.nextInt(2));
                    fields.put("synchronous_mode_strict", world.chance(0.3));
                }
                fields.put("maximum_lag_on_failover", world.chance(0.3) ? 2000 : 1048576);
            }
        }
    }

    private void tag() {
        SimHost host = any();
        Fault fault = world.fault("tagged nofailover");
        world.say("world", host.name + " is tagged nofailover");
        Tags before = host.tags;
        if (before.nofailover()) {
            return;
        }
        Map<String, Object> published = Collections.singletonMap("nofailover", true);
        host.tags = new Tags(true, 1, false, false, false, 1, Optional.empty(), false, published);
        host.tagsSince = world.now();
        host.agent().ifPresent(agent -> {
            fault.hadEffect();
            agent.ring();
        });
        lasts(length(), () -> {
            host.tags = before;
            host.agent().ifPresent(SimAgent::ring);
        });
    }

    private void diskFull() {
        SimHost host = victim();
        Fault fault = world.fault("disk full");
        world.say("world", host.name + "'s disk is full");
        host.server.full(Optional.of(fault));
        lasts(length(), () -> host.server.full(Optional.empty()));
    }

    private void hang() {
        SimHost host = victim();
        if (host.server.isUp() && !host.server.isHung()) {
            world.say("world", host.name + "'s server hangs");
            host.server.hang(Optional.of(world.fault("server hangs")));
            lasts(length(), () -> host.server.hang(Optional.empty()));
        }
    }

    private void slowStandby() {
        SimHost host = any();
        host.server.slow(Optional.of(world.fault("slow standby")), world.between(500, 20_000));
        world.say("world", host.name + "'s disk is slow");
        lasts(length(), () -> host.server.slow(Optional.empty(), Duration.ZERO));
    }

    private void stopReplay() {
        SimHost host = any();
        if (host.server.isUp() && host.server.isStandby()) {
            world.fault("replay stops").hadEffect();
            host.server.stopReplay();
        }
    }

    /** Only where the others have everything: what nobody has any more nobody can promise. */
    private void loseDirectory() {
        SimHost host = any();
        boolean others = world.servers.values().stream()
                .allMatch(server -> server.disk().complete && server.tip().contains(host.server.tip())
                        || server == host.server && server.isStandby());
        // In a synchronous mode nobody but the lost leader may be electable: then the cluster waits for a person
        // (L-10).
        boolean needed = simulation.scenario().sync() != SyncSettings.Mode.OFF && host.server.isPrimary();
        if (others && !needed && host.server.disk().complete && host.agent().isPresent()) {
            world.fault("directory lost").hadEffect();
            host.server.crash("its directory is gone");
            world.say("world", host.name + "'s directory is lost");
            host.server.wipe();
        }
    }

    private void stepWallClock() {
        SimHost host = any();
        Duration by = Duration.ofSeconds(world.random.nextInt(7200) - 3600L);
        world.say("world", host.name + "'s wall clock is set by " + by);
        host.clock.stepWallClock(by);
        world.fault("wall clock set").hadEffect();
        lasts(length(), () -> host.clock.stepWallClock(by.negated()));
    }

    private void slewClock() {
        SimHost host = victim();
        double rate = 0.9 + world.random.nextDouble() * 0.2;
        world.say("world", host.name + "'s clocks are slewed by " + rate);
        host.clock.slew(rate);
        world.fault("clock slewed").hadEffect();
        lasts(length(), () -> host.clock.slew(1));
    }

    private void deleteKey() {
        List<StoreKey> keys = List.of(StoreKey.CONFIG, StoreKey.STATUS, StoreKey.HISTORY);
        operators.delete(world.fault("key deleted"), keys.get(world.random.nextInt(keys.size())));
        lasts(Duration.ofSeconds(1));
    }

    /** One member after the other ends and comes back with another version. */
    private void upgrade() {
        Fault fault = world.fault("rolling upgrade");
        Duration at = Duration.ZERO;
        for (SimHost host : simulation.hosts().values()) {
            lasts(at, () -> {
                host.version = host.version.equals("4.1.4") ? "4.2.0" : "4.1.4";
                host.agent().ifPresent(agent -> {
                    world.say("world", host.name + " is upgraded to " + host.version);
                    agent.shutdown();
                    fault.hadEffect();
                });
            });
            at = at.plus(world.between(5_000, 40_000));
        }
    }

    private void standStill() {
        SimHost host = victim();
        Duration length = length();
        Fault fault = world.fault("agent stands still");
        host.agent().ifPresent(agent -> {
            world.say("world", host.name + "'s agent stands still for " + length);
            agent.pause(fault, length);
            simulation.store().pause(host.name, length);
            lasts(length);
        });
    }

    private void suspend() {
        SimHost host = victim();
        if (!host.server.isFrozen()) {
            Duration length = length();
            Fault fault = world.fault("machine sleeps");
            host.suspend(fault, length);
            simulation.store().pause(host.name, length);
            lasts(length.plusMillis(1));
        }
    }

    private void breakWatchdog() {
        SimHost host = victim();
        host.watchdog.broken(Optional.of(world.fault("watchdog broken")));
        lasts(length(), () -> host.watchdog.broken(Optional.empty()));
    }
}

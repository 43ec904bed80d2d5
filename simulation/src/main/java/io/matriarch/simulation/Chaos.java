package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What goes wrong, and when. */
final class Chaos {

    private final Simulation simulation;
    private final World world;
    private final Simulation.Scenario scenario;
    private final HaSettings settings;
    private long end;

    Chaos(Simulation simulation, World world, Simulation.Scenario scenario, HaSettings settings) {
        this.simulation = simulation;
        this.world = world;
        this.scenario = scenario;
        this.settings = settings;
    }

    void begin(Duration length) {
        end = world.now() + length.toNanos();
        world.lossiness = world.chance(0.5) ? 0.02 : 0;
        next();
    }

    /**
     * Now and then an agent dies while it makes the cluster: nothing is there yet but the key it has created. Chance has
     * a source of its own here, so that older seeds are the runs they were.
     *
     * @return whether it may happen
     */
    boolean duringBootstrap(long seed) {
        var random = new Random(~seed);
        if (random.nextInt(5) > 0) {
            return false;
        }
        var victim = List.copyOf(simulation.hosts().values()).get(random.nextInt(3));
        world.scheduler.after(Duration.ofMillis(10 + random.nextInt(1500)), () -> {
            if (victim.server.isEmpty()) {
                world.say("world", victim.name + "'s agent dies before there is a cluster");
                victim.agent.orElseThrow().kill();
                world.scheduler.after(Duration.ofSeconds(1 + random.nextInt(40)), () -> simulation.startAgent(victim));
            }
        });
        return true;
    }

    private void next() {
        world.scheduler.after(world.between(500, 15000), () -> {
            if (world.now() < end) {
                fault();
                next();
            }
        });
    }

    private void fault() {
        SimAgent.Host host = any();
        if (world.chance(0.5)) {
            // Faults where it matters.
            host = simulation.hosts().values().stream()
                    .filter(one -> one.server.isWritable())
                    .findFirst()
                    .orElse(host);
        }
        switch (world.random.nextInt(8)) {
            case 0 -> host.server.crash("killed");
            case 1 -> cutFromStore(host.name);
            case 2 -> cutLink(host.name);
            case 3 -> storeOutage();
            case 4, 5 -> switchover(host.name);
            case 6 -> crash(host);
            default -> pause(host);
        }
    }

    private SimAgent.Host any() {
        return List.copyOf(simulation.hosts().values()).get(world.random.nextInt(3));
    }

    private void cutFromStore(MemberName name) {
        Duration length = world.between(500, 25000);
        world.say("world", name + " is cut from the store for " + length);
        world.network.cut(world.fault("cut from the store"), name, Network.STORE, length);
    }

    private void cutLink(MemberName name) {
        MemberName other = any().name;
        Duration length = world.between(500, 25000);
        world.say("world", name + " and " + other + " are cut from each other for " + length);
        world.network.cut(world.fault("cut link"), name, other, length);
    }

    private void storeOutage() {
        Duration length = world.between(500, 20000);
        world.say("world", "the store is away for " + length);
        var fault = world.fault("store away");
        simulation.hosts().keySet().forEach(name -> world.network.cut(fault, name, Network.STORE, length));
    }

    private void switchover(MemberName from) {
        MemberName to = any().name;
        String json = switch (world.random.nextInt(3)) {
            case 0 -> "{\"leader\":\"" + from + "\",\"member\":\"" + to + "\"}";
            case 1 -> "{\"leader\":\"" + from + "\"}";
            default -> "{\"member\":\"" + to + "\"}";
        };
        world.say("world", "somebody asks for " + json);
        simulation.request(json);
    }

    /** Without a guard process the server goes with its agent: a machine that fails. */
    private void crash(SimAgent.Host host) {
        if (host.agent.filter(agent -> !agent.isDead()).isEmpty()) {
            return;
        }
        boolean orderly = world.chance(0.3);
        world.say("world", host.name + "'s agent " + (orderly ? "is asked to end" : "crashes"));
        if (orderly) {
            host.agent.get().shutdown();
        } else {
            host.agent.get().kill();
            if (!scenario.guardProcess() || world.chance(0.3)) {
                host.server.crash("its machine fails");
            }
        }
        restartLater(host);
    }

    private void restartLater(SimAgent.Host host) {
        world.scheduler.after(world.between(100, 30000), () -> {
            Optional<SimAgent> agent = host.agent;
            if (agent.filter(one -> !one.isDead()).isEmpty()) {
                simulation.startAgent(host);
            }
        });
    }

    private void pause(SimAgent.Host host) {
        if (scenario.guardProcess()
                && host.agent.filter(agent -> !agent.isDead()).isPresent()) {
            Duration length = world.between(
                    50, world.chance(0.3) ? 60000 : (int) settings.ttl().toMillis());
            world.say("world", host.name + "'s agent stands still for " + length);
            host.agent.get().pause(length);
        }
    }
}

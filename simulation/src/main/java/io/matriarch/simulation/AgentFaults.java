package io.matriarch.simulation;

import java.time.Duration;
import java.util.Optional;

/** What goes wrong with agents and the machines they run on. */
final class AgentFaults {

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;

    AgentFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
    }

    /** Now and then an agent dies while it makes the cluster: nothing is there yet but the key it has created. */
    void duringBootstrap() {
        SimHost host = scene.any();
        scene.lasts(world.between(10, 1500), () -> {
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

    /** Without anything else that fences it the server goes with its agent: a machine that fails. */
    void crashAgent() {
        SimHost host = scene.victim();
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
        simulation.startLater(host, scene.length());
    }

    void resetMachine() {
        SimHost host = scene.victim();
        world.fault("machine resets").hadEffect();
        host.reset("power", scene.length());
        simulation.startLater(host, world.between(1_000, 10_000));
    }

    /** One member after the other ends and comes back with another version. */
    void upgrade() {
        Fault fault = world.fault("rolling upgrade");
        Duration at = Duration.ZERO;
        for (SimHost host : simulation.hosts().values()) {
            scene.lasts(at, () -> {
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

    void standStill() {
        standStill(scene.victim(), scene.length());
    }

    /** For longer than its lease lasts; its server goes on, if nothing else fences it. */
    void leaderStandsStill() {
        int ttl = (int) scene.plan().ttl().toMillis();
        Duration length = world.between(ttl, ttl * 4);
        simulation.clients().busy(length);
        simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable())
                .findFirst()
                .ifPresent(host -> standStill(host, length));
    }

    void standStill(SimHost host, Duration length) {
        Fault fault = world.fault("agent stands still");
        host.agent().ifPresent(agent -> {
            world.say("world", host.name + "'s agent stands still for " + length);
            agent.pause(fault, length);
            simulation.store().pause(host.name, length);
            scene.lasts(length);
        });
    }

    void suspend() {
        SimHost host = scene.victim();
        if (!host.server.isFrozen()) {
            Duration length = scene.length();
            Fault fault = world.fault("machine sleeps");
            host.suspend(fault, length);
            simulation.store().pause(host.name, length);
            scene.lasts(length.plusMillis(1));
        }
    }

    void breakWatchdog() {
        SimHost host = scene.victim();
        host.watchdog.broken(Optional.of(world.fault("watchdog broken")));
        scene.lasts(scene.length(), () -> host.watchdog.broken(Optional.empty()));
    }

    void stepWallClock() {
        SimHost host = scene.any();
        Duration by = Duration.ofSeconds(world.random.nextInt(7200) - 3600L);
        world.say("world", host.name + "'s wall clock is set by " + by);
        host.clock.stepWallClock(by);
        world.fault("wall clock set").hadEffect();
        scene.lasts(scene.length(), () -> host.clock.stepWallClock(by.negated()));
    }

    void slewClock() {
        SimHost host = scene.victim();
        double rate = 0.9 + world.random.nextDouble() * 0.2;
        world.say("world", host.name + "'s clocks are slewed by " + rate);
        host.clock.slew(rate);
        world.fault("clock slewed").hadEffect();
        scene.lasts(scene.length(), () -> host.clock.slew(1));
    }
}

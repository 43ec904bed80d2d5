package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What goes wrong between the machines, and in the store. */
final class NetworkFaults {

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;

    NetworkFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
    }

    /** Whether the store is a place of its own, and not in the members. */
    private boolean storeIsApart() {
        return world.network.nodes().contains(Network.STORE);
    }

    void cutFromStore() {
        if (!storeIsApart()) {
            isolate();
            return;
        }
        SimHost host = scene.victim();
        Duration length = scene.length();
        int way = world.random.nextInt(4);
        world.say("world", host.name + " is cut from the store for " + length + ", way " + way);
        Fault fault = world.fault("cut from the store");
        if (way != 1) {
            world.network.trouble(fault, host.name, Network.STORE, 1, Duration.ZERO, length);
        }
        if (way != 2) {
            world.network.trouble(fault, Network.STORE, host.name, 1, Duration.ZERO, length);
        }
        scene.lasts(length);
    }

    void cutLink() {
        SimHost host = scene.victim();
        SimHost other = scene.otherThan(host);
        Duration length = scene.length();
        boolean both = world.chance(0.6);
        world.say("world", host.name + (both ? " and " : " to ") + other.name + " is cut for " + length);
        Fault fault = world.fault(both ? "link cut" : "link cut one way");
        world.network.trouble(fault, host.name, other.name, 1, Duration.ZERO, length);
        if (both) {
            world.network.trouble(fault, other.name, host.name, 1, Duration.ZERO, length);
        }
        scene.lasts(length);
    }

    void isolate() {
        SimHost host = scene.victim();
        Duration length = scene.length();
        world.say("world", host.name + " is cut from everybody for " + length);
        Fault fault = world.fault("isolated");
        for (MemberName other : world.network.nodes()) {
            if (!other.equals(host.name)) {
                world.network.cut(fault, host.name, other, length);
            }
        }
        scene.lasts(length);
    }

    /** Where the store lives in the members, who is cut from them does not hear that automation is resumed. */
    void cutLinkBesideStore() {
        if (simulation.store().name().equals("memory")) {
            cutLink();
        }
    }

    void lossyLink() {
        trouble("lossy link", 0.05 + world.random.nextDouble() * 0.4, Duration.ZERO);
    }

    void slowLink() {
        trouble("slow link", 0, world.between(100, 4000));
    }

    private void trouble(String kind, double loss, Duration delay) {
        SimHost host = scene.victim();
        MemberName other = storeIsApart() && world.chance(0.5) ? Network.STORE : scene.otherThan(host).name;
        Duration length = scene.length();
        world.say("world", kind + " between " + host.name + " and " + other + " for " + length);
        Fault fault = world.fault(kind);
        world.network.trouble(fault, host.name, other, loss, delay, length);
        world.network.trouble(fault, other, host.name, loss, delay, length);
        scene.lasts(length);
    }

    void storeAway() {
        Duration length = scene.length();
        world.say("world", "the store is away for " + length);
        Fault fault = world.fault("store away");
        for (MemberName name : simulation.hosts().keySet()) {
            for (MemberName other : storeIsApart() ? List.of(Network.STORE) : world.network.nodes()) {
                if (!other.equals(name)) {
                    world.network.cut(fault, name, other, length);
                }
            }
        }
        scene.lasts(length);
    }

    /**
     * The leader alone does not reach the store, and something happens to those whom it asks whether it may go on: they
     * are cut from it, too, or their agents end and come back (SAF-047).
     */
    void leaderWithoutStore() {
        Optional<SimHost> leader = simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable())
                .findFirst();
        if (!storeIsApart() || leader.isEmpty()) {
            cutLink();
            return;
        }
        SimHost from = leader.get();
        int ttl = (int) scene.plan().ttl().toMillis();
        // One that is away for longer than its key lasts is not among those who are asked.
        boolean forgotten = world.chance(0.3);
        SimHost away = scene.otherThan(from);
        if (forgotten) {
            away.agent().ifPresent(SimAgent::kill);
            away.server.crash("it goes with its agent");
            simulation.startLater(away, world.between(ttl * 2, ttl * 4));
        }
        scene.lasts(forgotten ? world.between(ttl, ttl * 3) : Duration.ZERO, () -> {
            Duration length = world.between(ttl, ttl * 5);
            world.say("world", from.name + " is cut from the store for " + length);
            world.network.cut(world.fault("leader cut from the store"), from.name, Network.STORE, length);
            scene.lasts(length);
            for (SimHost other : simulation.hosts().values()) {
                if (other != from && (other == away && forgotten || world.chance(0.6))) {
                    scene.lasts(world.between(0, ttl * 2), () -> beside(from, other, length));
                }
            }
        });
    }

    private void beside(SimHost from, SimHost other, Duration length) {
        boolean ends = world.chance(0.5);
        if (ends) {
            world.say("world", other.name + "'s agent crashes");
            Fault fault = world.fault("agent ends");
            other.agent().ifPresent(agent -> {
                agent.kill();
                fault.hadEffect();
                if (!simulation.scenario().agentsFailAlone()) {
                    other.server.crash("it goes with its agent");
                }
                simulation.startLater(other, world.between(100, 3_000));
            });
        }
        if (!ends || world.chance(0.7)) {
            world.say("world", from.name + " and " + other.name + " is cut for " + length);
            world.network.cut(world.fault("link cut"), from.name, other.name, length);
            scene.lasts(length);
        }
    }

    void storeLoses() {
        if (!storeIsApart()) {
            storeMisfortune();
            return;
        }
        world.say("world", "the store loses requests");
        world.network.storeLoses(world.fault("store loses requests"), 0.01 + world.random.nextDouble() * 0.15);
        scene.lasts(scene.length(), () -> world.network.storeLoses(new Fault("none"), 0));
    }

    void storeMisfortune() {
        simulation.store().misfortune().ifPresent(what -> {
            world.say("world", what);
            world.fault("store: " + what.split(",")[0]).hadEffect();
            scene.lasts(scene.length(), simulation.store()::heal);
        });
    }
}

package io.matriarch.simulation;

import java.time.Duration;
import java.util.List;

/** Where something goes wrong, and for how long. */
final class FaultScene {

    private final Simulation simulation;
    private final World world;
    private final Plan plan;
    private final Chaos chaos;

    FaultScene(Simulation simulation, Plan plan, Chaos chaos) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.plan = plan;
        this.chaos = chaos;
    }

    Simulation simulation() {
        return simulation;
    }

    Plan plan() {
        return plan;
    }

    Chaos chaos() {
        return chaos;
    }

    SimHost any() {
        List<SimHost> all = List.copyOf(simulation.hosts().values());
        return all.get(world.random.nextInt(all.size()));
    }

    /** Half of the faults are where it matters. */
    SimHost victim() {
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

    SimHost otherThan(SimHost host) {
        SimHost other = any();
        while (other == host) {
            other = any();
        }
        return other;
    }

    /** Many are short against the lease, some are long. */
    Duration length() {
        return world.chance(0.5)
                ? world.between(200, (int) plan.ttl().toMillis())
                : world.between((int) plan.ttl().toMillis(), 120_000);
    }

    /** Lasts for a while, and nothing has to be well before its end. */
    void lasts(Duration length, Runnable atEnd) {
        chaos.begins();
        world.scheduler.after(length, () -> {
            atEnd.run();
            chaos.ends();
        });
    }

    void lasts(Duration length) {
        lasts(length, () -> {});
    }
}

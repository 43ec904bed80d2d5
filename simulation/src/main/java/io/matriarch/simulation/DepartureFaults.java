package io.matriarch.simulation;

import io.matriarch.domain.settings.SyncSettings;
import java.time.Duration;
import java.util.Optional;

/** A standby leaves a cluster in which nothing else goes wrong: commits wait for it no longer than a few loops (L-9). */
final class DepartureFaults {

    private static final Duration SLACK = Duration.ofSeconds(10);

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;

    DepartureFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
    }

    void standbyLeaves() {
        Optional<SimHost> leader = simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable())
                .findFirst();
        if (leader.isEmpty() || !simulation.store().name().equals("memory")) {
            return;
        }
        SimHost primary = leader.get();
        SyncSettings sync = simulation.settings(primary).sync();
        if (!sync.isOn() || sync.strict()) {
            return;
        }
        SimHost other = scene.otherThan(primary);
        Duration bound = simulation.settings(primary).loopWait().multipliedBy(3).plus(SLACK);
        Duration length = bound.plus(world.between(5_000, 60_000));
        world.fault("standby leaves").hadEffect();
        other.reset("power", length);
        simulation.startLater(other, world.between(1_000, 10_000));
        simulation.clients().busy(length);
        long incarnation = primary.server.incarnation();
        scene.lasts(bound.plusSeconds(3), () -> {
            boolean waits = primary.server.isWritable()
                    && primary.server.incarnation() == incarnation
                    && primary.server
                            .commits()
                            .waitingFor()
                            .filter(time -> time.compareTo(bound) > 0)
                            .isPresent();
            if (waits) {
                throw new Simulation.Violation(
                        world.now(),
                        "L-9: " + other.name + " has left, and " + primary.name + " waits for somebody for "
                                + primary.server.commits().waitingFor().get());
            }
        });
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.settings.SyncSettings;
import java.time.Duration;
import java.util.Optional;

/** What goes wrong with servers and their disks. */
final class ServerFaults {

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;

    ServerFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
    }

    void killServer() {
        SimHost host = scene.victim();
        Fault fault = world.fault("server killed");
        if (!host.server.isDown()) {
            fault.hadEffect();
        }
        host.server.crash("killed");
    }

    void diskFull() {
        SimHost host = scene.victim();
        Fault fault = world.fault("disk full");
        world.say("world", host.name + "'s disk is full");
        host.server.full(Optional.of(fault));
        scene.lasts(scene.length(), () -> host.server.full(Optional.empty()));
    }

    void hang() {
        SimHost host = scene.victim();
        if (host.server.isUp() && !host.server.isHung()) {
            world.say("world", host.name + "'s server hangs");
            host.server.hang(Optional.of(world.fault("server hangs")));
            scene.lasts(scene.length(), () -> host.server.hang(Optional.empty()));
        }
    }

    void slowStandby() {
        SimHost host = scene.any();
        host.server.slow(Optional.of(world.fault("slow standby")), world.between(500, 20_000));
        world.say("world", host.name + "'s disk is slow");
        scene.lasts(scene.length(), () -> host.server.slow(Optional.empty(), Duration.ZERO));
    }

    void stopReplay() {
        SimHost host = scene.any();
        if (host.server.isUp() && host.server.isStandby()) {
            world.fault("replay stops").hadEffect();
            host.server.stopReplay();
        }
    }

    /** Only where the others have everything: what nobody has any more nobody can promise. */
    void loseDirectory() {
        SimHost host = scene.any();
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
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.ControlData;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;

/**
 * A second agent of the leader's name, on a copy of its machine that has lost the record of the lease, while the first
 * one stands still and when it goes on (SAF-014). Its configuration says nofailover: nobody may mistake the two when one
 * of them is to lead.
 */
final class TwinFaults {

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;
    private final AgentFaults agents;
    private boolean running;

    TwinFaults(FaultScene scene, AgentFaults agents) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
        this.agents = agents;
    }

    void twin() {
        Optional<SimHost> leader = simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable() && !host.server.disk().unborn)
                .findFirst();
        // A store that lives in the members tells two processes of one voter apart by itself.
        if (running || leader.isEmpty() || !simulation.store().name().equals("memory")) {
            return;
        }
        running = true;
        int ttl = (int) scene.plan().ttl().toMillis();
        Duration still = world.between(ttl / 2, ttl * 4);
        SimHost twin = copy(leader.get());
        agents.standStill(leader.get(), still);
        world.fault("second agent of a name").hadEffect();
        Duration before = world.between(100, ttl / 2);
        scene.lasts(before, () -> {
            world.say("world", "a second agent of " + twin.name + " starts");
            simulation.startAgent(twin);
        });
        scene.lasts(before.plus(still).plus(world.between(0, ttl * 2)), () -> {
            world.say("world", "the second agent of " + twin.name + " is found and ended");
            running = false;
            twin.agent().ifPresent(SimAgent::kill);
            twin.server.crash("it is one too many");
            twin.server.forgetListeners();
            twin.guard.reset();
        });
    }

    private SimHost copy(SimHost first) {
        var clock = new SimClock(world);
        var server = new SimServer(world, first.name, scene.plan().senderTimeout());
        var guard = new SimGuard(
                world, clock, server, scene.plan().ttl(), simulation.scenario().guardProcess());
        var twin = new SimHost(world, first.name, clock, server, guard);
        twin.watchdog = new SimWatchdog(world, clock, SimWatchdog.Mode.OFF, () -> {}, Optional::empty);
        twin.tag(new Tags(
                true,
                1,
                false,
                false,
                false,
                1,
                Optional.empty(),
                false,
                Collections.singletonMap("nofailover", true)));
        server.adopt(first.server);
        server.disk().present = true;
        server.disk().complete = true;
        server.disk().control = ControlData.State.IN_PRODUCTION;
        return twin;
    }
}

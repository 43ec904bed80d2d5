package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.Optional;

/** What goes wrong between servers while their agents hear each other, above all during the stop of a switchover. */
final class StreamFaults {

    /** How long it is waited for a primary to be stopped. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;
    private final Operators operators;
    private Optional<Runnable> onStop = Optional.empty();

    StreamFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
        this.operators = new Operators(simulation);
        world.onStop = this::stopping;
    }

    void cutStream() {
        SimHost host = scene.victim();
        cut(host, scene.otherThan(host).name, scene.length());
    }

    private void cut(SimHost host, MemberName other, Duration length) {
        world.say("world", "nothing gets through between the servers of " + host.name + " and " + other);
        world.network.cutStreams(world.fault("stream cut"), host.name, other, length);
        scene.lasts(length);
    }

    /** A switchover in which the candidate gets nothing of what is written last, or the stop takes its time (SAF-060). */
    void troubledSwitchover() {
        Optional<SimHost> leader = simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable())
                .findFirst();
        if (leader.isEmpty()) {
            return;
        }
        SimHost from = leader.get();
        boolean cuts = world.chance(0.8);
        boolean slow = !cuts || world.chance(0.6);
        boolean early = world.chance(0.4);
        Duration length = world.between(1_000, 30_000);
        Runnable cut = () -> {
            if (cuts) {
                simulation.hosts().keySet().stream()
                        .filter(name -> !name.equals(from.name))
                        .forEach(name -> cut(from, name, length));
            }
        };
        if (early) {
            scene.lasts(world.between(0, 1_500), cut);
        }
        Runnable trouble = () -> {
            if (!early) {
                cut.run();
            }
            if (slow && !from.server.isHung()) {
                world.say("world", from.name + "'s shutdown is slow");
                from.server.hang(Optional.of(world.fault("slow shutdown")));
                from.server.hungFor();
            }
        };
        onStop = Optional.of(trouble);
        operators.request(
                world.fault("switchover"),
                Optional.of(from.name),
                world.chance(0.6) ? Optional.of(scene.otherThan(from).name) : Optional.empty(),
                Optional.empty());
        scene.lasts(PATIENCE, () -> {
            onStop = Optional.empty();
            from.server.hang(Optional.empty());
        });
    }

    private void stopping(SimServer server) {
        if (server.isPrimary() && onStop.isPresent()) {
            Runnable trouble = onStop.get();
            onStop = Optional.empty();
            trouble.run();
        }
    }
}

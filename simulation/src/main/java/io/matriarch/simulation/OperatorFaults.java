package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.ports.dcs.StoreKey;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What people ask for, wisely or not. */
final class OperatorFaults {

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;
    private final Chaos chaos;
    private final Operators operators;
    private boolean paused;

    OperatorFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
        this.chaos = scene.chaos();
        this.operators = new Operators(simulation);
    }

    private Optional<MemberName> leader() {
        return simulation.invariants().holder();
    }

    void switchover() {
        SimHost from = scene.victim();
        Optional<MemberName> to = world.chance(0.6) ? Optional.of(scene.any().name) : Optional.empty();
        boolean scheduled = world.chance(0.2);
        Optional<MemberName> leader = world.chance(0.8) ? leader() : Optional.of(from.name);
        Fault fault = world.fault(scheduled ? "scheduled switchover" : "switchover");
        Optional<Duration> in = scheduled ? Optional.of(world.between(1_000, 90_000)) : Optional.empty();
        operators.request(fault, leader, to, in);
        scene.lasts(in.orElse(Duration.ZERO).plusSeconds(30));
    }

    void failover() {
        operators.request(
                world.fault("manual failover"), Optional.empty(), Optional.of(scene.any().name), Optional.empty());
        scene.lasts(Duration.ofSeconds(30));
    }

    /** A person decides who leads when the members cannot. */
    void decides(MemberName candidate) {
        operators.request(world.fault("a person decides"), Optional.empty(), Optional.of(candidate), Optional.empty());
        scene.lasts(Duration.ofSeconds(30));
    }

    void restart() {
        operators.restart(world.fault("restart asked for"), scene.victim());
    }

    void reinitialize() {
        operators.reinitialize(world.fault("reinitialize asked for"), scene.any(), world.chance(0.5));
    }

    boolean isPaused() {
        return paused;
    }

    void pauseAutomation() {
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

    void configure() {
        Fault fault = world.fault("configuration changed");
        chaos.configures(fault);
        chaos.begins();
        operators.configure(fault, this::edit, chaos::ends);
    }

    private void edit(Map<String, Object> fields) {
        switch (world.random.nextInt(5)) {
            case 0 -> {
                int[] times = Plan.times(world.random);
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

    void tag() {
        SimHost host = scene.any();
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
        scene.lasts(scene.length(), () -> {
            host.tags = before;
            host.agent().ifPresent(SimAgent::ring);
        });
    }

    void deleteKey() {
        // Without the key the members' own files say whom they follow, and those still have what has been taken out of
        // it.
        List<StoreKey> keys = world.remote.isPresent()
                ? List.of(StoreKey.STATUS, StoreKey.HISTORY)
                : List.of(StoreKey.CONFIG, StoreKey.STATUS, StoreKey.HISTORY);
        operators.delete(world.fault("key deleted"), keys.get(world.random.nextInt(keys.size())));
        scene.lasts(Duration.ofSeconds(1));
    }
}

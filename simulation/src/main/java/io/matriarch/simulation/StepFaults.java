package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Agents that stand still exactly between two steps, and loops that hang while the rest of their agents goes on. */
final class StepFaults {

    /** How long it is waited for somebody to come to the place. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Whoever comes there next stands still for so long. */
    private record Trap(Fault fault, Duration length) {}

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;
    private final NetworkFaults network;
    private final Operators operators;
    private final Map<Step, Trap> traps = new EnumMap<>(Step.class);

    StepFaults(FaultScene scene, NetworkFaults network) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
        this.network = network;
        this.operators = new Operators(simulation);
        world.onStep = this::reached;
    }

    /** Runs on the agent's own fiber, which is held here. */
    private void reached(MemberName who, Step step) {
        Trap trap = traps.remove(step);
        Optional<SimAgent> agent =
                trap == null ? Optional.empty() : simulation.host(who).agent();
        if (agent.isEmpty()) {
            return;
        }
        world.say("world", who + "'s agent stands still at " + step + " for " + trap.length());
        trap.fault().hadEffect();
        agent.get().pause(trap.fault(), trap.length());
        simulation.store().pause(who, trap.length());
        scene.lasts(trap.length());
        if (step == Step.HAS_ASKED && world.chance(0.6)) {
            // Whoever has agreed cannot be asked again.
            Duration cut = scene.plan().ttl().multipliedBy(2).plus(trap.length());
            for (SimHost other : simulation.hosts().values()) {
                if (!other.name.equals(who)) {
                    world.network.cut(world.fault("link cut"), who, other.name, cut);
                }
            }
            scene.lasts(cut);
        }
        world.scheduler.sleep(Duration.ofNanos(1));
    }

    private void set(Step step, Fault fault, Duration length) {
        var trap = new Trap(fault, length);
        traps.put(step, trap);
        scene.lasts(PATIENCE, () -> traps.remove(step, trap));
    }

    /** Something happens that makes somebody come there soon. */
    void standStillAtStep() {
        int place = world.random.nextInt(8);
        boolean failsafe = Boolean.TRUE.equals(scene.plan().config().get("failsafe_mode"));
        if (place == 5 && failsafe) {
            afterAsking();
            return;
        }
        if (place >= 5) {
            beforeAcquiring();
            return;
        }
        Fault fault = world.fault("agent stands still between two steps");
        switch (place) {
            case 0 -> {
                set(Step.HAS_LOCK, fault, scene.length());
                loseLeader();
            }
            case 1 -> {
                set(Step.HAS_HANDED_OVER, fault, scene.length());
                askForSwitchover();
            }
            case 2 -> {
                set(Step.PROMOTES, fault, scene.length());
                newLeader();
            }
            case 3 -> {
                set(Step.HAS_PROMOTED, fault, scene.length());
                newLeader();
            }
            default -> {
                set(Step.STARTS, fault, scene.length());
                leader().ifPresent(host -> host.server.crash("killed"));
            }
        }
    }

    /** By the time it asks for the lock another one has had it and is gone again (SAF-017). */
    private void beforeAcquiring() {
        int ttl = (int) scene.plan().ttl().toMillis();
        Duration length = world.between(ttl / 2, ttl * 4);
        set(Step.RACES, world.fault("agent stands still between two steps"), length);
        loseLeader();
        // The first one's lease has to end before anybody races.
        scene.lasts(length.plus(world.between(ttl / 2, ttl * 2)), this::loseLeader);
    }

    /** The members have agreed, and the leader comes to hear of it late (SAF-047). */
    void afterAsking() {
        Fault fault = world.fault("agent stands still after it has asked");
        int ttl = (int) scene.plan().ttl().toMillis();
        set(Step.HAS_ASKED, fault, world.between(ttl / 20, ttl * 2 / 3));
        network.leaderWithoutStore();
    }

    /** An agent stands still in the middle of the first bootstrap, longer than the others wait for it (SAF-018). */
    void duringBootstrap() {
        int ttl = (int) scene.plan().ttl().toMillis();
        Duration length = world.between(ttl * 2, ttl * 5);
        set(Step.HAS_INITIALIZED, world.fault("agent stands still while it makes the cluster"), length);
        long wakesUp = world.now() + length.toNanos();
        // By then somebody else has made one; it fails at about the time at which the first one wakes up.
        scene.lasts(
                length.minus(world.between(0, ttl)),
                () -> leader().ifPresent(host -> {
                    world.fault("machine resets").hadEffect();
                    host.reset("power", Duration.ofNanos(wakesUp - world.now()).plus(scene.length()));
                    simulation.startLater(host, world.between(1_000, 10_000));
                }));
    }

    private void newLeader() {
        if (world.chance(0.5)) {
            loseLeader();
        } else {
            askForSwitchover();
        }
    }

    private Optional<SimHost> leader() {
        return simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable() && !host.server.disk().unborn)
                .findFirst();
    }

    private void loseLeader() {
        leader().ifPresent(host -> {
            world.fault("machine resets").hadEffect();
            host.reset("power", scene.length());
            simulation.startLater(host, world.between(1_000, 10_000));
        });
    }

    private void askForSwitchover() {
        operators.request(
                world.fault("switchover"), leader().map(host -> host.name), Optional.empty(), Optional.empty());
    }

    /** Its turns do not end, because some call does not come back; what it does beside them goes on (SAF-070). */
    void loopHangs() {
        SimHost host = scene.victim();
        Duration length = scene.length();
        Fault fault = world.fault("loop hangs");
        host.agent().ifPresent(agent -> {
            world.say("world", host.name + "'s loop hangs for " + length);
            agent.hangLoop(fault, length);
            scene.lasts(length);
        });
    }
}

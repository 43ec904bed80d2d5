package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.LeaseLadder;
import java.time.Duration;
import java.util.Optional;

/** Rules about who may get the lock, and who has to give it up. */
final class HoldRules {

    /** No lease in a simulation is longer. */
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /** Turns end and answers arrive a moment after a loop began to hang, and clocks are slewed. */
    private static final Duration SLACK = Duration.ofSeconds(10);

    private static final Duration WITHOUT_LIFE =
            LONGEST.plus(LeaseLadder.mandate(LONGEST)).plus(SLACK);

    private final World world;
    private Optional<MemberName> last = Optional.empty();

    HoldRules(World world) {
        this.world = world;
    }

    /** Somebody else has held it since a primary did: that one may have acknowledged what it lacks (SAF-016). */
    void granted(SimHost host) {
        if (last.isPresent() && !last.get().equals(host.name) && host.server.isWritable()) {
            throw new Simulation.Violation(
                    world.now(), "SAF-016: " + host.name + " takes the lock as a primary after " + last.get());
        }
        last = Optional.of(host.name);
    }

    /** A loop that hangs gives up the lock: at the latest after its mandate and one lease. */
    void alive(SimHost host) {
        host.agent()
                .filter(agent -> agent.loopHangsFor().compareTo(WITHOUT_LIFE) > 0)
                .ifPresent(agent -> {
                    if (agent.saysLeader()) {
                        throw new Simulation.Violation(
                                world.now(),
                                "SAF-070: " + host.name + " keeps the lock, its loop hangs for "
                                        + agent.loopHangsFor());
                    }
                });
    }
}

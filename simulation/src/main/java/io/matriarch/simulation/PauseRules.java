package io.matriarch.simulation;

import io.matriarch.app.loop.AgentView;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.HandoverPhase;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * While automation is paused nobody starts, stops, promotes or demotes a server by itself (S-18).
 *
 * <p>What people ask for is theirs: from a request to the end of the pause the member it concerns is not looked at.
 */
final class PauseRules {

    private final Simulation simulation;
    private final World world;
    private final SortedSet<MemberName> asked = new TreeSet<>();

    PauseRules(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world();
    }

    /** Somebody asks this member's agent for something. */
    void asked(MemberName name) {
        asked.add(name);
    }

    /** Somebody asks for another leader, or has got one: whoever stops and whoever is promoted does it for that. */
    void askedForAnotherLeader() {
        asked.addAll(simulation.hosts().keySet());
    }

    /** A turn has ended; after one without pause nothing of what was asked for lasts into the next one. */
    void turned(SimHost host, AgentView view) {
        if (!view.observation().settings().paused()
                && view.observation().requests().isEmpty()
                && view.state().handover() instanceof HandoverPhase.None
                && simulation.invariants().cluster().request().isEmpty()) {
            asked.remove(host.name);
        }
    }

    /** What is done now was decided in pause if the turn before was paused and the present one is. */
    private boolean decidesPaused(SimHost host) {
        return simulation.settings(host).paused()
                && host.agent()
                        .flatMap(SimAgent::view)
                        .filter(view -> view.observation().settings().paused())
                        .isPresent();
    }

    /** Its agent does something to its server. */
    void does(SimHost host, String what) {
        if (decidesPaused(host) && !asked.contains(host.name)) {
            throw new Simulation.Violation(world.now(), "S-18: paused, and " + host.name + " " + what);
        }
    }

    /** A promotion is right in pause if the lock was won before it, or if somebody has named the candidate. */
    void promotes(SimHost host) {
        Optional<AgentView> before = host.agent().flatMap(SimAgent::view);
        if (before.filter(view -> view.state().wonRace()).isEmpty()) {
            does(host, "promotes its server");
        }
    }

    /** It has taken a free lock though nobody has named it. */
    void raced(SimHost host) {
        does(host, "takes the leader lock as a standby");
    }
}

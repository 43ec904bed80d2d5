package io.matriarch.simulation;

import io.matriarch.app.loop.AgentView;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.Reason;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/** Who goes on without the store by whose consent, and who must not lead meanwhile (S-5, S-6). */
final class FailsafeRules {

    /** What a member has promised last. */
    private record Word(MemberName leader, long at, Duration length) {}

    private final Simulation simulation;
    private final World world;
    private final SortedMap<MemberName, Word> given = new TreeMap<>();
    private final SortedMap<MemberName, Long> asked = new TreeMap<>();

    FailsafeRules(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world();
    }

    private Simulation.Violation broken(String what) {
        return new Simulation.Violation(world.now(), what);
    }

    /** A leader begins to ask the members. */
    void asks(MemberName leader) {
        asked.put(leader, world.now());
    }

    /** A member has promised not to lead, whether or not its answer gets back. */
    void accepts(SimHost host, FailsafeClaim claim) {
        Duration own = simulation.settings(host).ttl();
        Duration wanted = claim.ttl().orElse(own);
        given.put(host.name, new Word(claim.leader(), world.now(), wanted.compareTo(own) > 0 ? wanted : own));
    }

    void turned(SimHost host, AgentView view) {
        if (view.reason() == Reason.FAILSAFE_KEEPS_PRIMARY) {
            goesOn(host);
        } else if (view.reason() == Reason.ACQUIRING_AS_REPLICA || view.reason() == Reason.ACQUIRING_AS_PRIMARY) {
            races(host, view.reason());
        }
    }

    /** Each of those listed has to have agreed to the questions of this cycle; those of the one before are used up. */
    private void goesOn(SimHost host) {
        FailsafeMap map = simulation.invariants().cluster().failsafe();
        long since = asked.getOrDefault(host.name, Long.MAX_VALUE);
        asked.remove(host.name);
        for (MemberName other : map.members().orElseGet(TreeMap::new).keySet()) {
            Word word = given.get(other);
            boolean agreed = word != null && word.leader().equals(host.name) && word.at() >= since;
            if (!agreed && !other.equals(host.name)) {
                throw broken("S-5: " + host.name + " goes on without the store, and " + other
                        + " has not agreed in this cycle");
            }
        }
    }

    /** By true time: no clock that a member may count its promise on runs ahead of it so far. */
    private void races(SimHost host, Reason reason) {
        Word word = given.get(host.name);
        boolean holds = host.agent().filter(SimAgent::holds).isPresent();
        if (holds
                && word != null
                && !word.leader().equals(host.name)
                && world.now() - word.at() < word.length().toNanos()) {
            throw broken("S-5: " + host.name + " races (" + reason + ") though it has promised " + word.leader()
                    + " not to for " + word.length());
        }
    }

    /** A standby has taken a free lock by itself. */
    void raced(ClusterView before, SimHost host) {
        FailsafeMap map = before.failsafe();
        if (simulation.settings(host).failsafe() && map.binds() && !map.lists(host.name)) {
            throw broken("S-6: " + host.name + " wins the race, and /failsafe lists only " + map.members());
        }
    }
}

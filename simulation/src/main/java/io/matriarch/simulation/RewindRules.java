package io.matriarch.simulation;

import io.matriarch.app.loop.AgentView;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.rewind.RewindProgress;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Whose timeline is not settled yet says nothing about divergence (S-14): a server in recovery may still become anything,
 * and one without a checkpoint on its new timeline has the old one in its control file, which pg_rewind goes by.
 */
final class RewindRules {

    private final World world;
    private final SortedMap<MemberName, LeaderTimeline> answers = new TreeMap<>();
    private final SortedMap<MemberName, RewindProgress> progress = new TreeMap<>();

    RewindRules(World world) {
        this.world = world;
    }

    /** A member has asked a leader for its timeline. */
    void compares(SimHost host, LeaderTimeline answer) {
        answers.put(host.name, answer);
    }

    /** A member begins to rewind. */
    void rewinds(SimHost host, Upstream.Source source) {
        SimServer from = source instanceof Upstream.Of of ? world.servers.get(of.name()) : null;
        if (from == null || !from.isUp()) {
            return;
        }
        if (!from.isPrimary() || !from.checkpointTimeline().equals(from.timeline())) {
            throw new Simulation.Violation(
                    world.now(),
                    "S-14: " + host.name + " rewinds against " + from.name()
                            + (from.isPrimary() ? " before its checkpoint" : ", which is in recovery"));
        }
    }

    /** A turn has ended: if the member has made up its mind in it, by what? */
    void turned(SimHost host, AgentView view) {
        RewindProgress now = view.state().rewind();
        RewindProgress before = progress.put(host.name, now);
        if (now == RewindProgress.NOT_NEEDED && before != now) {
            LeaderTimeline answer = answers.getOrDefault(host.name, new LeaderTimeline.NoAnswer("never asked"));
            if (!(answer instanceof LeaderTimeline.Primary primary) || !primary.checkpointed()) {
                throw new Simulation.Violation(
                        world.now(), "S-14: " + host.name + " takes itself for not diverged because of " + answer);
            }
        }
    }
}

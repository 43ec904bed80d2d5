package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The commits that clients have been told of, as long as some server does not have them. */
final class Ledger {

    /** A commit; whether it was promised to survive every automatic failover. */
    private record Commit(WalNode node, boolean promised) {}

    private final World world;
    private final List<Commit> atStake = new ArrayList<>();

    /** The last server that was promoted, and whether a person had asked for exactly that one. */
    private Optional<SimServer> present = Optional.empty();

    private long acknowledged;
    private long failed;
    private long unknown;
    private long lost;

    Ledger(World world) {
        this.world = world;
    }

    /**
     * A client is told.
     *
     * @param promised whether the cluster kept a synchronous mode under this server at this moment
     */
    void acknowledged(SimServer server, WalNode node, boolean promised) {
        acknowledged++;
        boolean replaced = present.isPresent()
                && present.get() != server
                && !present.get().tip().contains(node);
        if (replaced && promised) {
            throw new Simulation.Violation(
                    world.now(),
                    "S-7, SAF-050, NoAcknowledgedCommitLost: " + server.name() + " acknowledges " + node.transaction
                            + " after " + present.get().name() + " was promoted without it");
        }
        if (replaced) {
            lost++;
        } else {
            atStake.add(new Commit(node, promised));
        }
        if (atStake.size() > 256) {
            trim();
        }
    }

    void failed() {
        failed++;
    }

    void unknown() {
        unknown++;
    }

    /** A server begins to accept writes. */
    void writable(SimServer server, boolean forced) {
        present = Optional.of(server);
        for (Commit commit : atStake) {
            if (!server.tip().contains(commit.node())) {
                if (commit.promised() && !forced) {
                    throw new Simulation.Violation(
                            world.now(),
                            "S-7, NoAcknowledgedCommitLost: " + server.name() + " leads without transaction "
                                    + commit.node().transaction + ", acknowledged on " + commit.node());
                }
                lost++;
            }
        }
        atStake.removeIf(commit -> !server.tip().contains(commit.node()));
    }

    /** What every server has can only be lost with all of them; the newest of those stands for the ones before it. */
    private void trim() {
        List<WalNode> tips = world.servers.values().stream()
                .filter(server -> server.disk().complete)
                .map(SimServer::tip)
                .toList();
        int everywhere = 0;
        for (int i = 0; i < atStake.size(); i++) {
            WalNode node = atStake.get(i).node();
            if (tips.stream().allMatch(tip -> tip.contains(node))) {
                everywhere = i;
            }
        }
        atStake.subList(0, everywhere).clear();
        while (atStake.size() > 100_000) {
            atStake.removeFirst();
        }
    }

    Optional<MemberName> present() {
        return present.map(SimServer::name);
    }

    long acknowledged() {
        return acknowledged;
    }

    long unacknowledged() {
        return failed + unknown;
    }

    long lost() {
        return lost;
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Those who write, each time one number more: most of them through a router that asks the members who is the primary,
 * some on connections that stay where they are. They know of every number whether it was acknowledged, has failed, or
 * nobody knows.
 */
final class Clients {

    private static final Duration ROUTER = Duration.ofSeconds(2);

    private final Simulation simulation;
    private final World world;
    private final Ledger ledger;
    private Optional<SimHost> routed = Optional.empty();
    private Optional<SimServer> connected = Optional.empty();
    private long transactions;
    private long busyUntil;

    Clients(Simulation simulation, Ledger ledger) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.ledger = ledger;
    }

    void begin() {
        world.scheduler.after(ROUTER, this::route);
        next();
    }

    /** Many writes for a while: there is something to see. */
    void busy(Duration length) {
        busyUntil = Math.max(busyUntil, world.now() + length.toNanos());
    }

    /** Two members that both say 200 at one instant would be two primaries for the clients (SAF-062). */
    private void route() {
        routed = Optional.empty();
        for (SimHost host : simulation.hosts().values()) {
            if (routed.isEmpty() && host.agent().filter(SimAgent::saysLeader).isPresent() && host.server.isUp()) {
                routed = Optional.of(host);
            }
        }
        world.scheduler.after(ROUTER, this::route);
    }

    private void next() {
        Duration pause = world.now() < busyUntil ? world.between(20, 300) : world.between(1000, 5000);
        world.scheduler.after(pause, () -> {
            write();
            next();
        });
    }

    private void write() {
        Optional<SimServer> server = world.chance(0.7) ? routed.map(host -> host.server) : connected();
        if (server.isEmpty()) {
            ledger.failed();
            return;
        }
        SimServer at = server.get();
        long number = ++transactions;
        WalNode[] record = new WalNode[1];
        boolean[] early = new boolean[1];
        Optional<WalNode> written = at.write(number, acknowledged -> {
            if (!acknowledged) {
                ledger.unknown();
            } else if (record[0] == null) {
                early[0] = true;
            } else {
                ledger.acknowledged(at, record[0], simulation.promises(at));
            }
        });
        if (written.isEmpty()) {
            ledger.failed();
            return;
        }
        record[0] = written.get();
        if (early[0]) {
            ledger.acknowledged(at, record[0], simulation.promises(at));
        }
    }

    /** A connection that stays, until its server takes no more writes. */
    private Optional<SimServer> connected() {
        if (connected.filter(SimServer::isWritable).isEmpty()) {
            List<SimServer> writable = new ArrayList<>();
            for (SimServer server : world.servers.values()) {
                if (server.isWritable() && !server.disk().unborn) {
                    writable.add(server);
                }
            }
            connected = writable.isEmpty()
                    ? Optional.empty()
                    : Optional.of(writable.get(world.random().nextInt(writable.size())));
        }
        return connected;
    }

    Optional<MemberName> routedTo() {
        return routed.map(host -> host.name);
    }
}

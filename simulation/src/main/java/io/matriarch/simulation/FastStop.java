package io.matriarch.simulation;

import io.matriarch.domain.postgres.ControlData;
import java.time.Duration;
import java.util.List;

/** A fast shutdown: sessions end at once; then the checkpoint; then everything goes to the standbys that stream. */
final class FastStop {

    /** Whoever has not confirmed it by then is not waited for. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final World world;
    private final SimServer server;

    FastStop(World world, SimServer server) {
        this.world = world;
        this.server = server;
    }

    /** Sessions have ended: the rest of it. */
    void begin(boolean wasUp) {
        long mine = server.incarnation();
        world.say(server.name().value(), "fast shutdown begins");
        Duration needed = world.chance(0.05) || server.isHung() ? world.between(3000, 90000) : world.between(30, 800);
        world.scheduler.after(needed, () -> {
            if (server.incarnation() == mine && server.isStopping()) {
                if (wasUp) {
                    checkpointed(mine);
                } else {
                    server.gone();
                }
            }
        });
    }

    private void checkpointed(long mine) {
        boolean primary = server.isPrimary();
        if (primary) {
            server.writeCheckpoint();
        }
        server.disk().control = primary ? ControlData.State.SHUT_DOWN : ControlData.State.SHUT_DOWN_IN_RECOVERY;
        sent();
        world.scheduler.after(PATIENCE, () -> {
            if (server.incarnation() == mine && server.isStopping()) {
                List.copyOf(server.senders()).forEach(SimSender::disconnect);
                sent();
            }
        });
    }

    /** A standby has confirmed something, or is gone: a server that has nothing else to do ends then. */
    void sent() {
        ControlData.State control = server.disk().control;
        boolean stopped = control == ControlData.State.SHUT_DOWN || control == ControlData.State.SHUT_DOWN_IN_RECOVERY;
        if (!server.isStopping() || !stopped) {
            return;
        }
        for (SimSender sender : server.senders()) {
            if (server.isPrimary() && sender.flushed() != server.tip()) {
                return;
            }
        }
        world.say(server.name().value(), "fast shutdown done at " + server.end());
        server.gone();
    }
}

package io.matriarch.simulation;

import java.time.Duration;

/** Processes that are being ended: until the last one is gone, somebody may still be acknowledged (SAF-031, SAF-032). */
final class Ending {

    private final World world;
    private final SimServer server;
    private long incarnation = -1;
    private long at;

    Ending(World world, SimServer server) {
        this.world = world;
        this.server = server;
    }

    /** Nothing of the server is left after this time, or after the one of an earlier order if that is shorter. */
    void within(Duration time, String why) {
        long until = world.now() + time.toNanos();
        long mine = server.incarnation();
        if (server.isDown() || incarnation == mine && at <= until) {
            return;
        }
        incarnation = mine;
        at = until;
        world.scheduler.after(time, () -> {
            if (server.incarnation() == mine) {
                server.crash(why);
            }
        });
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.watchdog.Guard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The guard process of a host: it outlives the agent and kills the server at the third rung of the ladder, and refuses
 * what would make it writable after that (SAF-040, SAF-041). Without it only the agent itself guards.
 */
final class SimGuard implements Guard {

    private static final Duration SHORTEST_NAP = Duration.ofMillis(1);

    private final World world;
    private final SimClock clock;
    private final SimServer server;
    private final boolean process;
    private Optional<MonotonicTime> killAt = Optional.empty();
    private Duration ttl;
    private long armed;

    SimGuard(World world, SimClock clock, SimServer server, Duration ttl, boolean process) {
        this.world = world;
        this.clock = clock;
        this.server = server;
        this.ttl = ttl;
        this.process = process;
        server.guardedBy(this);
        clock.onChange(this::look);
    }

    /** The agent tells it with the configuration. */
    @Override
    public void adopt(Duration newTtl) {
        ttl = newTtl;
    }

    boolean refusesStart() {
        return process && killAt.isPresent() && clock.now().hasReached(killAt.get());
    }

    @Override
    public long start(ServerCommand command) {
        throw new UnsupportedOperationException("servers are not started by commands here");
    }

    @Override
    public void promote(long postmaster, Path dataDirectory) {
        throw new UnsupportedOperationException("servers are not promoted by signals here");
    }

    @Override
    public void arm(LeaseId lease, MonotonicTime end) {
        if (process) {
            killAt = Optional.of(LeaseLadder.of(ttl).killAt(end));
            look();
        }
    }

    /**
     * Looks again before something is due: a timer runs on a clock that a time daemon may have slowed down by a tenth,
     * the deadline also on one that nobody slows down, so nobody may sleep for all that is left.
     */
    private void look() {
        if (!process || killAt.isEmpty()) {
            return;
        }
        Duration left = clock.now().until(killAt.get());
        if (left.isPositive()) {
            long mine = ++armed;
            Duration nap = Duration.ofNanos(left.toNanos() / 5 * 4);
            world.scheduler.after(clock.trueTime(nap).plus(SHORTEST_NAP), () -> {
                if (mine == armed) {
                    look();
                }
            });
        } else {
            // Until it is told otherwise nothing comes up again.
            server.ending().within(world.between(1, 100), "killed by the guard process");
        }
    }

    /** The machine has woken up. */
    void wake() {
        if (refusesStart()) {
            // Its timer has run out while everything stood still: nobody runs before that is seen.
            server.crash("killed by the guard process");
        }
        look();
    }

    @Override
    public void pause() {
        killAt = Optional.empty();
    }

    @Override
    public void disarm(StopProof proof) {
        killAt = Optional.empty();
    }

    @Override
    public GuardState state() {
        return !process ? GuardState.ABSENT : killAt.isPresent() ? GuardState.ARMED : GuardState.DISARMED;
    }

    /** The machine has been reset. */
    void reset() {
        killAt = Optional.empty();
    }
}

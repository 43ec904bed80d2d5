package io.matriarch.simulation;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.testing.SimulatedClock;
import io.matriarch.ports.watchdog.Guard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The guard process of a host: it outlives the agent and kills the server at the third rung of the ladder, and refuses
 * what would make it writable after that (SAF-040, SAF-041). Without it only the agent itself guards.
 */
final class SimGuard implements Guard {

    private final World world;
    private final SimulatedClock clock;
    private final Duration ttl;
    private final boolean process;
    private Optional<MonotonicTime> deadline = Optional.empty();
    private FakePostgres server;
    private long armed;

    SimGuard(World world, SimulatedClock clock, Duration ttl, boolean process) {
        this.world = world;
        this.clock = clock;
        this.ttl = ttl;
        this.process = process;
    }

    void guards(FakePostgres guarded) {
        server = guarded;
    }

    boolean refusesStart() {
        return process
                && deadline.filter(end -> clock.now().hasReached(killAt(end))).isPresent();
    }

    private MonotonicTime killAt(MonotonicTime end) {
        return LeaseLadder.of(ttl).killAt(end);
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
            deadline = Optional.of(deadline.map(end::max).orElse(end));
            watch(++armed);
        }
    }

    private void watch(long mine) {
        if (mine != armed || deadline.isEmpty()) {
            return;
        }
        Duration left = clock.now().until(killAt(deadline.get()));
        if (left.isPositive()) {
            world.scheduler.after(left, () -> watch(mine));
        } else {
            server.crash("killed by the guard process");
            // Until it is told otherwise nothing comes up again.
            world.scheduler.after(Duration.ofMillis(10), () -> watch(mine));
        }
    }

    @Override
    public void pause() {
        deadline = Optional.empty();
    }

    @Override
    public void disarm(StopProof proof) {
        deadline = Optional.empty();
    }

    @Override
    public GuardState state() {
        return !process ? GuardState.ABSENT : deadline.isPresent() ? GuardState.ARMED : GuardState.DISARMED;
    }
}

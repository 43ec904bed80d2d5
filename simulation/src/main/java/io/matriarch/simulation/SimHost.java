package io.matriarch.simulation;

import io.matriarch.app.loop.LeaseRecord;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import java.time.Duration;
import java.util.Optional;

/** A machine: what of it outlives its agents. */
final class SimHost implements LeaseRecord {

    final MemberName name;
    final SimClock clock;
    final SimServer server;
    final SimGuard guard;
    SimWatchdog watchdog;
    Tags tags = Tags.NONE;
    String version = "4.1.4";

    /** When its tags were changed last. */
    long tagsSince;

    /** Not before then is it switched on again. */
    long offUntil;

    private final World world;
    private Optional<LeaseId> last = Optional.empty();
    private Optional<SimAgent> agent = Optional.empty();

    SimHost(World world, MemberName name, SimClock clock, SimServer server, SimGuard guard) {
        this.world = world;
        this.name = name;
        this.clock = clock;
        this.server = server;
        this.guard = guard;
    }

    /** From now on it has these tags, for as long as nobody says otherwise. */
    void tag(Tags own) {
        tags = own;
    }

    /** The agent that lives, if one does. */
    Optional<SimAgent> agent() {
        return agent.filter(one -> !one.isDead());
    }

    /** Whether its agent has a hold on the lock that it may believe in. */
    boolean holds() {
        return agent.isPresent() && agent.get().holds();
    }

    void runs(SimAgent started) {
        agent = Optional.of(started);
    }

    boolean isOff() {
        return world.now() < offUntil;
    }

    /** Everything on it ends, the guard included. */
    void reset(String why, Duration off) {
        world.say(name.value(), "machine resets: " + why);
        offUntil = world.now() + off.toNanos();
        agent().ifPresent(SimAgent::kill);
        server.crash("its machine is reset");
        server.forgetListeners();
        guard.reset();
        watchdog.reset();
    }

    /** The machine sleeps, with everything on it. */
    void suspend(Fault fault, Duration length) {
        world.say(name.value(), "machine sleeps for " + length);
        server.freeze(true);
        watchdog.suspend(true);
        agent().ifPresent(one -> one.pause(fault, length));
        for (MemberName other : world.network.nodes()) {
            if (!other.equals(name)) {
                world.network.cut(fault, name, other, length);
            }
        }
        world.scheduler.after(length, () -> {
            world.say(name.value(), "machine wakes up");
            clock.slept(length);
            guard.wake();
            watchdog.suspend(false);
            server.freeze(false);
        });
    }

    @Override
    public Optional<LeaseId> last() {
        return last;
    }

    @Override
    public void write(LeaseId held) {
        last = Optional.of(held);
    }
}

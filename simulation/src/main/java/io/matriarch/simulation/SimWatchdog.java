package io.matriarch.simulation;

import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.ports.watchdog.Watchdog;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** The device of a host: whoever has armed it keeps it alive, or the machine is reset. */
final class SimWatchdog implements Watchdog {

    private static final Duration MARGIN = Duration.ofSeconds(5);

    /** Whether a member has a device and whether it needs one. */
    enum Mode {
        OFF,
        AUTOMATIC,
        REQUIRED
    }

    private final World world;
    private final SimClock clock;
    private final Mode mode;
    private final Runnable reset;
    private final Supplier<Optional<String>> unsafe;
    private Duration timeout = Duration.ofSeconds(25);
    private Optional<Fault> broken = Optional.empty();
    private boolean running;
    private boolean suspended;
    private long armed;

    /**
     * @param reset what happens when it fires
     * @param unsafe why it must not be stopped at this moment, if so
     */
    SimWatchdog(World world, SimClock clock, Mode mode, Runnable reset, Supplier<Optional<String>> unsafe) {
        this.world = world;
        this.clock = clock;
        this.mode = mode;
        this.reset = reset;
        this.unsafe = unsafe;
    }

    @Override
    public WatchdogView view() {
        if (mode == Mode.OFF) {
            return WatchdogView.OFF;
        }
        broken.ifPresent(Fault::hadEffect);
        boolean usable = broken.isEmpty() || mode == Mode.AUTOMATIC;
        return new WatchdogView(mode == Mode.REQUIRED, running, usable);
    }

    @Override
    public void adopt(Duration ttl, Duration loopWait) {
        Duration half = ttl.dividedBy(2);
        timeout = ttl.compareTo(Duration.ofSeconds(10)) < 0 ? half : ttl.minus(MARGIN);
    }

    @Override
    public boolean arm() {
        if (mode == Mode.OFF || broken.isPresent()) {
            broken.ifPresent(Fault::hadEffect);
            return mode != Mode.REQUIRED;
        }
        running = true;
        wind();
        return true;
    }

    @Override
    public void keepalive() {
        if (running) {
            wind();
        }
    }

    private void wind() {
        long mine = ++armed;
        world.scheduler.after(clock.trueTime(timeout), () -> {
            if (running && mine == armed && !suspended) {
                running = false;
                reset.run();
            }
        });
    }

    @Override
    public void disarm() {
        if (running) {
            unsafe.get().ifPresent(why -> {
                throw new Simulation.Violation(world.now(), "S-23: the watchdog is stopped while " + why);
            });
        }
        running = false;
    }

    /** The device does not open. */
    void broken(Optional<Fault> fault) {
        broken = fault;
    }

    /** Devices stand still while the machine sleeps. */
    void suspend(boolean now) {
        suspended = now;
        if (!now && running) {
            wind();
        }
    }

    /** The machine starts anew. */
    void reset() {
        running = false;
    }
}

package io.matriarch.adapters.watchdog;

import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.ports.watchdog.Watchdog;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watchdog device. It is opened on the way to leadership and not before, since a device counts from its opening on.
 *
 * <p>What it knows of the device belongs to one thread, the one that calls it; other threads see {@link #running} and
 * {@link #unfitFor}.
 */
public final class LinuxWatchdog implements Watchdog {

    private static final Logger log = LoggerFactory.getLogger(LinuxWatchdog.class);

    private static final Duration DEFAULT_TTL = Duration.ofSeconds(30);
    private static final Duration DEFAULT_LOOP_WAIT = Duration.ofSeconds(10);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(1);

    private final WatchdogSettings settings;
    private final WatchdogDevice.Opener opener;
    private final BoundedCalls calls;

    private volatile WatchdogTiming timing;
    private volatile boolean running;
    // Kept with the timing it was found for: another ttl is another chance.
    private volatile Optional<WatchdogTiming> unfitFor = Optional.empty();

    private Optional<WatchdogDevice> device = Optional.empty();
    private Optional<WatchdogTiming> applied = Optional.empty();
    private String lastFailure = "";

    LinuxWatchdog(WatchdogSettings settings) {
        this(settings, CALL_LIMIT);
    }

    LinuxWatchdog(WatchdogSettings settings, Duration callLimit) {
        this(settings, opener(settings), callLimit);
    }

    LinuxWatchdog(WatchdogSettings settings, WatchdogDevice.Opener opener, Duration callLimit) {
        this.settings = settings;
        this.opener = opener;
        calls = new BoundedCalls("watchdog", callLimit);
        timing = WatchdogTiming.of(DEFAULT_TTL, DEFAULT_LOOP_WAIT, settings.safetyMargin());
    }

    private static WatchdogDevice.Opener opener(WatchdogSettings settings) {
        return switch (settings.driver()) {
            case DEFAULT -> () -> KernelDevice.open(settings.device());
            case TESTING -> () -> PipeDevice.open(settings.device());
        };
    }

    @Override
    public WatchdogView view() {
        boolean answering = !calls.stuck();
        boolean usable = !settings.required()
                || answering && fits() && timing.slack() >= 0 && Files.isWritable(settings.device());
        return new WatchdogView(settings.required(), running && answering, usable);
    }

    @Override
    public void adopt(Duration ttl, Duration loopWait) {
        WatchdogTiming next = WatchdogTiming.of(ttl, loopWait, settings.safetyMargin());
        if (next.equals(timing)) {
            return;
        }
        timing = next;
        if (next.slack() < 0) {
            log.warn(
                    "Watchdog not supported because leader TTL {} is less than 2x loop_wait {}",
                    next.ttl(),
                    next.loopWait());
        } else if (next.shortened()) {
            log.info(
                    "leader TTL {} is too short for a safety margin of {} seconds: watchdog timeout is half of it, {} seconds",
                    next.ttl(),
                    settings.safetyMargin(),
                    next.timeout());
        }
    }

    @Override
    public boolean arm() {
        if (!running) {
            boolean answered = calls.call(this::activate, this::stop).isPresent();
            if (!answered) {
                log.error("{} does not answer: the watchdog could not be activated", settings.device());
            }
        }
        return !settings.required() || running && fits();
    }

    @Override
    public void keepalive() {
        if (running && calls.call(this::ping, () -> {}).isEmpty()) {
            log.error("{} does not answer: the watchdog could not be kept alive", settings.device());
        }
    }

    @Override
    public void disarm() {
        if (running && !calls.insist(this::stop)) {
            log.error("{} does not answer: the watchdog could not be stopped yet", settings.device());
        }
    }

    private boolean activate() {
        WatchdogTiming wanted = timing;
        if (device.isPresent() || wanted.slack() < 0 || !fits()) {
            return running;
        }
        try {
            WatchdogDevice opened = opener.open();
            device = Optional.of(opened);
            configure(opened, wanted);
            if (running) {
                log.info(
                        "{} activated with {} second timeout, timing slack {} seconds",
                        opened.describe(),
                        opened.timeout(),
                        wanted.slackOf(opened.timeout()));
                lastFailure = "";
            }
        } catch (WatchdogException e) {
            drop();
            reportOnce(e);
        }
        return running;
    }

    /** Gives the device its timeout and finds out what it made of it. */
    private void configure(WatchdogDevice opened, WatchdogTiming wanted) throws WatchdogException {
        boolean changed = applied.map(old -> old.timeout() != wanted.timeout()).orElse(true);
        if (changed && opened.canSetTimeout()) {
            opened.setTimeout(wanted.timeout());
        }
        int actual = opened.timeout();
        applied = Optional.of(wanted);
        running = true;
        if (actual < wanted.loopWait()) {
            log.error("loop_wait of {} seconds is too long for watchdog {} second timeout", wanted.loopWait(), actual);
            reject(opened, wanted);
        } else if (actual > wanted.timeout() && settings.required()) {
            log.error(
                    "{} has a timeout of {} seconds where at most {} are safe, and a watchdog is required",
                    opened.describe(),
                    actual,
                    wanted.timeout());
            reject(opened, wanted);
        } else {
            unfitFor = Optional.empty();
            if (actual > wanted.timeout()) {
                log.warn(
                        "{} has a timeout of {} seconds where at most {} are safe: the lease may end before it fires",
                        opened.describe(),
                        actual,
                        wanted.timeout());
            }
        }
    }

    private void reject(WatchdogDevice opened, WatchdogTiming wanted) {
        unfitFor = Optional.of(wanted);
        // One that can't be stopped is better kept alive by a leader than left alone. Where it is required there will
        // be
        // no leader here to do so.
        if (opened.canBeDisabled() || settings.required()) {
            stop();
        }
    }

    private boolean fits() {
        return !unfitFor.equals(Optional.of(timing));
    }

    private boolean ping() {
        if (device.isEmpty()) {
            return false;
        }
        WatchdogDevice opened = device.get();
        try {
            WatchdogTiming wanted = timing;
            if (!applied.equals(Optional.of(wanted)) && !update(opened, wanted)) {
                return false;
            }
            opened.keepalive();
        } catch (WatchdogException e) {
            // Opened anew by the next arm: a second chance before the device fires.
            drop();
            log.error("the watchdog could not be kept alive: {}", e.getMessage());
        }
        return running;
    }

    /** Takes a new timing over; false when the device no longer runs with it. */
    private boolean update(WatchdogDevice opened, WatchdogTiming wanted) throws WatchdogException {
        if (wanted.slack() < 0 && opened.canBeDisabled()) {
            stop();
            return false;
        }
        if (wanted.slack() < 0) {
            // It goes on with what it has: there is no timeout that would suit, and it can't be stopped.
            applied = Optional.of(wanted);
            return true;
        }
        configure(opened, wanted);
        if (running) {
            log.info(
                    "{} updated with {} second timeout, timing slack {} seconds",
                    opened.describe(),
                    opened.timeout(),
                    wanted.slackOf(opened.timeout()));
        }
        return running;
    }

    private void stop() {
        if (device.isEmpty()) {
            return;
        }
        WatchdogDevice opened = device.get();
        try {
            if (opened.canBeDisabled()) {
                opened.disarm();
                forget();
                log.info("{} stopped", opened.describe());
            } else {
                opened.keepalive();
                int left = opened.timeout();
                drop();
                log.warn(
                        "Watchdog implementation can't be disabled. System will reboot after {} seconds when watchdog"
                                + " times out.",
                        left);
            }
        } catch (WatchdogException e) {
            drop();
            log.error("the watchdog could not be stopped: {}", e.getMessage());
        }
    }

    private void drop() {
        device.ifPresent(WatchdogDevice::abandon);
        forget();
    }

    private void forget() {
        device = Optional.empty();
        applied = Optional.empty();
        running = false;
    }

    /** The attempt is repeated with each turn; its failure is news only once. */
    private void reportOnce(WatchdogException failure) {
        if (failure.getMessage().equals(lastFailure)) {
            return;
        }
        lastFailure = failure.getMessage();
        if (settings.required()) {
            log.error("a watchdog is required but could not be activated: {}", lastFailure);
        } else if (failure.absent()) {
            log.info("no watchdog is used: {}", lastFailure);
        } else {
            log.warn("no watchdog is used: {}", lastFailure);
        }
    }
}

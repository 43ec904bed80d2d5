package io.matriarch.app.loop;

import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.ports.watchdog.Guard;
import io.matriarch.ports.watchdog.Watchdog;
import java.time.Duration;

/**
 * The watchdog of a member whose guard may be required: a member must not lead without the one as without the other, and
 * the decisions about it are the same.
 */
public final class GuardedWatchdog implements Watchdog {

    private final Watchdog watchdog;
    private final Guard guard;

    public GuardedWatchdog(Watchdog watchdog, Guard guard) {
        this.watchdog = watchdog;
        this.guard = guard;
    }

    @Override
    public WatchdogView view() {
        return guard.isUsable() ? watchdog.view() : new WatchdogView(true, false, false);
    }

    @Override
    public void adopt(Duration ttl, Duration loopWait) {
        watchdog.adopt(ttl, loopWait);
    }

    @Override
    public boolean arm() {
        return watchdog.arm();
    }

    @Override
    public void keepalive() {
        watchdog.keepalive();
    }

    @Override
    public void disarm() {
        watchdog.disarm();
    }
}

package io.matriarch.adapters.watchdog;

import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.ports.watchdog.Watchdog;
import java.time.Duration;

/** No device is wanted. */
public final class NoWatchdog implements Watchdog {

    @Override
    public WatchdogView view() {
        return WatchdogView.OFF;
    }

    @Override
    public void adopt(Duration ttl, Duration loopWait) {
        // There is no timeout to change.
    }

    @Override
    public boolean arm() {
        return true;
    }

    @Override
    public void keepalive() {
        // There is nothing to keep from firing.
    }

    @Override
    public void disarm() {
        // There is nothing to stop.
    }
}

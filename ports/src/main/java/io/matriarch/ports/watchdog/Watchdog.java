package io.matriarch.ports.watchdog;

import io.matriarch.domain.ha.WatchdogView;
import java.time.Duration;

/**
 * The device that resets the machine when nobody keeps it alive. Calls are short; a device that hangs is reported as
 * failed by the next {@link #view}.
 */
public interface Watchdog {

    /** What it is and whether it works, looked up now. */
    WatchdogView view();

    /**
     * Takes the lease's length over; a running device gets its new timeout with the next keepalive.
     *
     * @param ttl the lease's length
     * @param loopWait pause between turns; the device's timeout must be longer
     */
    void adopt(Duration ttl, Duration loopWait);

    /**
     * Opens and arms the device, once; true if it runs afterwards or is not required. The timeout is
     * {@code ttl - safety_margin}.
     */
    boolean arm();

    /** Only after the lock has been renewed. */
    void keepalive();

    /** Stops the device: at a safe point, in pause, or when the server has stopped. */
    void disarm();
}

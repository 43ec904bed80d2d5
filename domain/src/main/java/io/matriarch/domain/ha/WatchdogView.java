package io.matriarch.domain.ha;

/**
 * The watchdog as a turn sees it.
 *
 * @param required whether the member must not lead without one
 * @param running whether it is armed
 * @param usable whether it could be armed, or need not be
 */
public record WatchdogView(boolean required, boolean running, boolean usable) {

    /** No device is wanted. */
    public static final WatchdogView OFF = new WatchdogView(false, false, true);
}

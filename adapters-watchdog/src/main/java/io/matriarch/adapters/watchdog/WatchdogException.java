package io.matriarch.adapters.watchdog;

/** The device did not do what it was asked. */
final class WatchdogException extends Exception {

    private final boolean absent;

    WatchdogException(String message) {
        this(message, false);
    }

    private WatchdogException(String message, boolean absent) {
        super(message);
        this.absent = absent;
    }

    static WatchdogException opening(String device, LinuxCalls.Result result) {
        return new WatchdogException(
                "cannot open " + device + ": " + result.error(), result.errno() == LinuxCalls.ENOENT);
    }

    /** There is no device at all: on most machines nothing to worry about. */
    boolean absent() {
        return absent;
    }
}

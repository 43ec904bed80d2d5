package io.matriarch.adapters.watchdog;

/** An open device. It counts from the moment it was opened. */
interface WatchdogDevice {

    /** The device as logs name it. */
    String describe();

    boolean canSetTimeout();

    /**
     * Sets the timeout; the device may round it.
     *
     * @param seconds 1 to 65535
     */
    void setTimeout(int seconds) throws WatchdogException;

    /** The timeout that is in force, in seconds. */
    int timeout() throws WatchdogException;

    void keepalive() throws WatchdogException;

    /** Whether {@link #disarm} stops it; if not, the machine is reset once nobody keeps it alive. */
    boolean canBeDisabled();

    /** Tells the device to stop and closes it. */
    void disarm() throws WatchdogException;

    /** Closes it without a word: a device that works resets the machine unless it is opened again in time. */
    void abandon();

    /** Opens a device. */
    interface Opener {
        WatchdogDevice open() throws WatchdogException;
    }
}

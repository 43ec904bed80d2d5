package io.matriarch.adapters.watchdog;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A named pipe in place of a device ({@code driver: testing}). Whoever reads it sees {@code Ctimeout=N} and a newline for
 * each new timeout, {@code 1} for each keepalive and {@code V} before a close that is meant; an end of file without it
 * is what makes a real device reset the machine.
 */
final class PipeDevice implements WatchdogDevice {

    private final String path;
    private final int descriptor;
    private int timeout;

    private PipeDevice(String path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    static PipeDevice open(Path path) throws WatchdogException {
        String name = path.toString();
        // Without O_NONBLOCK the call waits until somebody reads, for ever if need be.
        var result = LinuxCalls.open(name, LinuxCalls.O_WRONLY | LinuxCalls.O_NONBLOCK | LinuxCalls.O_CLOEXEC);
        if (result.failed() && result.errno() == LinuxCalls.ENXIO) {
            throw new WatchdogException("cannot open " + name + ": nobody reads the pipe");
        }
        if (result.failed()) {
            throw WatchdogException.opening(name, result);
        }
        return new PipeDevice(name, (int) result.value());
    }

    @Override
    public String describe() {
        return path;
    }

    @Override
    public boolean canSetTimeout() {
        return true;
    }

    @Override
    public void setTimeout(int seconds) throws WatchdogException {
        write("Ctimeout=" + seconds + "\n");
        timeout = seconds;
    }

    @Override
    public int timeout() {
        return timeout;
    }

    @Override
    public void keepalive() throws WatchdogException {
        write("1");
    }

    @Override
    public boolean canBeDisabled() {
        return true;
    }

    @Override
    public void disarm() throws WatchdogException {
        try {
            write("V");
        } finally {
            abandon();
        }
    }

    @Override
    public void abandon() {
        LinuxCalls.close(descriptor);
    }

    /** So few bytes go into a pipe as a whole or not at all. */
    private void write(String text) throws WatchdogException {
        var result = LinuxCalls.write(descriptor, text.getBytes(StandardCharsets.US_ASCII));
        if (result.failed()) {
            String why =
                    result.errno() == LinuxCalls.EAGAIN ? "the pipe is full, its reader has stopped" : result.error();
            throw new WatchdogException("cannot write to " + path + ": " + why);
        }
    }
}

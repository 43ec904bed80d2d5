package io.matriarch.adapters.watchdog;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A device of the kernel's watchdog interface ({@code linux/watchdog.h}). */
final class KernelDevice implements WatchdogDevice {

    // The numbers hold where the direction takes the two highest bits: x86, ARM, RISC-V, s390.
    static final long GETSUPPORT = 0x80285700L;
    static final long KEEPALIVE = 0x80045705L;
    static final long SETTIMEOUT = 0xc0045706L;
    static final long GETTIMEOUT = 0x80045707L;

    /** Two numbers of 4 bytes, then the name. */
    private static final int INFO_BYTES = 40;

    private static final int INFO_NAME = 8;
    private static final int CAN_SET_TIMEOUT = 0x80;
    private static final int CAN_MAGIC_CLOSE = 0x100;
    private static final int CAN_KEEPALIVE = 0x8000;
    private static final int MAX_TIMEOUT = 65535;

    private final String path;
    private final int descriptor;
    private final int options;
    private final String identity;

    private KernelDevice(String path, int descriptor, int options, String identity) {
        this.path = path;
        this.descriptor = descriptor;
        this.options = options;
        this.identity = identity;
    }

    /** Opens it; from then on it counts. */
    static KernelDevice open(Path path) throws WatchdogException {
        String name = path.toString();
        // A device of the kernel has no use for O_NONBLOCK; a pipe put there by mistake would wait for a reader.
        var opened = LinuxCalls.open(name, LinuxCalls.O_WRONLY | LinuxCalls.O_NONBLOCK | LinuxCalls.O_CLOEXEC);
        if (opened.failed()) {
            throw WatchdogException.opening(name, opened);
        }
        int descriptor = (int) opened.value();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, Integer.BYTES);
            var result = LinuxCalls.ioctl(descriptor, GETSUPPORT, info);
            if (result.failed()) {
                LinuxCalls.close(descriptor);
                throw new WatchdogException(name + " is no watchdog device: WDIOC_GETSUPPORT: " + result.error());
            }
            return new KernelDevice(name, descriptor, info.get(ValueLayout.JAVA_INT, 0), identity(info));
        }
    }

    @Override
    public String describe() {
        return identity.isEmpty() ? path : path + " (" + identity + ")";
    }

    @Override
    public boolean canSetTimeout() {
        return has(CAN_SET_TIMEOUT);
    }

    @Override
    public void setTimeout(int seconds) throws WatchdogException {
        if (seconds < 1 || seconds > MAX_TIMEOUT) {
            throw new WatchdogException("watchdog timeout must be 1 to " + MAX_TIMEOUT + " seconds, not " + seconds);
        }
        try (Arena arena = Arena.ofConfined()) {
            require("WDIOC_SETTIMEOUT", SETTIMEOUT, arena.allocateFrom(ValueLayout.JAVA_INT, seconds));
        }
    }

    @Override
    public int timeout() throws WatchdogException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment seconds = arena.allocate(ValueLayout.JAVA_INT);
            require("WDIOC_GETTIMEOUT", GETTIMEOUT, seconds);
            return seconds.get(ValueLayout.JAVA_INT, 0);
        }
    }

    @Override
    public void keepalive() throws WatchdogException {
        if (has(CAN_KEEPALIVE)) {
            try (Arena arena = Arena.ofConfined()) {
                require("WDIOC_KEEPALIVE", KEEPALIVE, arena.allocate(ValueLayout.JAVA_INT));
            }
        } else {
            write("1");
        }
    }

    @Override
    public boolean canBeDisabled() {
        return has(CAN_MAGIC_CLOSE);
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

    private boolean has(int option) {
        return (options & option) != 0;
    }

    private void require(String what, long request, MemorySegment argument) throws WatchdogException {
        var result = LinuxCalls.ioctl(descriptor, request, argument);
        if (result.failed()) {
            throw new WatchdogException(path + ": " + what + ": " + result.error());
        }
    }

    private void write(String text) throws WatchdogException {
        var result = LinuxCalls.write(descriptor, text.getBytes(StandardCharsets.US_ASCII));
        if (result.failed()) {
            throw new WatchdogException("cannot write to " + path + ": " + result.error());
        }
    }

    private static String identity(MemorySegment info) {
        byte[] name = info.asSlice(INFO_NAME).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        return new String(name, 0, length, StandardCharsets.ISO_8859_1).strip();
    }
}

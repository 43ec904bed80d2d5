package io.matriarch.adapters.watchdog;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A connection that keeps messages apart (SOCK_SEQPACKET), which Java has no channel for. No call waits longer than it
 * is told to. Not for two threads at once.
 */
final class GuardSocket implements AutoCloseable {

    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int O_PATH = 0x200000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final short POLLIN = 1;
    private static final int SUN_PATH = 108;
    private static final int EINTR = 4;
    private static final int CONNECT_TRIES = 250;
    private static final long CONNECT_PAUSE_NANOS = 1_000_000;

    private static final MethodHandle SOCKET = LinuxCalls.handle(
            "socket",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            LinuxCalls.ERRNO);
    private static final MethodHandle CONNECT = LinuxCalls.handle(
            "connect",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            LinuxCalls.ERRNO);
    private static final MethodHandle SEND = LinuxCalls.handle("send", transfer(), LinuxCalls.ERRNO);
    private static final MethodHandle RECV = LinuxCalls.handle("recv", transfer(), LinuxCalls.ERRNO);
    private static final MethodHandle POLL = LinuxCalls.handle(
            "poll",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT),
            LinuxCalls.ERRNO);
    private static final MethodHandle GETSOCKOPT = LinuxCalls.handle(
            "getsockopt",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS),
            LinuxCalls.ERRNO);

    private final int descriptor;

    private GuardSocket(int descriptor) {
        this.descriptor = descriptor;
    }

    private static FunctionDescriptor transfer() {
        return FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT);
    }

    /** Who is at the other end. */
    record Peer(int pid, int uid) {}

    /**
     * Connects; empty when nobody listens there.
     *
     * @throws IOException when that cannot be found out
     */
    static Optional<GuardSocket> connect(Path folder, String name) throws IOException {
        // By the folder's descriptor: the address of a socket is short, and a path may be long.
        var opened = LinuxCalls.open(folder.toString(), O_PATH | LinuxCalls.O_CLOEXEC);
        if (opened.failed()) {
            throw new IOException("cannot open " + folder + ": " + opened.error());
        }
        try {
            byte[] path = ("/proc/self/fd/" + opened.value() + "/" + name).getBytes(StandardCharsets.UTF_8);
            return path.length < SUN_PATH ? connect(path) : Optional.empty();
        } finally {
            LinuxCalls.close((int) opened.value());
        }
    }

    private static Optional<GuardSocket> connect(byte[] path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = LinuxCalls.state(arena);
            int type = SOCK_SEQPACKET | LinuxCalls.O_NONBLOCK | LinuxCalls.O_CLOEXEC;
            int descriptor = (int) SOCKET.invokeExact(state, AF_UNIX, type, 0);
            if (descriptor < 0) {
                throw new IOException(
                        "no socket: " + LinuxCalls.result(descriptor, state).error());
            }
            MemorySegment address = arena.allocate(2L + SUN_PATH, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, 2, path.length);
            int status = -1;
            for (int tries = 0; tries < CONNECT_TRIES && status != 0; tries++) {
                status = (int) CONNECT.invokeExact(state, descriptor, address, 2 + SUN_PATH);
                if (status != 0 && LinuxCalls.result(status, state).errno() != LinuxCalls.EAGAIN) {
                    LinuxCalls.close(descriptor);
                    return Optional.empty();
                }
                if (status != 0) {
                    // Somebody listens, and others wait before us.
                    LockSupport.parkNanos(CONNECT_PAUSE_NANOS);
                }
            }
            if (status != 0) {
                LinuxCalls.close(descriptor);
                throw new IOException("the guard takes no connection");
            }
            return Optional.of(new GuardSocket(descriptor));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw LinuxCalls.unexpected(e);
        }
    }

    Peer peer() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = LinuxCalls.state(arena);
            MemorySegment credentials = arena.allocate(12, 4);
            MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, 12);
            int status = (int) GETSOCKOPT.invokeExact(state, descriptor, SOL_SOCKET, SO_PEERCRED, credentials, size);
            if (status != 0) {
                throw new IOException("who answers cannot be told: "
                        + LinuxCalls.result(status, state).error());
            }
            return new Peer(credentials.get(ValueLayout.JAVA_INT, 0), credentials.get(ValueLayout.JAVA_INT, 4));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw LinuxCalls.unexpected(e);
        }
    }

    /**
     * Sends a message as a whole.
     *
     * @throws IOException when it does not go out at once: whoever should read it does not
     */
    void send(byte[] message) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = LinuxCalls.state(arena);
            MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
            long sent = (long)
                    SEND.invokeExact(state, descriptor, copy, (long) message.length, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent != message.length) {
                throw new IOException(
                        "cannot send: " + LinuxCalls.result(sent, state).error());
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw LinuxCalls.unexpected(e);
        }
    }

    /**
     * The next message, waited for at most so long.
     *
     * @throws IOException when there is none in time, or the other end has gone
     */
    byte[] receive(int longest, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = LinuxCalls.state(arena);
            MemorySegment entry = arena.allocate(8, 4);
            MemorySegment buffer = arena.allocate(longest);
            while (true) {
                long left = end - System.nanoTime();
                entry.set(ValueLayout.JAVA_INT, 0, descriptor);
                entry.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
                int ready = (int) POLL.invokeExact(state, entry, 1L, (int) Math.max(0, left / 1_000_000));
                if (ready < 0 && LinuxCalls.result(ready, state).errno() == EINTR) {
                    continue;
                }
                if (ready <= 0) {
                    throw new IOException("no answer within " + patience.toMillis() + " ms");
                }
                long length = (long) RECV.invokeExact(state, descriptor, buffer, (long) longest, MSG_DONTWAIT);
                if (length <= 0) {
                    throw new IOException("the connection has ended");
                }
                return Arrays.copyOf(buffer.toArray(ValueLayout.JAVA_BYTE), (int) length);
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw LinuxCalls.unexpected(e);
        }
    }

    @Override
    public void close() {
        LinuxCalls.close(descriptor);
    }
}

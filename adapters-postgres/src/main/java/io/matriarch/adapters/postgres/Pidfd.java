package io.matriarch.adapters.postgres;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * A handle on a process that cannot be confused with another one of the same pid: Linux' pidfd. It becomes readable the
 * moment the process has ended, also while nobody has reaped it (a zombie counts as dead).
 */
final class Pidfd implements AutoCloseable {

    /** SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM as PostgreSQL understands them. */
    enum Signal {
        RELOAD(1),
        FAST(2),
        IMMEDIATE(3),
        KILL(9),
        SMART(15);

        private final int number;

        Signal(int number) {
            this.number = number;
        }
    }

    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final int EINTR = 4;
    private static final int EPERM = 1;
    private static final short POLLIN = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle SYSCALL = handle(
            "syscall",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG));
    private static final MethodHandle POLL = handle(
            "poll",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int descriptor;
    private boolean closed;

    private Pidfd(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Empty when there is no such process. */
    static Optional<Pidfd> open(long pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(ERRNO_LAYOUT);
            long descriptor = (long) SYSCALL.invokeExact(state, SYS_PIDFD_OPEN, pid, 0L, 0L, 0L);
            return descriptor < 0 ? Optional.empty() : Optional.of(new Pidfd((int) descriptor));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Whether the process has ended; waits for that {@code millis} at most, for ever if negative. */
    synchronized boolean hasEnded() {
        return closed || await(0);
    }

    /**
     * Waits in the kernel: the calling thread is blocked and deaf to interrupts.
     *
     * @param millis how long at most, negative for ever
     * @return whether the process has ended
     */
    boolean await(int millis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(ERRNO_LAYOUT);
            MemorySegment entry = arena.allocate(8, 4);
            entry.set(ValueLayout.JAVA_INT, 0, descriptor);
            entry.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
            while (true) {
                int ready = (int) POLL.invokeExact(state, entry, 1L, millis);
                if (ready >= 0) {
                    return ready > 0;
                }
                if ((int) ERRNO.get(state, 0L) != EINTR) {
                    throw new IllegalStateException("poll on a process failed: errno " + (int) ERRNO.get(state, 0L));
                }
            }
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /**
     * Sends a signal.
     *
     * @return false when the process has ended already
     * @throws IllegalStateException when we may not signal it
     */
    synchronized boolean send(Signal signal) {
        if (closed) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(ERRNO_LAYOUT);
            long result = (long)
                    SYSCALL.invokeExact(state, SYS_PIDFD_SEND_SIGNAL, (long) descriptor, (long) signal.number, 0L, 0L);
            if (result == 0) {
                return true;
            }
            if ((int) ERRNO.get(state, 0L) == EPERM) {
                throw new IllegalStateException("not allowed to signal the server's process");
            }
            return false;
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(ERRNO_LAYOUT);
            int ignored = (int) CLOSE.invokeExact(state, descriptor);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
    }

    private static RuntimeException impossible(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(t);
        };
    }
}

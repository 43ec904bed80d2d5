package io.matriarch.adapters.watchdog;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The few calls of the C library that Java has no words for. Each answers as the C function does, with the error number
 * in place of {@code errno}: a negative {@link Result#value} means failure.
 */
final class LinuxCalls {

    static final int ENOENT = 2;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int ENOTTY = 25;
    static final int EPIPE = 32;
    static final int EOPNOTSUPP = 95;

    static final int O_WRONLY = 1;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    private static final Linker LINKER = Linker.nativeLinker();
    static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_FIELD = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = handle(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            ERRNO,
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), ERRNO);
    private static final MethodHandle WRITE = handle(
            "write",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG),
            ERRNO);
    private static final MethodHandle IOCTL = handle(
            "ioctl",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
            ERRNO,
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle KILL = handle(
            "kill", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), ERRNO);

    // The kernel answers from a page mapped into the process, within nanoseconds: no need to leave the Java state, and
    // the answer may go to an array on the heap.
    private static final MethodHandle CLOCK_GETTIME = handle(
            "clock_gettime",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS),
            Linker.Option.critical(true));

    private LinuxCalls() {}

    /**
     * What a call gave back.
     *
     * @param value as the C function returns it
     * @param errno only of a meaning when the value is negative
     */
    record Result(long value, int errno) {
        boolean failed() {
            return value < 0;
        }

        /** The error in words, with its number where there are none. */
        String error() {
            return switch (errno) {
                case 1 -> "operation not permitted";
                case ENOENT -> "no such file or directory";
                case 3 -> "no such process";
                case 5 -> "input/output error";
                case ENXIO -> "no such device or address";
                case EAGAIN -> "resource temporarily unavailable";
                case EACCES -> "permission denied";
                case EBUSY -> "device or resource busy";
                case ENODEV -> "no such device";
                case EINVAL -> "invalid argument";
                case ENOTTY -> "inappropriate ioctl for device";
                case EPIPE -> "broken pipe";
                case EOPNOTSUPP -> "operation not supported";
                default -> "error number " + errno;
            };
        }
    }

    static Result open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            return result((int) OPEN.invokeExact(state, arena.allocateFrom(path), flags), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static Result close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            return result((int) CLOSE.invokeExact(state, descriptor), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static Result write(int descriptor, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            return result((long) WRITE.invokeExact(state, descriptor, copy, (long) bytes.length), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The argument is memory that the driver reads, writes or both. */
    static Result ioctl(int descriptor, long request, MemorySegment argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            return result((int) IOCTL.invokeExact(state, descriptor, request, argument), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static Result kill(long process, int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            return result((int) KILL.invokeExact(state, Math.toIntExact(process), signal), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Reads a clock into {@code time}: seconds, then nanoseconds. Zero when it could. */
    static int clockGettime(int clock, MemorySegment time) {
        try {
            return (int) CLOCK_GETTIME.invokeExact(clock, time);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Where a call that is made with {@link #ERRNO} leaves its error number. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static Result result(long value, MemorySegment state) {
        return new Result(value, (int) ERRNO_FIELD.get(state, 0L));
    }

    static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    static IllegalStateException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a call of the C library could not be made", e);
    }
}

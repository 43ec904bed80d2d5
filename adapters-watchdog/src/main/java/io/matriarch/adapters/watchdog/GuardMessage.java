package io.matriarch.adapters.watchdog;

import io.matriarch.domain.time.MonotonicTime;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What is said to the guard and what it answers, as {@code protocol.h} lays it out. */
final class GuardMessage {

    static final int MAGIC = 0x4452474d;
    static final short VERSION = 1;

    /** A longer one is refused by the guard. */
    static final int LONGEST = 98_304;

    static final int REPLY_BYTES = 88;

    private static final int HEAD_BYTES = 144;
    private static final int LEASE_BYTES = 64;

    private GuardMessage() {}

    /** In the order of {@code request_type}, which begins with one. */
    enum Type {
        HELLO,
        ARM,
        PAUSE,
        DISARM,
        RELEASE,
        SAFE,
        START,
        PROMOTE,
        ADOPT
    }

    enum Status {
        DONE,
        STALE_EPOCH,
        STALE_SEQ,
        RELEASED,
        REFUSED,
        BUSY,
        NOT_FOUND,
        FAILED,
        BAD
    }

    enum State {
        DISARMED,
        ARMED,
        EXPIRED,
        PAUSED,
        SAFE_POINT
    }

    /** What it could get from the host. */
    enum Trait {
        LOCKED_MEMORY,
        REAL_TIME,
        NO_OOM_KILL,
        OWN_CGROUP
    }

    /**
     * A request without its number.
     *
     * @param deadline what it is about, if it is about one
     * @param quitBefore how long before the deadline the immediate shutdown begins
     * @param killBefore how long before it everything has been killed
     * @param texts what follows the head
     * @param count how many of them are arguments
     */
    record Request(
            Type type,
            Optional<MonotonicTime> deadline,
            Duration quitBefore,
            Duration killBefore,
            String lease,
            long pid,
            long startTicks,
            int count,
            List<String> texts) {

        static Request plain(Type type) {
            return new Request(type, Optional.empty(), Duration.ZERO, Duration.ZERO, "", 0, 0, 0, List.of());
        }

        static Request arm(String lease, MonotonicTime deadline, Duration quitBefore, Duration killBefore) {
            return new Request(Type.ARM, Optional.of(deadline), quitBefore, killBefore, lease, 0, 0, 0, List.of());
        }

        static Request release(String lease) {
            return new Request(Type.RELEASE, Optional.empty(), Duration.ZERO, Duration.ZERO, lease, 0, 0, 0, List.of());
        }

        static Request promote(long postmaster) {
            return new Request(
                    Type.PROMOTE, Optional.empty(), Duration.ZERO, Duration.ZERO, "", postmaster, 0, 0, List.of());
        }

        static Request adopt(long postmaster, long startTicks, String directory) {
            return new Request(
                    Type.ADOPT,
                    Optional.empty(),
                    Duration.ZERO,
                    Duration.ZERO,
                    "",
                    postmaster,
                    startTicks,
                    0,
                    List.of(directory));
        }

        /**
         * A start.
         *
         * @param arguments how many of the texts are arguments: the working directory and the log come before them, the
         *     environment after
         */
        static Request start(int arguments, List<String> texts) {
            return new Request(Type.START, Optional.empty(), Duration.ZERO, Duration.ZERO, "", 0, 0, arguments, texts);
        }

        byte[] encode(long epoch, long seq) {
            var tail = new ByteArrayOutputStream();
            for (String text : texts) {
                tail.writeBytes(text.getBytes(StandardCharsets.UTF_8));
                tail.write(0);
            }
            MonotonicTime end = deadline.orElse(MonotonicTime.ofNanos(0));
            return ByteBuffer.allocate(HEAD_BYTES + tail.size())
                    .order(ByteOrder.nativeOrder())
                    .putInt(MAGIC)
                    .putShort(VERSION)
                    .putShort((short) (type.ordinal() + 1))
                    .putLong(epoch)
                    .putLong(seq)
                    .putLong(end.bootNanos())
                    .putLong(end.rawNanos())
                    .putLong(end.monotonicNanos())
                    .putLong(quitBefore.toNanos())
                    .putLong(killBefore.toNanos())
                    .putLong(startTicks)
                    .putInt((int) pid)
                    .putInt(count)
                    .put(leaseBytes(lease))
                    .position(HEAD_BYTES)
                    .put(tail.toByteArray())
                    .array();
        }
    }

    /** Identities are only compared: one that is too long stands as its digest. */
    private static byte[] leaseBytes(String lease) {
        byte[] bytes = lease.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < LEASE_BYTES) {
            return bytes;
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, LEASE_BYTES / 2 - 1).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * An answer.
     *
     * @param seq of the request it is for
     * @param error number of the system's error where the status is {@code FAILED}
     * @param epoch in force
     * @param server pid of the postmaster, 0 without one
     * @param left until everything has to be dead, as the guard counts it
     * @param fences how often a deadline has ended a server
     * @param killed how many signals that took
     * @param refused starts and promotions refused
     * @param fenceEarly how long before that point the last fence had sent SIGKILL to everything
     */
    record Reply(
            long seq,
            Status status,
            int error,
            long epoch,
            State state,
            long server,
            Duration left,
            long fences,
            long killed,
            long refused,
            Duration fenceEarly,
            int traits) {

        /** Empty for what is no answer of this version. */
        static Optional<Reply> decode(byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            if (bytes.length != REPLY_BYTES || in.getInt() != MAGIC || in.getShort() != VERSION) {
                return Optional.empty();
            }
            in.getShort();
            long seq = in.getLong();
            int status = in.getInt();
            int error = in.getInt();
            long epoch = in.getLong();
            int state = in.getInt();
            int server = in.getInt();
            if (status < 0 || status >= Status.values().length || state < 0 || state >= State.values().length) {
                return Optional.empty();
            }
            return Optional.of(new Reply(
                    seq,
                    Status.values()[status],
                    error,
                    epoch,
                    State.values()[state],
                    server,
                    Duration.ofNanos(in.getLong()),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    Duration.ofNanos(in.getLong()),
                    in.getInt()));
        }

        List<String> traitNames() {
            return Stream.of(Trait.values())
                    .filter(trait -> (traits & 1 << trait.ordinal()) != 0)
                    .map(trait -> trait.name().toLowerCase(Locale.ROOT))
                    .toList();
        }
    }
}

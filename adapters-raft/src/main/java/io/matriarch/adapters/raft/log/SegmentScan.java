package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Finds the records of a segment when the log is opened, and tells a torn end from damage.
 *
 * <p>A batch is acknowledged only once it is synced, and the next one is written only then. So after a crash only the last
 * batch can be incomplete, in any order of its pages. If the first unreadable record is followed by a whole record of a
 * <em>later</em> batch, the unreadable one had been acknowledged: that is damage.
 */
final class SegmentScan {

    /**
     * @param goodEnd where the last good record ends
     * @param fileEnd size of the file; more than goodEnd if something has to be cut
     * @param why what is wrong at goodEnd
     * @param laterBatch where a whole record of a later batch begins
     */
    record Result(int goodEnd, int fileEnd, Optional<String> why, Optional<Integer> laterBatch) {}

    private final Segment segment;
    private final int maxRecordBytes;
    private final byte[] bytes;

    private SegmentScan(Segment segment, int maxRecordBytes, byte[] bytes) {
        this.segment = segment;
        this.maxRecordBytes = maxRecordBytes;
        this.bytes = bytes;
    }

    /** Fills the segment's table of records; gives the index of each configuration entry to the consumer. */
    static Result scan(Segment segment, int maxRecordBytes, LongConsumer configurations) throws IOException {
        long size = segment.file().size();
        if (size > Integer.MAX_VALUE - 16) {
            throw new CorruptLogException(segment.path(), size, "the file is too large");
        }
        // A segment is a few MiB, so one piece at a time fits into memory.
        var bytes = new byte[(int) size];
        if (LogMeta.readFully(segment.file(), ByteBuffer.wrap(bytes), 0) < bytes.length) {
            throw new IOException(segment.path() + " cannot be read to its end");
        }
        return new SegmentScan(segment, maxRecordBytes, bytes).run(configurations);
    }

    private Result run(LongConsumer configurations) {
        int at = Segment.HEADER;
        while (at < bytes.length) {
            var found = whole(at);
            if (found.isEmpty() || found.get().index() != segment.next()) {
                return broken(at);
            }
            int recordEnd = at + Record.HEAD + found.get().length();
            if (found.get().kind() == Record.CONFIGURATION) {
                configurations.accept(segment.next());
            }
            segment.add(at, recordEnd);
            at = recordEnd;
        }
        return new Result(at, bytes.length, Optional.empty(), Optional.empty());
    }

    private Result broken(int at) {
        long expected = segment.next();
        Optional<Integer> later = Optional.empty();
        for (int offset = at + 1; offset + Record.HEAD <= bytes.length && later.isEmpty(); offset++) {
            var found = whole(offset);
            if (found.isPresent() && found.get().batchFirst() > expected) {
                later = Optional.of(offset);
            }
        }
        return new Result(at, bytes.length, Optional.of("entry " + expected + " is torn or damaged"), later);
    }

    /** The record that begins here, if its checksum is right. */
    private Optional<Record> whole(int at) {
        if (bytes.length - at < Record.HEAD) {
            return Optional.empty();
        }
        var head = Record.head(ByteBuffer.wrap(bytes, at, Record.HEAD));
        // The cheap tests come first: this is asked for every byte behind a damaged record.
        if (head.length() < 0
                || head.length() > maxRecordBytes
                || head.length() > bytes.length - at - Record.HEAD
                || head.batchFirst() > head.index()
                || head.index() < segment.base()) {
            return Optional.empty();
        }
        return head.matches(segment.salt(), bytes, at + Record.HEAD) ? Optional.of(head) : Optional.empty();
    }
}

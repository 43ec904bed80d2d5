package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Where the log begins. One small file, replaced in one step: what it says is the moment at which a truncation of the head
 * or a reset counts.
 *
 * @param generation grows with each reset; segments of an earlier one are no longer part of the log
 * @param firstIndex entries before it are no longer part of the log
 */
record LogMeta(long generation, long firstIndex) {

    static final String NAME = "first-index";
    private static final String TEMPORARY = "first-index.tmp";
    private static final byte[] MAGIC = "MTRMETA1".getBytes(StandardCharsets.US_ASCII);
    private static final int BYTES = 8 + 8 + 8 + 4;

    static Optional<LogMeta> read(FileOps files, Path directory) throws IOException {
        if (!files.list(directory).contains(NAME)) {
            return Optional.empty();
        }
        var path = directory.resolve(NAME);
        var bytes = new byte[BYTES];
        try (var file = files.open(path)) {
            if (file.size() != BYTES || readFully(file, ByteBuffer.wrap(bytes), 0) != BYTES) {
                throw new CorruptLogException(path, 0, "it has the wrong size");
            }
        }
        var buffer = ByteBuffer.wrap(bytes);
        var magic = new byte[MAGIC.length];
        buffer.get(magic);
        var meta = new LogMeta(buffer.getLong(), buffer.getLong());
        if (!Arrays.equals(magic, MAGIC) || buffer.getInt() != checksum(bytes)) {
            throw new CorruptLogException(path, 0, "magic or checksum is wrong");
        }
        return Optional.of(meta);
    }

    /** Durable when it returns. */
    void write(FileOps files, Path directory) throws IOException {
        var bytes = new byte[BYTES];
        var buffer = ByteBuffer.wrap(bytes).put(MAGIC).putLong(generation).putLong(firstIndex);
        buffer.putInt(checksum(bytes));
        var temporary = directory.resolve(TEMPORARY);
        try (var file = files.open(temporary)) {
            file.truncate(0);
            writeFully(file, ByteBuffer.wrap(bytes), 0);
            file.sync();
        }
        files.replace(temporary, directory.resolve(NAME));
        files.syncDirectory(directory);
    }

    private static int checksum(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes, 0, BYTES - 4);
        return (int) crc.getValue();
    }

    /** Writes all of it, however few bytes the disk takes at a time. */
    static void writeFully(FileOps.DiskFile file, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            int written = file.write(bytes, at);
            if (written <= 0) {
                throw new IOException("the disk takes no more bytes");
            }
            at += written;
        }
    }

    /** Reads until the buffer is full or the file ends; says how many bytes it got. */
    static int readFully(FileOps.DiskFile file, ByteBuffer bytes, long position) throws IOException {
        int total = 0;
        while (bytes.hasRemaining()) {
            int got = file.read(bytes, position + total);
            if (got < 0) {
                break;
            }
            total += got;
        }
        return total;
    }
}

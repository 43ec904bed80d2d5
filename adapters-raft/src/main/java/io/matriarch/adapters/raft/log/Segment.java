package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * One file of the log: a header, then records with consecutive indexes. Knows where each record begins. Not thread-safe;
 * {@link FileLogStorage} holds its locks around it.
 */
final class Segment {

    /** From the name: the first index and the generation. */
    record Name(long base, long generation) implements Comparable<Name> {
        private static final Pattern PATTERN = Pattern.compile("log-(\\d{20})-(\\d{10})");

        static Optional<Name> parse(String name) {
            var match = PATTERN.matcher(name);
            return match.matches()
                    ? Optional.of(new Name(Long.parseLong(match.group(1)), Long.parseLong(match.group(2))))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return "log-%020d-%010d".formatted(base, generation);
        }

        @Override
        public int compareTo(Name other) {
            return Long.compare(base, other.base);
        }
    }

    /** Magic, version, unused, generation, base index, salt, checksum. */
    static final int HEADER = 8 + 4 + 4 + 8 + 8 + 8 + 4;

    private static final byte[] MAGIC = "MTRLOG\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path path;
    private final FileOps.DiskFile file;
    private final Name name;
    private final long salt;
    private int[] offsets = new int[64];
    private int count;
    private int end = HEADER;

    private Segment(Path path, FileOps.DiskFile file, Name name, long salt) {
        this.path = path;
        this.file = file;
        this.name = name;
        this.salt = salt;
    }

    /** A new, empty file, durable with its name when this returns. */
    static Segment create(FileOps files, Path directory, Name name) throws IOException {
        var path = directory.resolve(name.toString());
        var file = files.open(path);
        try {
            long salt = RANDOM.nextLong();
            var header = header(name, salt);
            file.truncate(0);
            LogMeta.writeFully(file, ByteBuffer.wrap(header), 0);
            file.sync();
            files.syncDirectory(directory);
            return new Segment(path, file, name, salt);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** An existing file whose records {@link SegmentScan} still has to find. Empty if its header is not whole. */
    static Optional<Segment> open(FileOps files, Path directory, Name name) throws IOException {
        var path = directory.resolve(name.toString());
        var file = files.open(path);
        try {
            var bytes = new byte[HEADER];
            int got = LogMeta.readFully(file, ByteBuffer.wrap(bytes), 0);
            long salt = ByteBuffer.wrap(bytes).getLong(HEADER - 12);
            if (got < HEADER || !Arrays.equals(bytes, header(name, salt))) {
                if (file.size() > HEADER) {
                    throw new CorruptLogException(path, 0, "the header is wrong");
                }
                file.close();
                return Optional.empty();
            }
            return Optional.of(new Segment(path, file, name, salt));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private static byte[] header(Name name, long salt) {
        var bytes = new byte[HEADER];
        var buffer = ByteBuffer.wrap(bytes).put(MAGIC).putInt(VERSION).putInt(0);
        buffer.putLong(name.generation()).putLong(name.base()).putLong(salt);
        var crc = new CRC32C();
        crc.update(bytes, 0, HEADER - 4);
        buffer.putInt((int) crc.getValue());
        return bytes;
    }

    Path path() {
        return path;
    }

    Name name() {
        return name;
    }

    FileOps.DiskFile file() {
        return file;
    }

    long salt() {
        return salt;
    }

    long base() {
        return name.base();
    }

    /** The index the next record gets; equal to the base if there is none yet. */
    long next() {
        return base() + count;
    }

    int end() {
        return end;
    }

    /** Notes a record that is on disk and ends at the given offset. */
    void add(int offset, int recordEnd) {
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        offsets[count++] = offset;
        end = recordEnd;
    }

    /** The payload of the record at this index, checked once more. */
    byte[] read(long index) throws IOException {
        int at = (int) (index - base());
        int offset = offsets[at];
        int recordEnd = at + 1 < count ? offsets[at + 1] : end;
        var bytes = new byte[recordEnd - offset];
        if (LogMeta.readFully(file, ByteBuffer.wrap(bytes), offset) < bytes.length) {
            throw new CorruptLogException(path, offset, "the file ends within entry " + index);
        }
        var head = Record.head(ByteBuffer.wrap(bytes));
        if (head.length() != bytes.length - Record.HEAD
                || head.index() != index
                || !head.matches(salt, bytes, Record.HEAD)) {
            throw new CorruptLogException(path, offset, "the checksum of entry " + index + " is wrong");
        }
        return Arrays.copyOfRange(bytes, Record.HEAD, bytes.length);
    }

    /** Forgets and cuts off what comes after the given index, which must be in here or just before. Durable on return. */
    void keepThrough(long index) throws IOException {
        int keep = (int) (index - base() + 1);
        int newEnd = keep < count ? offsets[keep] : end;
        file.truncate(newEnd);
        file.sync();
        count = keep;
        end = newEnd;
    }

    void close() throws IOException {
        file.close();
    }
}

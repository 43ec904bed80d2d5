package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads record lengths from the WAL in a data directory.
 *
 * <p>A record begins at a multiple of 8 bytes, its first four bytes are its length without the page headers that
 * interrupt it: 40 bytes at the beginning of a segment, 24 at that of any other page. The long header tells the sizes of
 * segment and page. So it has been in all versions supported.
 */
final class WalReader {

    private static final Logger log = LoggerFactory.getLogger(WalReader.class);
    private static final int SHORT_HEADER = 24;
    private static final int LONG_HEADER = 40;
    private static final int ALIGNMENT = 8;
    private static final int SMALLEST_RECORD = 24;
    private static final long LONGEST_RECORD = 1L << 30;
    /** Flag of a page header: it is a long one. */
    private static final int XLP_LONG_HEADER = 0x0002;

    private final Path walDirectory;

    WalReader(Path dataDirectory) {
        this.walDirectory = dataDirectory.resolve("pg_wal");
    }

    /** Sizes and place of a segment. */
    private record Layout(long segmentSize, int pageSize) {

        long headerAt(long position) {
            return position % segmentSize == 0 ? LONG_HEADER : SHORT_HEADER;
        }
    }

    /** First byte after the record that begins at {@code start}; empty when it cannot be read. */
    Optional<Lsn> endOfRecord(Timeline timeline, Lsn start) {
        if (start.isZero() || !timeline.isKnown()) {
            return Optional.empty();
        }
        try {
            Optional<Layout> layout = layout(timeline, start);
            return layout.isEmpty() ? Optional.empty() : end(timeline, start, layout.get());
        } catch (IOException e) {
            log.warn("cannot read the WAL record at {} of timeline {}: {}", start, timeline, e.toString());
            return Optional.empty();
        }
    }

    /**
     * Names of the files with the WAL from {@code start} up to {@code end}.
     *
     * @throws IOException when there is no such file, or it does not tell its size
     */
    List<String> segments(Timeline timeline, Lsn start, Lsn end) throws IOException {
        long size = layout(timeline, start).orElseThrow().segmentSize();
        var names = new ArrayList<String>();
        long last = Long.divideUnsigned(end.value() - 1, size);
        for (long number = Long.divideUnsigned(start.value(), size); number <= last; number++) {
            names.add(name(timeline, number, size));
        }
        return names;
    }

    private Optional<Lsn> end(Timeline timeline, Lsn start, Layout layout) throws IOException {
        long position = start.value();
        if (Long.remainderUnsigned(position, layout.pageSize()) == 0) {
            position += layout.headerAt(position);
        }
        // The length field is aligned, so no page boundary falls into it.
        long length = Integer.toUnsignedLong(
                read(timeline, position, 4, layout.segmentSize()).getInt(0));
        if (length < SMALLEST_RECORD || length > LONGEST_RECORD) {
            log.warn("no WAL record at {} of timeline {}: length {}", start, timeline, length);
            return Optional.empty();
        }
        long left = length;
        while (true) {
            long page = position / layout.pageSize() * layout.pageSize();
            long room = page + layout.pageSize() - position;
            if (left <= room) {
                position += left;
                break;
            }
            left -= room;
            position = page + layout.pageSize();
            position += layout.headerAt(position);
        }
        return Optional.of(new Lsn((position + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT));
    }

    /** Tries the segment sizes there can be until the file that would hold {@code start} confirms its own. */
    private Optional<Layout> layout(Timeline timeline, Lsn start) throws IOException {
        IOException last = new IOException("no WAL segment holds it");
        for (long size = 16L << 20, tried = 0; tried < 11; tried++) {
            try (FileChannel file = open(timeline, start.value(), size)) {
                ByteBuffer header = ByteBuffer.allocate(LONG_HEADER).order(ByteOrder.nativeOrder());
                if (file.read(header, 0) == LONG_HEADER && (header.getShort(2) & XLP_LONG_HEADER) != 0) {
                    long segment = Integer.toUnsignedLong(header.getInt(32));
                    int page = header.getInt(36);
                    if (segment == size && page > 0) {
                        return Optional.of(new Layout(segment, page));
                    }
                    last = new IOException("segment size " + segment + " where " + size + " was expected");
                }
            } catch (IOException e) {
                last = e;
            }
            // 16 MB is what nearly everybody has; then 1, 2, 4, 8, 32 MB and so on.
            size = tried == 0 ? 1L << 20 : size == 8L << 20 ? 32L << 20 : size * 2;
        }
        throw last;
    }

    private ByteBuffer read(Timeline timeline, long position, int count, long segmentSize) throws IOException {
        try (FileChannel file = open(timeline, position, segmentSize)) {
            ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.nativeOrder());
            if (file.read(bytes, position % segmentSize) != count) {
                throw new IOException("the segment ends early");
            }
            return bytes;
        }
    }

    private FileChannel open(Timeline timeline, long position, long segmentSize) throws IOException {
        String name = name(timeline, Long.divideUnsigned(position, segmentSize), segmentSize);
        return FileChannel.open(walDirectory.resolve(name), StandardOpenOption.READ);
    }

    private static String name(Timeline timeline, long number, long segmentSize) {
        long perFile = 0x100000000L / segmentSize;
        return String.format("%08X%08X%08X", timeline.value(), number / perFile, number % perFile);
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code global/pg_control} without a tool: every observation needs it, and a fork costs milliseconds.
 *
 * <p>The file begins with a C structure whose last field is a checksum of all before it. Its format has a number that
 * PostgreSQL raises with every change: 1300 for versions 13 to 16, 1700, 1800. In all of these the fields used here lie
 * at the same places on 64-bit machines. Anything else than such a structure, whole and with its checksum, is not
 * interpreted here: an unknown format (12 and older, 19 and newer), another byte order, a damaged file.
 */
final class ControlFileReader {

    private static final Logger log = LoggerFactory.getLogger(ControlFileReader.class);

    /** More than any structure is long; PostgreSQL promises itself to stay within a sector. */
    private static final int HEAD = 512;
    /** A server may be writing while the file is read. Its write is one call, so the next look sees it whole. */
    private static final int LOOKS = 3;

    /** Where the checksum lies, by format number. */
    private static final Map<Integer, Integer> CHECKSUM = Map.of(1300, 288, 1700, 288, 1800, 292);

    private static final int SYSTEM_IDENTIFIER = 0;
    private static final int FORMAT = 8;
    private static final int STATE = 16;
    private static final int CHECKPOINT = 32;
    private static final int CHECKPOINT_TIMELINE = 48;
    private static final int MINIMUM_RECOVERY_END = 136;
    private static final int MINIMUM_RECOVERY_TIMELINE = 144;
    private static final int WAL_LOG_HINTS = 176;
    private static final int LARGEST_ALIGNMENT = 204;
    private static final int FLOATING_POINT = 208;
    private static final int PAGE_CHECKSUMS = 252;

    private static final Map<String, Integer> SETTINGS = Map.of(
            "max_connections", 180,
            "max_worker_processes", 184,
            "max_wal_senders", 188,
            "max_prepared_xacts", 192,
            "max_locks_per_xact", 196);

    /** What PostgreSQL writes to recognize a file of another kind of machine. */
    private static final double KNOWN_NUMBER = 1234567.0;

    private static final int KNOWN_ALIGNMENT = 8;

    /** By the number that stands for them in the file. */
    private static final List<ControlData.State> STATES = List.of(
            ControlData.State.STARTING_UP,
            ControlData.State.SHUT_DOWN,
            ControlData.State.SHUT_DOWN_IN_RECOVERY,
            ControlData.State.SHUTTING_DOWN,
            ControlData.State.IN_CRASH_RECOVERY,
            ControlData.State.IN_ARCHIVE_RECOVERY,
            ControlData.State.IN_PRODUCTION);

    private ControlFileReader() {}

    /** Empty when the file is not there, or not one that is understood here. */
    static Optional<ControlFile> read(Path dataDirectory) {
        Path file = dataDirectory.resolve("global").resolve("pg_control");
        try {
            for (int look = 0; look < LOOKS; look++) {
                Optional<ControlFile> read = decode(head(file));
                if (read.isPresent()) {
                    return read;
                }
            }
            log.debug("{} is of an unknown format or damaged", file);
        } catch (IOException e) {
            log.debug("cannot read {}: {}", file, e.toString());
        }
        return Optional.empty();
    }

    /** Not through a channel: that would be closed when the thread that observes is interrupted. */
    private static byte[] head(Path file) throws IOException {
        try (var stream = new FileInputStream(file.toFile())) {
            return stream.readNBytes(HEAD);
        }
    }

    /** Empty when these are not the first bytes of a whole file of a known format. */
    static Optional<ControlFile> decode(byte[] head) {
        ByteBuffer bytes = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (head.length < FORMAT + Integer.BYTES || !CHECKSUM.containsKey(bytes.getInt(FORMAT))) {
            return Optional.empty();
        }
        int length = CHECKSUM.get(bytes.getInt(FORMAT));
        if (head.length < length + Integer.BYTES || bytes.getInt(length) != checksum(head, length)) {
            return Optional.empty();
        }
        int state = bytes.getInt(STATE);
        if (bytes.getInt(LARGEST_ALIGNMENT) != KNOWN_ALIGNMENT
                || bytes.getDouble(FLOATING_POINT) != KNOWN_NUMBER
                || state < 0
                || state >= STATES.size()) {
            return Optional.empty();
        }
        return SystemIdentifier.parse(Long.toUnsignedString(bytes.getLong(SYSTEM_IDENTIFIER)))
                .map(identifier -> new ControlFile(
                        Optional.of(new ControlData(
                                STATES.get(state),
                                identifier,
                                new Lsn(bytes.getLong(CHECKPOINT)),
                                new Timeline(bytes.getInt(CHECKPOINT_TIMELINE)),
                                new Lsn(bytes.getLong(MINIMUM_RECOVERY_END)),
                                new Timeline(bytes.getInt(MINIMUM_RECOVERY_TIMELINE)),
                                bytes.get(WAL_LOG_HINTS) != 0,
                                bytes.getInt(PAGE_CHECKSUMS) != 0)),
                        settings(bytes)));
    }

    private static Map<String, Integer> settings(ByteBuffer bytes) {
        var settings = new TreeMap<String, Integer>();
        SETTINGS.forEach((name, position) -> settings.put(name, bytes.getInt(position)));
        return settings;
    }

    private static int checksum(byte[] bytes, int length) {
        var checksum = new CRC32C();
        checksum.update(bytes, 0, length);
        return (int) checksum.getValue();
    }
}

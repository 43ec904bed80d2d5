package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.HistoryLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timeline history files of a data directory.
 *
 * <p>A promotion takes the number after the highest one it finds a history file of (findNewestTimeLine in PostgreSQL's
 * xlog recovery, in every supported version). A number that another server may have taken unseen is skipped by a file
 * that holds a comment only: it exists, so the number is not taken again, and it descends from nothing, so no standby
 * ever follows it. Standbys fetch it like any other history file between their timeline and the primary's.
 */
final class TimelineFiles {

    private static final Logger log = LoggerFactory.getLogger(TimelineFiles.class);
    private static final String RESERVED = "# reserved by Matriarch: another member may have written this timeline\n";

    private final Path wal;

    TimelineFiles(Path dataDirectory) {
        wal = dataDirectory.resolve("pg_wal");
    }

    /** The history of a timeline as the local file has it; empty when there is none, or one that says nothing. */
    Optional<List<HistoryLine>> history(Timeline timeline) {
        try {
            String text = Files.readString(file(timeline));
            return text.equals(RESERVED) ? Optional.empty() : Optional.of(TimelineHistory.parse(text));
        } catch (IOException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** When the history of a timeline was written. */
    Optional<Instant> written(Timeline timeline) {
        try {
            return Optional.of(Files.getLastModifiedTime(file(timeline)).toInstant());
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** Makes the next promotion skip these. The files are on disk when this returns. */
    void reserve(List<Timeline> timelines) throws IOException {
        for (Timeline timeline : timelines) {
            Path file = file(timeline);
            if (Files.exists(file)) {
                continue;
            }
            log.info("timeline {} is skipped: another member may have written it", timeline);
            try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(RESERVED.getBytes(StandardCharsets.UTF_8)));
                channel.force(true);
            }
        }
        if (!timelines.isEmpty()) {
            try (var folder = FileChannel.open(wal)) {
                folder.force(true);
            }
        }
    }

    /** Forgets what was reserved: a standby fetches from its upstream what that one has. */
    void forgetReserved() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(wal, "*.history")) {
            for (Path file : files) {
                if (Files.size(file) == RESERVED.length()
                        && Files.readString(file).equals(RESERVED)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            log.warn("cannot look through the timeline history files in {}: {}", wal, e.getMessage());
        }
    }

    private Path file(Timeline timeline) {
        return wal.resolve(name(timeline));
    }

    static String name(Timeline timeline) {
        return String.format("%08X.history", timeline.value());
    }
}

package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the files of a log into order when it is opened: what a crash explains is repaired, anything else refused. */
final class LogRecovery {

    private static final Logger log = LoggerFactory.getLogger(FileLogStorage.class);

    private final Path directory;
    private final FileLogSettings settings;
    private final FileOps files;
    private final TreeMap<Long, Segment> segments;
    private final LogMeta meta;

    /** Fills the given table in {@link #load}; its owner closes what is in there, also after a failure. */
    LogRecovery(Path directory, FileLogSettings settings, TreeMap<Long, Segment> segments) throws IOException {
        this.directory = directory;
        this.settings = settings;
        this.files = settings.files();
        this.segments = segments;
        this.meta = readMeta();
    }

    LogMeta meta() {
        return meta;
    }

    private LogMeta readMeta() throws IOException {
        var known = LogMeta.read(files, directory);
        if (known.isPresent()) {
            return known.get();
        }
        if (!segmentNames().isEmpty()) {
            throw new CorruptLogException(directory.resolve(LogMeta.NAME), 0, "the file is missing");
        }
        var fresh = new LogMeta(1, 1);
        fresh.write(files, directory);
        return fresh;
    }

    private List<Segment.Name> segmentNames() throws IOException {
        var names = new ArrayList<Segment.Name>();
        for (String name : files.list(directory)) {
            Segment.Name.parse(name).ifPresent(names::add);
        }
        names.sort(null);
        return names;
    }

    /** A reset that was cut short leaves files of an earlier generation. */
    private List<Segment.Name> current() throws IOException {
        var current = new ArrayList<Segment.Name>();
        for (Segment.Name name : segmentNames()) {
            if (name.generation() > meta.generation()) {
                throw new CorruptLogException(directory.resolve(name.toString()), 0, "it is newer than first-index");
            }
            if (name.generation() < meta.generation()) {
                deleteDurably(name);
            } else {
                current.add(name);
            }
        }
        return current;
    }

    /** Scans all segments, cuts a torn end, and returns the indexes of the configuration entries. */
    List<Long> load() throws IOException {
        var names = current();
        var changes = new ArrayList<Long>();
        for (int i = 0; i < names.size(); i++) {
            boolean last = i == names.size() - 1;
            // Wholly before the first index: a truncation of the head that was cut short.
            if (!last && names.get(i + 1).base() <= meta.firstIndex()) {
                deleteDurably(names.get(i));
                continue;
            }
            var opened = Segment.open(files, directory, names.get(i));
            if (opened.isEmpty()) {
                dropHeadless(names.get(i), last);
                continue;
            }
            var segment = opened.get();
            segments.put(segment.base(), segment);
            var found = SegmentScan.scan(segment, settings.maxRecordBytes(), changes::add);
            requireWhole(segment, found, last);
            requireNoGap(segment);
            if (last) {
                cut(segment, found);
            }
        }
        return changes;
    }

    private void dropHeadless(Segment.Name name, boolean last) throws IOException {
        if (!last) {
            throw new CorruptLogException(directory.resolve(name.toString()), 0, "the header is cut short");
        }
        log.warn("raft log: removed {}, a new file that a crash left without its header", name);
        deleteDurably(name);
    }

    private static void requireWhole(Segment segment, SegmentScan.Result found, boolean last)
            throws CorruptLogException {
        if (found.why().isEmpty()) {
            return;
        }
        if (!last) {
            throw new CorruptLogException(
                    segment.path(), found.goodEnd(), found.why().get() + ", and another file follows");
        }
        if (found.laterBatch().isPresent()) {
            throw new CorruptLogException(
                    segment.path(),
                    found.goodEnd(),
                    found.why().get() + ", and a later entry is whole at "
                            + found.laterBatch().get());
        }
    }

    private void requireNoGap(Segment segment) throws CorruptLogException {
        var before = segments.lowerEntry(segment.base());
        long expected = before == null
                ? Math.min(segment.base(), meta.firstIndex())
                : before.getValue().next();
        if (segment.base() != expected) {
            throw new CorruptLogException(
                    segment.path(), 0, "it begins with entry " + segment.base() + " instead of " + expected);
        }
    }

    private void cut(Segment segment, SegmentScan.Result found) throws IOException {
        if (found.why().isPresent()) {
            log.warn(
                    "raft log: cut {} bytes off {} at offset {}: {}; they were never acknowledged",
                    found.fileEnd() - found.goodEnd(),
                    segment.path(),
                    found.goodEnd(),
                    found.why().get());
            segment.file().truncate(found.goodEnd());
        }
        // What we just read may be in memory only, written by a process that was killed before its sync.
        segment.file().sync();
    }

    private void deleteDurably(Segment.Name name) throws IOException {
        files.delete(directory.resolve(name.toString()));
        files.syncDirectory(directory);
    }
}

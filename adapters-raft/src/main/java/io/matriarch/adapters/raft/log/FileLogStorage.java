package io.matriarch.adapters.raft.log;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.codec.LogEntryDecoder;
import com.alipay.sofa.jraft.entity.codec.LogEntryEncoder;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * jraft's log in a directory of segment files. An append returns once its bytes are synced. After a failed write or sync
 * nothing more is accepted until the storage is opened again, because a kernel may drop the pages a failed sync could not
 * write and report success the next time.
 *
 * <p>Opening cuts an incomplete last batch off, which a crash explains, and refuses any other damage.
 */
public final class FileLogStorage implements LogStorage {

    private static final Logger log = LoggerFactory.getLogger(FileLogStorage.class);
    private static final String LOCK = "lock";
    private static final int BUFFER = 128 * 1024;

    /** An encoded entry that is about to be written. */
    private record Encoded(byte kind, byte[] payload) {
        int size() {
            return Record.HEAD + payload.length;
        }
    }

    private final Path directory;
    private final FileLogSettings settings;
    private final FileOps files;
    /** Held by whoever changes the log, its waits for the disk included. */
    private final ReentrantLock changing = new ReentrantLock();
    /** Held for the moment in which the table of segments changes; readers hold it while they read. */
    private final ReentrantReadWriteLock table = new ReentrantReadWriteLock();

    private final TreeMap<Long, Segment> segments = new TreeMap<>();
    private final AtomicLong appendedBytes = new AtomicLong();
    private volatile long growthStep = Long.MAX_VALUE;
    private volatile Runnable growthListener = () -> {};
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private Optional<AutoCloseable> lock = Optional.empty();
    private LogMeta meta = new LogMeta(1, 1);
    private LogEntryEncoder encoder;
    private LogEntryDecoder decoder;
    /** The index after the last entry. */
    private volatile long next = 1;
    /** Why nothing is accepted any more. */
    private volatile Optional<String> refusing = Optional.of("not open");

    public FileLogStorage(Path directory, FileLogSettings settings) {
        this.directory = directory;
        this.settings = settings;
        this.files = settings.files();
    }

    /**
     * Opens the log.
     *
     * @throws UncheckedIOException around a {@link CorruptLogException} or whatever the disk said
     */
    @Override
    public boolean init(LogStorageOptions options) {
        changing.lock();
        try {
            if (lock.isPresent()) {
                return true;
            }
            encoder = options.getLogEntryCodecFactory().encoder();
            decoder = options.getLogEntryCodecFactory().decoder();
            // One direct buffer for the life of the storage: the JDK would keep one a thread of the largest size seen.
            buffer = ByteBuffer.allocateDirect(BUFFER);
            open(options.getConfigurationManager());
            return true;
        } catch (IOException e) {
            closeAll();
            log.error("cannot open the raft log in {}: {}", directory, e.getMessage());
            throw new UncheckedIOException(e.getMessage(), e);
        } finally {
            changing.unlock();
        }
    }

    private void open(ConfigurationManager configurations) throws IOException {
        files.createDirectories(directory);
        lock = Optional.of(files.lock(directory.resolve(LOCK)));
        var recovery = new LogRecovery(directory, settings, segments);
        meta = recovery.meta();
        var changes = recovery.load();
        next = segments.isEmpty()
                ? meta.firstIndex()
                : Math.max(meta.firstIndex(), segments.lastEntry().getValue().next());
        dropBefore(meta.firstIndex());
        refusing = Optional.empty();
        for (long index : changes) {
            if (index >= meta.firstIndex()) {
                remember(configurations, index);
            }
        }
        log.info("raft log in {} has entries {} to {}", directory, meta.firstIndex(), next - 1);
    }

    private void remember(ConfigurationManager configurations, long index) throws IOException {
        var entry = readEntry(index);
        if (entry == null || configurations == null) {
            return;
        }
        var change = new ConfigurationEntry();
        change.setId(new LogId(index, entry.getId().getTerm()));
        change.setConf(new Configuration(entry.getPeers(), entry.getLearners()));
        if (entry.getOldPeers() != null) {
            change.setOldConf(new Configuration(entry.getOldPeers(), entry.getOldLearners()));
        }
        configurations.add(change);
    }

    @Override
    public void shutdown() {
        changing.lock();
        try {
            closeAll();
        } finally {
            changing.unlock();
        }
    }

    private void closeAll() {
        table.writeLock().lock();
        try {
            refusing = Optional.of("closed");
            for (Segment segment : segments.values()) {
                closeQuietly(segment::close);
            }
            segments.clear();
            lock.ifPresent(FileLogStorage::closeQuietly);
            lock = Optional.empty();
            buffer = ByteBuffer.allocate(0);
        } finally {
            table.writeLock().unlock();
        }
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // Everything that counts is synced already.
            log.debug("closing failed", e);
        }
    }

    @Override
    public long getFirstLogIndex() {
        table.readLock().lock();
        try {
            return meta.firstIndex();
        } finally {
            table.readLock().unlock();
        }
    }

    /** The last index; the one before the first if the log is empty. */
    @Override
    public long getLastLogIndex() {
        return next - 1;
    }

    /** The entry, or null (jraft's word for none) if it is not in the log or cannot be read. */
    @Override
    public LogEntry getEntry(long index) {
        try {
            return readEntry(index);
        } catch (IOException e) {
            log.error("raft log: cannot read entry {}: {}", index, e.getMessage());
            return null;
        }
    }

    private LogEntry readEntry(long index) throws IOException {
        byte[] payload;
        table.readLock().lock();
        try {
            if (index < meta.firstIndex() || index >= next) {
                return null;
            }
            var segment = segments.floorEntry(index);
            if (segment == null) {
                return null;
            }
            payload = segment.getValue().read(index);
        } finally {
            table.readLock().unlock();
        }
        var entry = decoder.decode(payload);
        if (entry == null) {
            throw new IOException("entry " + index + " cannot be decoded");
        }
        return entry;
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        var entry = getEntry(index);
        return entry == null ? 0 : entry.getId().getTerm();
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        return appendEntries(List.of(entry)) == 1;
    }

    /** All of them, synced, or none: 0 means that nothing was acknowledged. */
    @Override
    public int appendEntries(List<LogEntry> entries) {
        if (entries == null || entries.isEmpty()) {
            return 0;
        }
        return change("append", () -> append(entries)) ? entries.size() : 0;
    }

    /**
     * Calls somebody each time so much has been appended, on the thread that appends.
     *
     * @param bytes more than 0
     * @param listener must neither block nor fail
     */
    public void onGrowth(long bytes, Runnable listener) {
        growthStep = bytes;
        growthListener = listener;
    }

    private void grew(long bytes) {
        long now = appendedBytes.addAndGet(bytes);
        long step = growthStep;
        if (now / step != (now - bytes) / step) {
            growthListener.run();
        }
    }

    private void append(List<LogEntry> entries) throws IOException {
        var batch = encode(entries);
        var segment = segmentForAppend();
        var offsets = new int[batch.size()];
        int at = segment.end();
        long flushed = at;
        buffer.clear();
        var out = buffer;
        for (int i = 0; i < batch.size(); i++) {
            var record = batch.get(i);
            if (out.remaining() < record.size()) {
                flushed = flush(segment, out, flushed);
                out = record.size() <= buffer.capacity() ? buffer.clear() : ByteBuffer.allocate(record.size());
            }
            Record.write(out, segment.salt(), next + i, next, record.kind(), record.payload());
            offsets[i] = at;
            at += record.size();
        }
        flush(segment, out, flushed);
        segment.file().sync();
        publish(segment, offsets, at);
    }

    private static long flush(Segment segment, ByteBuffer out, long at) throws IOException {
        out.flip();
        int bytes = out.remaining();
        LogMeta.writeFully(segment.file(), out, at);
        return at + bytes;
    }

    private void publish(Segment segment, int[] offsets, int end) {
        table.writeLock().lock();
        try {
            grew(end - offsets[0]);
            for (int i = 0; i < offsets.length; i++) {
                segment.add(offsets[i], i + 1 < offsets.length ? offsets[i + 1] : end);
            }
            next += offsets.length;
        } finally {
            table.writeLock().unlock();
        }
    }

    private List<Encoded> encode(List<LogEntry> entries) {
        var batch = new ArrayList<Encoded>(entries.size());
        long total = 0;
        for (int i = 0; i < entries.size(); i++) {
            var entry = entries.get(i);
            if (entry.getId().getIndex() != next + i) {
                throw new IllegalArgumentException("entry " + entry.getId().getIndex() + " instead of " + (next + i));
            }
            byte[] payload = encoder.encode(entry);
            if (payload.length > settings.maxRecordBytes()) {
                throw new IllegalArgumentException("entry " + (next + i) + " of " + payload.length
                        + " bytes is over the limit of " + settings.maxRecordBytes());
            }
            total += payload.length + Record.HEAD;
            byte kind = entry.getType() == EntryType.ENTRY_TYPE_CONFIGURATION ? Record.CONFIGURATION : Record.DATA;
            batch.add(new Encoded(kind, payload));
        }
        if (total > Integer.MAX_VALUE - 16L - settings.segmentBytes()) {
            throw new IllegalArgumentException("a batch of " + total + " bytes is too large");
        }
        return batch;
    }

    private Segment segmentForAppend() throws IOException {
        var last = segments.lastEntry();
        if (last != null && last.getValue().end() < settings.segmentBytes()) {
            return last.getValue();
        }
        var made = Segment.create(files, directory, new Segment.Name(next, meta.generation()));
        table.writeLock().lock();
        try {
            segments.put(made.base(), made);
        } finally {
            table.writeLock().unlock();
        }
        return made;
    }

    @Override
    public boolean truncatePrefix(long firstIndexKept) {
        return change("truncate the head", () -> {
            if (firstIndexKept <= meta.firstIndex()) {
                return;
            }
            var moved = new LogMeta(meta.generation(), firstIndexKept);
            moved.write(files, directory);
            table.writeLock().lock();
            try {
                meta = moved;
                next = Math.max(next, firstIndexKept);
            } finally {
                table.writeLock().unlock();
            }
            dropBefore(firstIndexKept);
        });
    }

    /** Deletes the segments all of whose entries are before the index. Theirs is no longer part of the log already. */
    private void dropBefore(long index) throws IOException {
        var gone = segments.values().stream()
                .filter(segment -> segment.next() <= index)
                .toList();
        for (Segment segment : gone) {
            forget(segment);
        }
    }

    private void forget(Segment segment) throws IOException {
        table.writeLock().lock();
        try {
            segments.remove(segment.base());
            segment.close();
        } finally {
            table.writeLock().unlock();
        }
        deleteDurably(segment.name());
    }

    private void deleteDurably(Segment.Name name) throws IOException {
        files.delete(directory.resolve(name.toString()));
        files.syncDirectory(directory);
    }

    @Override
    public boolean truncateSuffix(long lastIndexKept) {
        return change("truncate the tail", () -> {
            if (lastIndexKept >= next - 1) {
                return;
            }
            if (lastIndexKept < meta.firstIndex() - 1) {
                throw new IllegalArgumentException(
                        "cannot keep through " + lastIndexKept + ", the log begins with " + meta.firstIndex());
            }
            table.writeLock().lock();
            try {
                next = lastIndexKept + 1;
            } finally {
                table.writeLock().unlock();
            }
            // From the end, each one durably: a crash must not leave a hole.
            while (!segments.isEmpty() && segments.lastKey() > lastIndexKept) {
                forget(segments.lastEntry().getValue());
            }
            if (!segments.isEmpty() && segments.lastEntry().getValue().next() > next) {
                cutLast(lastIndexKept);
            }
        });
    }

    private void cutLast(long lastIndexKept) throws IOException {
        table.writeLock().lock();
        try {
            segments.lastEntry().getValue().keepThrough(lastIndexKept);
        } finally {
            table.writeLock().unlock();
        }
    }

    /** Empties the log; the next entry has the given index. */
    @Override
    public boolean reset(long nextLogIndex) {
        if (nextLogIndex <= 0) {
            throw new IllegalArgumentException("next log index " + nextLogIndex + " is not positive");
        }
        return change("reset", () -> {
            var fresh = new LogMeta(meta.generation() + 1, nextLogIndex);
            // From here on the old files do not count, whether or not we live to delete them.
            fresh.write(files, directory);
            table.writeLock().lock();
            try {
                meta = fresh;
                next = nextLogIndex;
            } finally {
                table.writeLock().unlock();
            }
            for (Segment segment : List.copyOf(segments.values())) {
                forget(segment);
            }
        });
    }

    /** Bytes appended since the storage was opened. */
    public long appendedBytes() {
        return appendedBytes.get();
    }

    /** Bytes of all segment files. */
    public long bytes() {
        table.readLock().lock();
        try {
            return segments.values().stream().mapToLong(Segment::end).sum();
        } finally {
            table.readLock().unlock();
        }
    }

    /** Why the storage accepts nothing any more, if so. */
    public Optional<String> refusing() {
        return refusing;
    }

    @FunctionalInterface
    private interface Change {
        void run() throws IOException;
    }

    private boolean change(String what, Change change) {
        changing.lock();
        try {
            if (refusing.isPresent()) {
                log.error("raft log in {}: refused to {}: {}", directory, what, refusing.get());
                return false;
            }
            change.run();
            return true;
        } catch (IOException e) {
            refusing = Optional.of("it failed to " + what + ": " + e.getMessage());
            log.error("raft log in {} accepts nothing until it is opened again: {}", directory, refusing.get(), e);
            return false;
        } catch (IllegalArgumentException e) {
            // The request was wrong and nothing was touched.
            log.error("raft log in {}: refused to {}: {}", directory, what, e.getMessage());
            return false;
        } finally {
            changing.unlock();
        }
    }
}

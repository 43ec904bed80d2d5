package io.matriarch.adapters.raft.log;

import static io.matriarch.adapters.raft.log.LogFixture.configuration;
import static io.matriarch.adapters.raft.log.LogFixture.data;
import static io.matriarch.adapters.raft.log.LogFixture.open;
import static io.matriarch.adapters.raft.log.LogFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.LogEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FileLogStorageTest {

    private static final FileLogSettings SMALL = FileLogSettings.defaults().withSegmentBytes(4096);

    @TempDir
    Path directory;

    private final List<FileLogStorage> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        opened.forEach(FileLogStorage::shutdown);
    }

    private FileLogStorage log() {
        return log(SMALL);
    }

    private FileLogStorage log(FileLogSettings settings) {
        var storage = open(directory, settings);
        opened.add(storage);
        return storage;
    }

    private FileLogStorage again(FileLogStorage storage) {
        storage.shutdown();
        return log();
    }

    private static void append(FileLogStorage storage, long from, long to) {
        for (long i = from; i <= to; i++) {
            assertThat(storage.appendEntry(data(i, "entry " + i))).isTrue();
        }
    }

    private List<Path> segments() throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("log-"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    @DisplayName("a fresh log is empty and begins with 1")
    void fresh() {
        var storage = log();
        assertThat(storage.getFirstLogIndex()).isEqualTo(1);
        assertThat(storage.getLastLogIndex()).isZero();
        assertThat(storage.getEntry(1)).isNull();
    }

    @Test
    @DisplayName("what was appended is there after it is opened again, over several files")
    void reopened() throws IOException {
        var storage = log();
        append(storage, 1, 300);
        assertThat(segments()).hasSizeGreaterThan(3);
        storage = again(storage);
        assertThat(storage.getFirstLogIndex()).isEqualTo(1);
        assertThat(storage.getLastLogIndex()).isEqualTo(300);
        for (long i = 1; i <= 300; i++) {
            assertThat(text(storage.getEntry(i))).isEqualTo("entry " + i);
            assertThat(storage.getEntry(i).getId().getIndex()).isEqualTo(i);
        }
        append(storage, 301, 301);
    }

    @Test
    @DisplayName("a batch larger than the buffer arrives whole")
    void largeBatch() {
        var storage = log();
        var batch = new ArrayList<LogEntry>();
        for (long i = 1; i <= 5; i++) {
            batch.add(data(i, ("" + i).repeat((int) i * 60_000)));
        }
        assertThat(storage.appendEntries(batch)).isEqualTo(5);
        storage = again(storage);
        for (long i = 1; i <= 5; i++) {
            assertThat(text(storage.getEntry(i))).isEqualTo(("" + i).repeat((int) i * 60_000));
        }
    }

    @Test
    @DisplayName("a gap, an overlap and an oversized entry are refused and harm nothing")
    void refusals() {
        var storage = log(new FileLogSettings(4096, 1024, FileOps.real()));
        append(storage, 1, 3);
        assertThat(storage.appendEntry(data(5, "gap"))).isFalse();
        assertThat(storage.appendEntry(data(3, "overlap"))).isFalse();
        assertThat(storage.appendEntry(data(4, "x".repeat(2000)))).isFalse();
        append(storage, 4, 5);
    }

    @Test
    @DisplayName("truncating the head deletes whole files and is remembered")
    void truncatePrefix() throws IOException {
        var storage = log();
        append(storage, 1, 300);
        int before = segments().size();
        assertThat(storage.truncatePrefix(200)).isTrue();
        assertThat(segments()).hasSizeLessThan(before);
        assertThat(storage.getFirstLogIndex()).isEqualTo(200);
        assertThat(storage.getEntry(199)).isNull();
        storage = again(storage);
        assertThat(storage.getFirstLogIndex()).isEqualTo(200);
        assertThat(storage.getLastLogIndex()).isEqualTo(300);
        assertThat(storage.getEntry(199)).isNull();
        assertThat(text(storage.getEntry(200))).isEqualTo("entry 200");
    }

    @Test
    @DisplayName("truncating the head beyond the end empties the log, and it goes on from there")
    void truncatePrefixBeyondEnd() {
        var storage = log();
        append(storage, 1, 10);
        assertThat(storage.truncatePrefix(50)).isTrue();
        storage = again(storage);
        assertThat(storage.getFirstLogIndex()).isEqualTo(50);
        assertThat(storage.getLastLogIndex()).isEqualTo(49);
        append(storage, 50, 60);
    }

    @Test
    @DisplayName("truncating the tail is durable and other entries take the place")
    void truncateSuffix() {
        var storage = log();
        append(storage, 1, 300);
        assertThat(storage.truncateSuffix(100)).isTrue();
        assertThat(storage.getLastLogIndex()).isEqualTo(100);
        assertThat(storage.getEntry(101)).isNull();
        storage = again(storage);
        assertThat(storage.getLastLogIndex()).isEqualTo(100);
        assertThat(storage.appendEntry(data(101, "another"))).isTrue();
        storage = again(storage);
        assertThat(text(storage.getEntry(101))).isEqualTo("another");
    }

    @Test
    @DisplayName("a reset empties the log, also to an index it had")
    void reset() {
        var storage = log();
        append(storage, 1, 300);
        assertThat(storage.reset(150)).isTrue();
        assertThat(storage.getFirstLogIndex()).isEqualTo(150);
        assertThat(storage.getLastLogIndex()).isEqualTo(149);
        storage = again(storage);
        assertThat(storage.getLastLogIndex()).isEqualTo(149);
        append(storage, 150, 160);
        storage = again(storage);
        assertThat(storage.getLastLogIndex()).isEqualTo(160);
    }

    @Test
    @DisplayName("files that a crash left behind a reset or a truncation do not come back")
    void leftovers() throws IOException {
        var storage = log();
        append(storage, 1, 300);
        var saved = directory.resolve("saved");
        Files.createDirectories(saved);
        for (Path file : segments()) {
            Files.copy(file, saved.resolve(file.getFileName()));
        }
        storage.reset(150);
        storage.shutdown();
        for (Path file : Files.list(saved).toList()) {
            Files.copy(file, directory.resolve(file.getFileName()));
        }
        storage = log();
        assertThat(storage.getLastLogIndex()).isEqualTo(149);
        assertThat(segments()).isEmpty();
    }

    @Test
    @DisplayName("configuration entries are told to jraft when the log is opened, not those truncated")
    void configurations() {
        var storage = log();
        storage.appendEntries(List.of(configuration(1, "a:1"), data(2, "x"), configuration(3, "a:1", "b:2")));
        append(storage, 4, 200);
        storage.appendEntry(configuration(201, "a:1", "b:2", "c:3"));
        storage.truncatePrefix(2);
        storage.shutdown();
        var manager = new ConfigurationManager();
        opened.add(open(directory, SMALL, manager));
        assertThat(manager.getLastConfiguration().getConf().toString()).isEqualTo("a:1,b:2,c:3");
        assertThat(manager.get(200).getConf().toString()).isEqualTo("a:1,b:2");
        assertThat(manager.get(2).getConf().isEmpty()).isTrue();
    }

    @Test
    @DisplayName("two nodes cannot share a directory")
    void locked() {
        log();
        assertThatThrownBy(this::log).isInstanceOf(UncheckedIOException.class).hasMessageContaining("held by");
    }

    @ParameterizedTest
    @EnumSource(
            value = FaultyFiles.Fault.class,
            names = {"TORN_WRITE", "FAILED_SYNC", "FULL_DISK"})
    @DisplayName("after a failed write or sync nothing is accepted until the log is opened again")
    void refusesAfterFailure(FaultyFiles.Fault fault) {
        var disk = new FaultyFiles();
        var storage = log(SMALL.withFiles(disk));
        append(storage, 1, 5);
        disk.fault = fault;
        assertThat(storage.appendEntry(data(6, "six"))).isFalse();
        disk.fault = FaultyFiles.Fault.NONE;
        assertThat(storage.refusing()).isPresent();
        assertThat(storage.appendEntries(List.of(data(6, "six")))).isZero();
        assertThat(storage.truncatePrefix(3)).isFalse();
        assertThat(storage.truncateSuffix(3)).isFalse();
        assertThat(storage.reset(9)).isFalse();
        assertThat(text(storage.getEntry(5))).isEqualTo("entry 5");
        storage = again(storage);
        assertThat(storage.getLastLogIndex()).isBetween(5L, 6L);
        append(storage, storage.getLastLogIndex() + 1, 10);
    }

    @Test
    @DisplayName("a new file whose name cannot be made durable is a failure too")
    void failedDirectorySync() {
        var disk = new FaultyFiles();
        var storage = log(SMALL.withFiles(disk));
        append(storage, 1, 2);
        disk.fault = FaultyFiles.Fault.FAILED_DIRECTORY_SYNC;
        assertThat(storage.truncatePrefix(2)).isFalse();
        assertThat(storage.appendEntry(data(3, "three"))).isFalse();
        disk.fault = FaultyFiles.Fault.NONE;
        storage = again(storage);
        assertThat(storage.getLastLogIndex()).isEqualTo(2);
    }

    @Test
    @DisplayName("reads and writes that move a few bytes at a time make no difference")
    void shortTransfers() {
        var disk = new FaultyFiles();
        var storage = log(SMALL.withFiles(disk));
        disk.fault = FaultyFiles.Fault.SHORT_TRANSFERS;
        append(storage, 1, 50);
        assertThat(text(storage.getEntry(33))).isEqualTo("entry 33");
        storage = again(storage);
        assertThat(text(storage.getEntry(50))).isEqualTo("entry 50");
    }

    @Test
    @DisplayName("an interrupted reader still reads and harms nobody")
    void interruptedReader() {
        var storage = log();
        append(storage, 1, 3);
        Thread.currentThread().interrupt();
        var entry = storage.getEntry(2);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(text(entry)).isEqualTo("entry 2");
        append(storage, 4, 5);
        assertThat(text(storage.getEntry(5))).isEqualTo("entry 5");
    }
}

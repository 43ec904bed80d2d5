package io.matriarch.adapters.raft.log;

import static io.matriarch.adapters.raft.log.LogFixture.data;
import static io.matriarch.adapters.raft.log.LogFixture.open;
import static io.matriarch.adapters.raft.log.LogFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edits the files as a crash, or a bad disk, would leave them. */
class CrashedLogTest {

    private static final FileLogSettings SMALL = FileLogSettings.defaults().withSegmentBytes(4096);

    @TempDir
    Path directory;

    private int sizeBeforeLast;

    /** Entries 1 to n, each its own batch. */
    private void write(long n) throws IOException {
        var storage = open(directory, SMALL);
        for (long i = 1; i <= n; i++) {
            if (i == n && n > 1) {
                sizeBeforeLast = (int) Files.size(lastSegment());
            }
            assertThat(storage.appendEntry(data(i, "entry " + i))).isTrue();
        }
        storage.shutdown();
    }

    private List<Path> segments() throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("log-"))
                    .sorted()
                    .toList();
        }
    }

    private Path lastSegment() throws IOException {
        return segments().getLast();
    }

    private void expect(long last) {
        var storage = open(directory, SMALL);
        try {
            assertThat(storage.getLastLogIndex()).isEqualTo(last);
            for (long i = 1; i <= last; i++) {
                assertThat(text(storage.getEntry(i))).isEqualTo("entry " + i);
            }
            assertThat(storage.appendEntry(data(last + 1, "entry " + (last + 1))))
                    .isTrue();
        } finally {
            storage.shutdown();
        }
        var again = open(directory, SMALL);
        assertThat(text(again.getEntry(last + 1))).isEqualTo("entry " + (last + 1));
        again.shutdown();
    }

    @Test
    @DisplayName("cut at every byte of the last record, the log keeps all before it")
    void cutAtEveryByte() throws IOException {
        write(10);
        var file = lastSegment();
        var whole = Files.readAllBytes(file);
        for (int size = sizeBeforeLast; size < whole.length; size++) {
            Files.write(file, Arrays.copyOf(whole, size));
            expect(9);
        }
        Files.write(file, whole);
        expect(10);
    }

    @Test
    @DisplayName("with any byte of the last record flipped, or its end zeroed, the log keeps all before it")
    void damagedLastRecord() throws IOException {
        write(10);
        var file = lastSegment();
        var whole = Files.readAllBytes(file);
        for (int at = sizeBeforeLast; at < whole.length; at++) {
            var flipped = whole.clone();
            flipped[at] ^= 0x41;
            Files.write(file, flipped);
            expect(9);
            var zeroed = whole.clone();
            Arrays.fill(zeroed, at, zeroed.length, (byte) 0);
            Files.write(file, zeroed);
            expect(Arrays.equals(zeroed, whole) ? 10 : 9);
        }
    }

    @Test
    @DisplayName("any byte flipped in an acknowledged record that others follow: the log does not open and says where")
    void damageBeforeOthers() throws IOException {
        write(10);
        var file = lastSegment();
        var whole = Files.readAllBytes(file);
        for (int at = Segment.HEADER; at < sizeBeforeLast; at++) {
            var flipped = whole.clone();
            flipped[at] ^= 0x41;
            Files.write(file, flipped);
            refused(file, "at offset");
        }
        Files.write(file, whole);
        expect(10);
    }

    @Test
    @DisplayName("damage in a file that another one follows: the log does not open")
    void damageBeforeAnotherFile() throws IOException {
        write(300);
        var file = segments().getFirst();
        var whole = Files.readAllBytes(file);
        var flipped = whole.clone();
        flipped[flipped.length - 1] ^= 1;
        Files.write(file, flipped);
        refused(file, "another file follows");
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        refused(file, "another file follows");
        Files.delete(file);
        refused(segments().getFirst(), "instead of 1");
    }

    @Test
    @DisplayName("a damaged header, a lost first-index file: the log does not open")
    void damagedMetadata() throws IOException {
        write(10);
        var file = lastSegment();
        var whole = Files.readAllBytes(file);
        for (int at = 0; at < Segment.HEADER; at++) {
            var flipped = whole.clone();
            flipped[at] ^= 1;
            Files.write(file, flipped);
            refused(file, "the header is wrong");
        }
        Files.write(file, whole);
        var meta = directory.resolve(LogMeta.NAME);
        var metaBytes = Files.readAllBytes(meta);
        for (int at = 0; at < metaBytes.length; at++) {
            var flipped = metaBytes.clone();
            flipped[at] ^= 1;
            Files.write(meta, flipped);
            refused(meta, "wrong");
        }
        Files.delete(meta);
        refused(meta, "missing");
        Files.write(meta, metaBytes);
        expect(10);
    }

    @Test
    @DisplayName("a new file that a crash left without its header is removed")
    void headlessFile() throws IOException {
        write(10);
        for (int size = 0; size < Segment.HEADER; size++) {
            var name = new Segment.Name(11, 1).toString();
            Files.write(directory.resolve(name), new byte[size]);
            var storage = open(directory, SMALL);
            assertThat(storage.getLastLogIndex()).isEqualTo(10);
            storage.shutdown();
        }
        expect(10);
    }

    @Test
    @DisplayName("a batch whose pages reached the disk out of order is cut from its first hole on")
    void tornBatch() throws IOException {
        write(5);
        var storage = open(directory, SMALL);
        int before = (int) Files.size(lastSegment());
        storage.appendEntries(List.of(data(6, "entry 6"), data(7, "entry 7"), data(8, "entry 8")));
        storage.shutdown();
        var file = lastSegment();
        var bytes = Files.readAllBytes(file);
        int one = (bytes.length - before) / 3;
        Arrays.fill(bytes, before + one, before + one + 8, (byte) 0);
        Files.write(file, bytes);
        expect(6);
    }

    private void refused(Path file, String what) {
        assertThatThrownBy(() -> open(directory, SMALL))
                .isInstanceOf(UncheckedIOException.class)
                .hasCauseInstanceOf(CorruptLogException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(what);
    }
}

package io.matriarch.adapters.raft.log;

import static io.matriarch.adapters.raft.log.LogFixture.bytes;
import static io.matriarch.adapters.raft.log.LogFixture.data;
import static io.matriarch.adapters.raft.log.LogFixture.open;
import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.LogEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on the log and on a map that does the same in the simplest way. */
class FileLogPropertyTest {

    private static final int STEPS = 400;

    /** The naive twin. */
    private static final class Twin {
        private final TreeMap<Long, byte[]> entries = new TreeMap<>();
        private long first = 1;
        private long next = 1;

        void append(byte[] bytes) {
            entries.put(next++, bytes);
        }

        void truncatePrefix(long kept) {
            first = Math.max(first, kept);
            next = Math.max(next, first);
            entries.headMap(first).clear();
        }

        void truncateSuffix(long kept) {
            next = Math.min(next, kept + 1);
            entries.tailMap(next).clear();
        }

        void reset(long index) {
            entries.clear();
            first = index;
            next = index;
        }
    }

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    @DisplayName("the log does what a map would do, whatever the order of operations")
    void likeTheTwin(long seed) {
        var random = new Random(seed);
        var settings = FileLogSettings.defaults().withSegmentBytes(4096);
        var twin = new Twin();
        var storage = open(directory, settings);
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(10)) {
                case 0 -> {
                    long kept = twin.first + random.nextInt(1 + (int) (twin.next - twin.first) + 3);
                    twin.truncatePrefix(kept);
                    assertThat(storage.truncatePrefix(kept)).isTrue();
                }
                case 1 -> {
                    long kept = twin.next - 1 - random.nextInt(1 + (int) (twin.next - twin.first));
                    twin.truncateSuffix(kept);
                    assertThat(storage.truncateSuffix(kept)).isTrue();
                }
                case 2 -> {
                    storage.shutdown();
                    storage = open(directory, settings);
                }
                case 3 -> {
                    if (random.nextInt(5) == 0) {
                        long index = Math.max(1, twin.next - 20 + random.nextInt(40));
                        twin.reset(index);
                        assertThat(storage.reset(index)).isTrue();
                    }
                }
                default -> append(storage, twin, random);
            }
            assertSame(storage, twin, seed, step);
        }
        storage.shutdown();
    }

    private static void append(FileLogStorage storage, Twin twin, Random random) {
        var batch = new ArrayList<LogEntry>();
        int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            var bytes = new byte[random.nextInt(20) == 0 ? 5000 : random.nextInt(200)];
            random.nextBytes(bytes);
            batch.add(data(twin.next, 1 + random.nextInt(3), bytes));
            twin.append(bytes);
        }
        assertThat(storage.appendEntries(batch)).isEqualTo(count);
    }

    private static void assertSame(FileLogStorage storage, Twin twin, long seed, int step) {
        var where = "seed " + seed + " step " + step;
        assertThat(storage.getFirstLogIndex()).as(where).isEqualTo(twin.first);
        assertThat(storage.getLastLogIndex()).as(where).isEqualTo(twin.next - 1);
        assertThat(storage.getEntry(twin.first - 1)).as(where).isNull();
        assertThat(storage.getEntry(twin.next)).as(where).isNull();
        twin.entries.forEach((index, bytes) ->
                assertThat(bytes(storage.getEntry(index))).as(where).isEqualTo(bytes));
    }
}

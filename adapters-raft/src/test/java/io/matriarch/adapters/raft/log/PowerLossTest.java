package io.matriarch.adapters.raft.log;

import static io.matriarch.adapters.raft.log.LogFixture.bytes;
import static io.matriarch.adapters.raft.log.LogFixture.data;
import static io.matriarch.adapters.raft.log.LogFixture.open;
import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.LogEntry;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Takes the power away at any moment, again and again, and looks at what is left. */
class PowerLossTest {

    private static final int ROUNDS = 300;

    /** What the log may be after a crash: its state before the interrupted operation, or any on the way to the one after. */
    private record State(long first, long next, TreeMap<Long, byte[]> entries) {
        State copy() {
            return new State(first, next, new TreeMap<>(entries));
        }
    }

    private final Path directory = Path.of("/log");

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    @DisplayName(
            "whenever the power goes, the log opens again and has every acknowledged entry, and nothing that never was")
    void survives(long seed) {
        var random = new Random(seed);
        var disk = new PowerLossDisk(random);
        var settings = FileLogSettings.defaults().withSegmentBytes(4096).withFiles(disk);
        var state = new State(1, 1, new TreeMap<>());
        for (int round = 0; round < ROUNDS; round++) {
            FileLogStorage storage;
            if (round > 0 && random.nextInt(4) == 0) {
                disk.failAfter(random.nextInt(6));
            }
            try {
                storage = open(directory, settings);
            } catch (UncheckedIOException e) {
                assertThat(e.getCause())
                        .as("seed %d round %d", seed, round)
                        .isInstanceOf(PowerLossDisk.PowerLoss.class);
                disk.recover();
                continue;
            }
            state = seen(storage, state, seed, round);
            disk.failAfter(random.nextInt(60));
            state = operate(storage, state, random);
            storage.shutdown();
            disk.recover();
        }
    }

    /** Operates until the power goes; answers what must, and what may, be there. */
    private State operate(FileLogStorage storage, State before, Random random) {
        var state = before;
        while (true) {
            var next = state.copy();
            boolean done;
            switch (random.nextInt(12)) {
                case 0 -> {
                    long kept = state.first() + random.nextInt((int) (state.next() - state.first()) + 3);
                    done = storage.truncatePrefix(kept);
                    next = new State(Math.max(kept, state.first()), Math.max(kept, state.next()), next.entries());
                    next.entries().headMap(kept).clear();
                }
                case 1 -> {
                    long kept = state.next() - 1 - random.nextInt((int) (state.next() - state.first()) + 1);
                    done = storage.truncateSuffix(kept);
                    next = new State(state.first(), kept + 1, next.entries());
                    next.entries().tailMap(kept + 1).clear();
                }
                case 2 -> {
                    long index = Math.max(1, state.next() - 20 + random.nextInt(40));
                    done = storage.reset(index);
                    next = new State(index, index, new TreeMap<>());
                }
                default -> {
                    var batch = batch(state.next(), random);
                    done = storage.appendEntries(batch) == batch.size();
                    for (LogEntry entry : batch) {
                        next.entries().put(entry.getId().getIndex(), bytes(entry));
                    }
                    next = new State(state.first(), state.next() + batch.size(), next.entries());
                }
            }
            if (!done) {
                possible = List.of(state, next);
                return state;
            }
            state = next;
        }
    }

    /** Before and after the operation the power interrupted. */
    private List<State> possible = List.of();

    private static List<LogEntry> batch(long next, Random random) {
        var batch = new ArrayList<LogEntry>();
        int count = 1 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            var bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            batch.add(data(next + i, 1, bytes));
        }
        return batch;
    }

    private State seen(FileLogStorage storage, State state, long seed, int round) {
        var where = "seed " + seed + " round " + round;
        var options = possible.isEmpty() ? List.of(state) : possible;
        long first = storage.getFirstLogIndex();
        long next = storage.getLastLogIndex() + 1;
        long lowest = options.stream().mapToLong(State::next).min().orElseThrow();
        long highest = options.stream().mapToLong(State::next).max().orElseThrow();
        assertThat(options.stream().map(State::first).toList()).as(where).contains(first);
        assertThat(next).as(where).isBetween(Math.min(lowest, Math.max(first, lowest)), highest);
        var entries = new TreeMap<Long, byte[]>();
        for (long index = first; index < next; index++) {
            var found = storage.getEntry(index);
            assertThat(found).as(where + " entry " + index).isNotNull();
            long wanted = index;
            assertThat(options.stream()
                            .filter(option -> option.entries().containsKey(wanted))
                            .map(option -> option.entries().get(wanted))
                            .toList())
                    .as(where + " entry " + index)
                    .contains(bytes(found));
            entries.put(index, bytes(found));
        }
        possible = List.of();
        return new State(first, next, entries);
    }
}

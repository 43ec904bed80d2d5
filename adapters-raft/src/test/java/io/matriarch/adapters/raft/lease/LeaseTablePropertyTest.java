package io.matriarch.adapters.raft.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("the lease table under random commands")
class LeaseTablePropertyTest {

    private static final int STEPS = 400;

    static LongStream seeds() {
        return LongStream.range(0, 150);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @DisplayName("SAF-011 SAF-013 SAF-017 DCS-068 it does what a naive twin does")
    void naiveTwin(long seed) {
        var commands = new RandomCommands(seed);
        var table = new LeaseTable();
        var twin = new NaiveTable();
        for (int step = 0; step < STEPS; step++) {
            long index = 1 + step * 2L;
            var command = commands.next(table);
            var outcome = table.apply(index, command).outcome();
            boolean applied = twin.apply(index, command);
            assertThat(outcome instanceof Outcome.Applied)
                    .as("step %d %s: %s", step, command, outcome)
                    .isEqualTo(applied);
            assertThat(twin.looksLike(table))
                    .as("after step %d %s", step, command)
                    .isTrue();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @DisplayName("replicas that get the same bytes are equal, and a snapshot and the rest of the log give the same")
    void replicas(long seed) throws Exception {
        var commands = new RandomCommands(seed);
        var first = new LeaseTable();
        var second = new LeaseTable();
        var fromSnapshot = new LeaseTable();
        var outcomes = new ArrayList<Outcome>();
        for (int step = 1; step <= STEPS; step++) {
            var bytes = CommandCodec.encode(commands.next(first));
            outcomes.add(first.apply(step, CommandCodec.decode(ByteBuffer.wrap(bytes)))
                    .outcome());
            var other = second.apply(step, CommandCodec.decode(ByteBuffer.wrap(bytes)));
            assertThat(other.outcome()).isEqualTo(outcomes.getLast());
            if (step % 50 == 0) {
                fromSnapshot = TableCodec.decode(TableCodec.encode(first));
            } else if (step > 50) {
                fromSnapshot.apply(step, CommandCodec.decode(ByteBuffer.wrap(bytes)));
                assertThat(TableCodec.encode(fromSnapshot)).isEqualTo(TableCodec.encode(first));
            }
        }
        assertThat(TableCodec.encode(second)).isEqualTo(TableCodec.encode(first));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @DisplayName("SAF-013 a lease that held the leader key and ended never holds it again")
    void neverAgain(long seed) {
        var commands = new RandomCommands(seed);
        var table = new LeaseTable();
        var over = new ArrayList<String>();
        var before = "";
        for (int step = 1; step <= STEPS; step++) {
            table.apply(step, commands.next(table));
            var now = table.get("/service/a/leader").flatMap(StoreEntry::lease).orElse("");
            if (!now.equals(before)) {
                over.add(before);
                assertThat(over).as("ended leases").doesNotContain(now.isEmpty() ? "none" : now);
            }
            before = now;
        }
    }
}

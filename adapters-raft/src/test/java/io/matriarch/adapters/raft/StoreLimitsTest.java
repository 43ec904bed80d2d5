package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Small samples of what {@code bin/raft-measure} measures. */
@DisplayName("what a group of three processes costs")
class StoreLimitsTest {

    private static final Logger log = LoggerFactory.getLogger("figures");

    private static final int VALUE_BYTES = 10_000;
    private static final long VALUES = 10_000;

    /** Two snapshots' worth of log at 8 MiB each, as much again for what comes in before one is due, and the snapshots. */
    private static final long DISK_BYTES = 48L * 1024 * 1024;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @Test
    @DisplayName("log and snapshots stay within their bound, whatever is written")
    void bounded() throws Exception {
        try (var measure = new RaftMeasure(directory, Duration.ofSeconds(5))) {
            var load = measure.commands(VALUES, VALUE_BYTES);
            log.warn("{}", load);
            assertThat(VALUES * VALUE_BYTES).isGreaterThan(2 * DISK_BYTES - 1024 * 1024);
            assertThat(load.largestBytes()).isBetween(8L * 1024 * 1024, DISK_BYTES);
        }
    }

    @Test
    @DisplayName("SAF-072 nobody is elected when a member stands still for half the election timeout")
    void stalls() throws Exception {
        try (var measure = new RaftMeasure(directory, Duration.ofSeconds(5))) {
            assertThat(measure.stalls(9)).isZero();
        }
    }

    @Test
    @DisplayName("SAF-071 the loss of the Raft leader: the next write soon after the election timeout")
    void elections() throws Exception {
        try (var measure = new RaftMeasure(directory, Duration.ofSeconds(3))) {
            var elections = measure.elections(3);
            log.warn("{}", elections);
            assertThat(elections.sortedMillis().getFirst()).isLessThan(3000);
        }
    }
}

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

/** Twenty rounds of what {@code bin/raft-chaos} does two hundred times. */
@DisplayName("members in processes of their own, killed with -9 all at once in the middle of writes")
class KilledMembersTest {

    private static final Logger log = LoggerFactory.getLogger("figures");
    private static final int ROUNDS = Integer.getInteger("rounds", 20);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @Test
    @DisplayName(
            "no acknowledged write is lost, no deleted key comes back, torn logs are cut, a leader is there in time")
    void allAtOnce() throws Exception {
        var plan = new RaftChaos.Plan(directory, ROUNDS, Duration.ofSeconds(5), 1);
        try (var chaos = new RaftChaos(plan)) {
            var figures = chaos.run();
            log.warn("{}", figures);
            assertThat(figures.acknowledged()).isGreaterThan(ROUNDS * 9L);
            assertThat(figures.deleted()).isPositive();
            assertThat(figures.unanswered()).isPositive();
            assertThat(figures.torn()).isGreaterThan(ROUNDS / 3);
            assertThat(chaos.cuts())
                    .as("torn ends that were cut; kill -9 tears one of its own now and then")
                    .isGreaterThanOrEqualTo(figures.torn());
        }
    }
}

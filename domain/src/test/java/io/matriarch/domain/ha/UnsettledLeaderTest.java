package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Seen.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.rewind.RewindProgress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("S-14, X-26: a leader without a checkpoint on its timeline")
class UnsettledLeaderTest {

    private static Turn compared(Timeline leaders, boolean checkpointed) {
        var history = List.of(new HistoryLine(Timeline.FIRST, POSITION, "test"));
        var answer = new LeaderTimeline.Primary(leaders, history, checkpointed);
        return follower()
                .leaderTimeline(2)
                .standbyAt(POSITION, Timeline.FIRST, false)
                .before(HaState.INITIAL.withLastLocked(OTHER, 1, List.of()).withRewind(RewindProgress.CHECK))
                .ended(TaskKind.COMPARE_TIMELINES, new TaskResult.Compared(answer, Optional.empty()))
                .decide();
    }

    @Test
    @DisplayName("tells nobody that it has not diverged: followed meanwhile, and compared again by a later turn")
    void settlesNothing() {
        Turn turn = compared(new Timeline(2), false);
        assertThat(turn.reason()).isEqualTo(Reason.FOLLOWING_LEADER);
        assertThat(turn.next().rewind()).isEqualTo(RewindProgress.CHECK);
    }

    @Test
    @DisplayName("does so once the checkpoint is written")
    void settled() {
        assertThat(compared(new Timeline(2), true).next().rewind()).isEqualTo(RewindProgress.NOT_NEEDED);
    }
}

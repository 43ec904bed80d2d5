package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.rewind.LeaderTimeline;
import java.util.Optional;

/** How a long action ended. */
public sealed interface TaskResult {

    record Done() implements TaskResult {}

    /** The server goes on starting up by itself. */
    record StillStarting() implements TaskResult {}

    record Failed(String why) implements TaskResult {}

    /** The server has stopped. */
    record Stopped(StopProof proof, boolean escalated, Optional<ShutdownPosition> shutdown) implements TaskResult {}

    /** What a leader said of its timeline. */
    record Compared(LeaderTimeline leader) implements TaskResult {}

    /** What a candidate said. */
    record Candidate(HandoverAnswer answer) implements TaskResult {}
}

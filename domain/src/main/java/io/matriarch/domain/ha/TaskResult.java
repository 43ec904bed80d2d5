package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.Lsn;
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

    /**
     * What a leader said of its timeline.
     *
     * @param endOfCheckpoint first byte after the local WAL's last checkpoint record, of a server that has stopped
     */
    record Compared(LeaderTimeline leader, Optional<Lsn> endOfCheckpoint) implements TaskResult {}

    /** No archiving is configured: there is nobody to give a WAL file to. */
    record NotArchiving() implements TaskResult {}

    /** What a candidate said. */
    record Candidate(HandoverAnswer answer) implements TaskResult {}
}

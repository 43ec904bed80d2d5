package io.matriarch.ports.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Timeline;
import java.util.Optional;

/** How a stop ended. */
public sealed interface StopResult {

    /**
     * It has stopped.
     *
     * @param proof that nothing of it is left
     * @param escalated whether it took SIGQUIT or SIGKILL
     * @param shutdown where its WAL ends, when its control file says that it was shut down as a primary
     */
    record Stopped(StopProof proof, boolean escalated, Optional<ShutdownPosition> shutdown) implements StopResult {}

    /** Something of it is still there. */
    record NotStopped(String why) implements StopResult {}

    /**
     * The end of a cleanly stopped primary's WAL.
     *
     * @param timeline its timeline
     * @param end first byte after the shutdown checkpoint record (SAF-060), the least that a successor must have on disk
     */
    record ShutdownPosition(Timeline timeline, Lsn end) {}
}

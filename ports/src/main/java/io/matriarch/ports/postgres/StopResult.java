package io.matriarch.ports.postgres;

import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopProof;
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
}

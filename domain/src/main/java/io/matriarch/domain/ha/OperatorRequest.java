package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.RestartFilters;
import java.time.Duration;
import java.util.Optional;

/** What somebody asks this member for; each is answered once by its number. */
public sealed interface OperatorRequest {

    long number();

    /** Restart the server now, if the filters let it. */
    record Restart(long number, RestartFilters filters, Optional<Duration> timeout) implements OperatorRequest {}

    /**
     * Make the data directory anew.
     *
     * @param force cancel what is going on
     * @param fromLeader copy from the leader itself
     */
    record Reinitialize(long number, boolean force, boolean fromLeader) implements OperatorRequest {}
}

package io.matriarch.ports.postgres;

import io.matriarch.domain.postgres.PostgresView;
import java.time.Duration;

/** Reads the local server. Nothing here changes it. */
public interface PostgresProbe {

    /**
     * Looks at the data directory, the processes and the server itself.
     *
     * @param patience how long the monitoring query may take in all, its connection included; the query's own
     *     statement timeout is 2 s or less
     * @return always something: what could not be read is said to be unknown
     */
    PostgresView observe(Duration patience);

    /** {@code server_version_num} of the server that answered last, 0 while none has. It does not block. */
    int serverVersion();

    /** The server's own account for {@code GET /patroni}; may block for {@code patience}. */
    ServerReport report(Duration patience);

    /**
     * Calls {@code listener} as soon as the postmaster that now runs, or any later one, has ended. It returns at once
     * and never throws.
     */
    void onServerExit(Runnable listener);

    /** Ends the connections and threads that observing keeps. */
    void close();
}

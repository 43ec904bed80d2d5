package io.matriarch.adapters.raft;

import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.StoreNodeProvider;
import io.matriarch.ports.time.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A voter of the embedded store without PostgreSQL. */
public final class RaftWitness implements StoreNodeProvider {

    /** Called by the service loader. */
    public RaftWitness() {
        // Nothing to set up.
    }

    @Override
    public String section() {
        return RaftSettings.SECTION;
    }

    @Override
    public AutoCloseable start(ConfigSection settings, DcsTiming timing, Clock clock) {
        try {
            return RaftNode.start(RaftSettings.member(settings), clock, timing.ttl());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}

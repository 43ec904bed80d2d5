package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.domain.cluster.Scope;
import java.time.Duration;

/** The way from a client to the group: through the member in the same process, or over the network. */
public interface Gateway extends AutoCloseable {

    /**
     * Asks, once for what changes something. {@code NotLeader} means that nothing was done for certain, {@code Failed} that
     * nobody knows. Blocks for at most this long.
     */
    Timed ask(StoreRequest request, Duration within);

    /** This member holds the leader lock and would like to lead the Raft group as well (SAF-071). Returns at once. */
    void wantLeadership();

    /** Takes over a ttl. */
    void adoptTtl(Duration ttl);

    AutoCloseable watch(Scope scope, Runnable listener);

    @Override
    void close();
}

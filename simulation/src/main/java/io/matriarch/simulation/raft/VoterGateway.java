package io.matriarch.simulation.raft;

import io.matriarch.adapters.raft.Gateway;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.domain.cluster.Scope;
import java.time.Duration;

/** An agent's way to the voter in its own process. */
final class VoterGateway implements Gateway {

    private static final Duration BETWEEN_WISHES = Duration.ofSeconds(10);

    private final RaftStore store;
    private final SimVoter voter;
    private long wished;

    VoterGateway(RaftStore store, SimVoter voter) {
        this.store = store;
        this.voter = voter;
        this.wished = store.world().now() - BETWEEN_WISHES.toNanos();
    }

    @Override
    public Timed ask(StoreRequest request, Duration within) {
        var timed = voter.answer(request);
        if (timed.reply() instanceof StoreReply.Decided(Outcome.Applied(long revision, var _))) {
            store.ledger().acknowledges(revision);
        }
        return timed;
    }

    @Override
    public void wantLeadership() {
        if (store.world().now() - wished >= BETWEEN_WISHES.toNanos()
                && voter.leaderElsewhere().isPresent()) {
            wished = store.world().now();
            voter.wantLeadership();
        }
    }

    @Override
    public void adoptTtl(Duration ttl) {
        voter.adoptTtl(ttl);
    }

    @Override
    public AutoCloseable watch(Scope scope, Runnable listener) {
        return voter.watch(listener);
    }

    @Override
    public void close() {
        voter.crash();
    }
}

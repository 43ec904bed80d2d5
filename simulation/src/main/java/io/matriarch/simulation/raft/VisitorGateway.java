package io.matriarch.simulation.raft;

import io.matriarch.adapters.raft.Gateway;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** The way of a process without a voter, as a command line's: it asks one member after the other. */
final class VisitorGateway implements Gateway {

    private final RaftStore store;
    private final MemberName self;
    private final Clock clock;

    VisitorGateway(RaftStore store, MemberName self, Clock clock) {
        this.store = store;
        this.self = self;
        this.clock = clock;
    }

    @Override
    public Timed ask(StoreRequest request, Duration within) {
        for (var member : store.members()) {
            switch (store.ask(self, clock, member, request, within)) {
                case Asked.Answered(StoreReply.NotLeader _, var _) -> {}
                case Asked.Answered(var reply, var sentAt) -> {
                    return new Timed(reply, sentAt);
                }
                case Asked.NotSent _ -> {}
                case Asked.Lost(var why) -> {
                    return new Timed(new StoreReply.Failed(why), clock.now());
                }
            }
        }
        return new Timed(new StoreReply.NotLeader(Optional.empty()), clock.now());
    }

    @Override
    public void wantLeadership() {
        // There is no member here that could lead.
    }

    @Override
    public void adoptTtl(Duration ttl) {
        // Election timeouts are the members' own affair.
    }

    @Override
    public AutoCloseable watch(Scope scope, Runnable listener) {
        return () -> {};
    }

    @Override
    public void close() {
        // There is no connection to end.
    }
}

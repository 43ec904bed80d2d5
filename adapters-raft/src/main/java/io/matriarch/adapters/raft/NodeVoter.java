package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.voter.ProposalEnd;
import io.matriarch.adapters.raft.voter.Voter;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;

/** The voter in this process, with jraft behind it. */
record NodeVoter(RaftNode node, PeerLinks links) implements Voter {

    @Override
    public MonotonicTime now() {
        return node.clock().now();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public void pause(Duration length) {
        Pause.millis(length.toMillis());
    }

    @Override
    public boolean leads() {
        return node.leads();
    }

    @Override
    public Optional<String> leader() {
        return node.leader().map(Endpoint::toString);
    }

    @Override
    public Optional<String> leaderElsewhere() {
        return node.leader().filter(leader -> !leader.equals(node.self())).map(Endpoint::toString);
    }

    @Override
    public Duration electionTimeout() {
        return node.electionTimeout();
    }

    @Override
    public Optional<ProposalEnd> propose(RaftCommand command, Duration within) {
        return RaftNode.await(node.propose(command), within);
    }

    @Override
    public Optional<String> catchUp(Duration within) {
        var status = RaftNode.await(node.caughtUp(within), within);
        if (status.isPresent() && status.get().isOk()) {
            return Optional.empty();
        }
        return Optional.of(status.map(Status::getErrorMsg).orElse("no answer of the leader"));
    }

    @Override
    public SortedMap<String, StoreEntry> below(String prefix) {
        return node.read(table -> table.below(prefix));
    }

    @Override
    public Asked ask(String address, StoreRequest request, Duration within) {
        return Addresses.parse(address)
                .map(member -> links.ask(member, request, within))
                .orElseGet(() -> new Asked.NotSent("'" + address + "' is not host:port"));
    }
}

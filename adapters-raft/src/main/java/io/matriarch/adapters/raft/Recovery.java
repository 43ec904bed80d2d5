package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.voter.ProposalEnd;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on with this member's copy when the majority of the voters is lost for good (SAF-019).
 *
 * <p>Invariant: the store that comes out of it has another identity, which every handshake asks for, so that voters that were
 * taken for dead cannot make a majority with its members. It refuses while a voter that was not named as dead does not
 * answer, or one that was does, and while anybody knows of a leader.
 */
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);
    private static final Duration ASK = Duration.ofSeconds(1);

    private final RaftNode node;
    private final PeerLinks links;

    Recovery(RaftNode node, PeerLinks links) {
        this.node = node;
        this.links = links;
    }

    StoreReply recover(StoreRequest.Recover request) {
        var obstacle = obstacle(request.dead());
        if (obstacle.isPresent()) {
            return new StoreReply.Failed(obstacle.get());
        }
        log.warn(
                "goes on alone with the copy of {} as store {}, {} voters were named as dead: {}",
                node.self(),
                request.clusterId(),
                request.dead().size(),
                request.dead());
        try {
            become(request.clusterId());
        } catch (IOException e) {
            return new StoreReply.Failed("cannot keep the new identity: " + e.getMessage());
        }
        var status = node.raft().resetPeers(new Configuration(List.of(new PeerId(node.self(), 0))));
        if (!status.isOk()) {
            return new StoreReply.Failed(status.getErrorMsg());
        }
        return rename(request.clusterId(), request.within());
    }

    private StoreReply rename(String clusterId, Duration within) {
        var leads = RaftNode.poll(
                within, () -> Optional.of(node.machine().leaderTerm()).filter(term -> term >= 0 && node.leads()));
        if (leads.isEmpty()) {
            return new StoreReply.Failed("does not lead itself within " + within.toMillis() + " ms");
        }
        return RaftNode.await(node.propose(new RaftCommand.Recover(clusterId), leads.get()), within)
                .<StoreReply>map(end -> end instanceof ProposalEnd.Applied(Outcome.Applied _)
                        ? new StoreReply.Changed()
                        : new StoreReply.Failed("the store did not take its new identity: " + end))
                .orElseGet(() -> new StoreReply.Failed("not committed within " + within.toMillis() + " ms"));
    }

    private void become(String clusterId) throws IOException {
        node.identity().want(clusterId);
        node.transport().closeVoters("the store has another identity");
    }

    private Optional<String> obstacle(List<String> dead) {
        if (!node.formation().mayVote() || node.formation().phase() != Phase.SETTLED) {
            return Optional.of(node.self() + " has not joined the group and has no copy that counts");
        }
        if (node.leader().isPresent()) {
            return Optional.of("the group has a leader, " + node.leader().get() + ", and needs no recovery");
        }
        // Cut short before: the others no longer know this member, and were asked the first time.
        if (node.identity().wanted().isPresent()) {
            return Optional.empty();
        }
        return node.voters().stream()
                .filter(voter -> !voter.equals(node.self()))
                .map(voter -> obstacle(voter, dead.contains(voter.toString())))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<String> obstacle(Endpoint voter, boolean dead) {
        if (!(links.ask(voter, new StoreRequest.Status(false), ASK)
                instanceof Asked.Answered(StoreReply.Status status, var _))) {
            return dead ? Optional.empty() : Optional.of(voter + " does not answer and is not named as dead");
        }
        if (dead) {
            return Optional.of(voter + " is named as dead and answers");
        }
        if (status.leader().isPresent()) {
            return Optional.of(voter + " follows the leader " + status.leader().get());
        }
        var own = Description.of(node.raft());
        boolean ahead = status.lastLogTerm() > own.lastLogTerm()
                || status.lastLogTerm() == own.lastLogTerm()
                        && status.lastLogIndex() > node.raft().getLastLogIndex();
        return ahead ? Optional.of(voter + " has more of the log, recover there") : Optional.empty();
    }

    /** A survivor whose copy is not the one to go on with. */
    StoreReply follow(StoreRequest.Follow request) {
        if (node.clusterId().equals(request.clusterId())) {
            return new StoreReply.Changed();
        }
        if (!node.clusterId().equals(request.former())) {
            return new StoreReply.Failed("it belongs to the store " + node.clusterId());
        }
        if (node.leader().isPresent()) {
            return new StoreReply.Failed(
                    "it follows the leader " + node.leader().get());
        }
        try {
            become(request.clusterId());
            log.warn("{} belongs to the recovered store {} from now on", node.self(), request.clusterId());
            return new StoreReply.Changed();
        } catch (IOException e) {
            return new StoreReply.Failed("cannot keep the new identity: " + e.getMessage());
        }
    }
}

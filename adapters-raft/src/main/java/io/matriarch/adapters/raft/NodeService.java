package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreReply.Peer;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.adapters.raft.rpc.PeerRole;
import io.matriarch.adapters.raft.voter.RequestService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a member answers: to its own agent without any wire between, and to others that ask its Raft port. */
final class NodeService {

    private static final Logger log = LoggerFactory.getLogger(NodeService.class);
    private static final Duration ASK_OTHERS = Duration.ofMillis(80);

    private final RaftNode node;
    private final PeerLinks links;
    private final Formation formation;
    private final RequestService requests;
    private final Recovery recovery;

    NodeService(RaftNode node, PeerLinks links, Formation formation) {
        this.node = node;
        this.links = links;
        this.formation = formation;
        this.recovery = new Recovery(node, links);
        this.requests = new RequestService(new NodeVoter(node, links));
    }

    Timed answer(StoreRequest request) {
        try {
            return switch (request) {
                case StoreRequest.Propose propose -> requests.propose(propose);
                case StoreRequest.Read read -> timed(requests.read(read));
                case StoreRequest.Print(var scope) -> timed(new StoreReply.Printed(print(scope)));
                case StoreRequest.Status(boolean others) -> timed(status(others));
                case StoreRequest.Reconfigure change -> timed(reconfigure(change));
                case StoreRequest.Recover recover -> timed(recovery.recover(recover));
                case StoreRequest.Follow follow -> timed(recovery.follow(follow));
            };
        } catch (RuntimeException e) {
            log.debug("cannot answer {}", request, e);
            return timed(new StoreReply.Failed(e.toString()));
        }
    }

    private Timed timed(StoreReply reply) {
        return new Timed(reply, node.clock().now());
    }

    private long print(String scope) {
        return node.read(table -> table.print(scope));
    }

    private StoreReply reconfigure(StoreRequest.Reconfigure request) {
        var within = request.within();
        if (request.verb() == StoreRequest.Verb.SNAPSHOT) {
            return changed(done -> node.raft().snapshot(done), within);
        }
        if (!node.leads()) {
            var leader = node.leader().filter(known -> !known.equals(node.self()));
            if (!request.forward() || leader.isEmpty()) {
                return new StoreReply.NotLeader(leader.map(Endpoint::toString));
            }
            var once = new StoreRequest.Reconfigure(request.verb(), request.address(), within, false);
            return switch (links.ask(leader.get(), once, within)) {
                case Asked.NotSent(var why) -> new StoreReply.Failed(why);
                case Asked.Lost(var why) -> new StoreReply.Failed(why);
                case Asked.Answered(var reply, var _) -> reply;
            };
        }
        return Addresses.parse(request.address())
                .map(address -> change(request.verb(), new PeerId(address, 0), within))
                .orElseGet(() -> new StoreReply.Failed("'" + request.address() + "' is not host:port"));
    }

    private StoreReply change(StoreRequest.Verb verb, PeerId peer, Duration within) {
        boolean known = node.raft().listPeers().contains(peer);
        return switch (verb) {
            case ADD ->
                known
                        ? new StoreReply.Failed(peer + " votes already")
                        : changed(done -> node.raft().addPeer(peer, done), within);
            case REMOVE ->
                known
                        ? changed(done -> node.raft().removePeer(peer, done), within)
                        : new StoreReply.Failed(peer + " is no voter");
            case TRANSFER -> transfer(peer, within);
            case SNAPSHOT -> changed(done -> node.raft().snapshot(done), within);
        };
    }

    private StoreReply transfer(PeerId peer, Duration within) {
        var status = node.raft().transferLeadershipTo(peer);
        if (!status.isOk()) {
            return new StoreReply.Failed(status.getErrorMsg());
        }
        return RaftNode.poll(within, () -> node.leader().filter(peer.getEndpoint()::equals))
                .<StoreReply>map(_ -> new StoreReply.Changed())
                .orElseGet(() -> new StoreReply.Failed("no leader " + peer + " within " + within.toMillis() + " ms"));
    }

    private static StoreReply changed(Consumer<Closure> change, Duration within) {
        var done = new CompletableFuture<Status>();
        change.accept(done::complete);
        return RaftNode.await(done, within)
                .map(status -> status.isOk() ? new StoreReply.Changed() : new StoreReply.Failed(status.getErrorMsg()))
                .orElseGet(() -> new StoreReply.Failed("not done within " + within.toMillis() + " ms"));
    }

    private StoreReply.Status status(boolean others) {
        var raft = node.raft();
        var voters = node.voters();
        var seen = others ? ask(voters) : List.<Optional<StoreReply.Status>>of();
        var peers = new ArrayList<Peer>();
        int connected = voters.contains(node.self()) ? 1 : 0;
        long leaderCommit = node.leads() ? raft.getLastCommittedIndex() : 0;
        var leader = node.leader();
        for (int i = 0; i < voters.size(); i++) {
            if (voters.get(i).equals(node.self())) {
                continue;
            }
            var answer = others ? seen.get(i) : Optional.<StoreReply.Status>empty();
            long match =
                    node.leads() ? answer.map(StoreReply.Status::lastLogIndex).orElse(0L) : 0;
            peers.add(new Peer(voters.get(i).toString(), answer.isPresent(), match, node.leads() ? match + 1 : 0));
            connected += answer.isPresent() ? 1 : 0;
            if (leader.equals(Optional.of(voters.get(i)))) {
                leaderCommit = answer.map(StoreReply.Status::commitIndex).orElse(raft.getLastCommittedIndex());
            }
        }
        var description = Description.of(raft);
        long last = raft.getLastLogIndex();
        return new StoreReply.Status(
                node.self().toString(),
                state(raft.getNodeState()),
                formation.phase(),
                leader.map(Endpoint::toString),
                node.clusterId(),
                description.term(),
                raft.getLastCommittedIndex(),
                leaderCommit,
                raft.getLastAppliedLogIndex(),
                last,
                description.lastLogTerm(),
                last == 0 ? 0 : last - node.group().log().getFirstLogIndex() + 1,
                connected > voters.size() / 2,
                peers,
                node.settings().everybody().stream().map(Endpoint::toString).toList(),
                (int) node.transport().connections().stream()
                        .filter(connection -> connection.role() == PeerRole.CLIENT)
                        .count(),
                node.uptime().toMillis(),
                Versions.OWN);
    }

    private List<Optional<StoreReply.Status>> ask(List<Endpoint> voters) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = voters.stream()
                    .map(voter -> threads.submit(() -> shallow(voter)))
                    .toList();
            var answers = new ArrayList<Optional<StoreReply.Status>>();
            for (var future : futures) {
                answers.add(future.get());
            }
            return answers;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot ask the voters", e);
        }
    }

    private Optional<StoreReply.Status> shallow(Endpoint voter) {
        if (voter.equals(node.self())) {
            return Optional.empty();
        }
        return links.ask(voter, new StoreRequest.Status(false), ASK_OTHERS) instanceof Asked.Answered answered
                        && answered.reply() instanceof StoreReply.Status status
                ? Optional.of(status)
                : Optional.empty();
    }

    private static int state(State state) {
        return switch (state) {
            case STATE_LEADER, STATE_TRANSFERRING -> 2;
            case STATE_CANDIDATE -> 1;
            case STATE_FOLLOWER, STATE_ERROR, STATE_UNINITIALIZED, STATE_SHUTTING, STATE_SHUTDOWN, STATE_END -> 0;
        };
    }
}

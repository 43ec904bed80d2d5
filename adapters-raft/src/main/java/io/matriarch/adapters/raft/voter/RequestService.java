package io.matriarch.adapters.raft.voter;

import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import java.time.Duration;
import java.util.Optional;

/** How a voter brings commands into the log and reads linearizably, for its own agent and for others. */
public final class RequestService {

    private static final Duration BETWEEN_PROPOSALS = Duration.ofMillis(10);
    private static final Duration BETWEEN_READS = Duration.ofMillis(20);

    private final Voter voter;

    public RequestService(Voter voter) {
        this.voter = voter;
    }

    private Timed timed(StoreReply reply) {
        return new Timed(reply, voter.now());
    }

    /**
     * Waits for a leader and sends the command to it, once: after a byte of it has left towards a leader there is no
     * second attempt (SAF-012). A renewal that found no leader within a third of its ttl is dropped.
     */
    public Timed propose(StoreRequest.Propose request) {
        var within = request.within();
        if (request.command() instanceof RaftCommand.Renew renew) {
            var third = Duration.ofMillis(renew.ttlMillis() / 3);
            within = within.compareTo(third) < 0 ? within : third;
        }
        long end = voter.nanos() + within.toNanos();
        var last = timed(new StoreReply.NotLeader(Optional.empty()));
        do {
            var left = Duration.ofNanos(end - voter.nanos());
            if (voter.leads()) {
                last = proposeHere(request.command(), left);
            } else if (!request.forward()) {
                return timed(new StoreReply.NotLeader(voter.leader()));
            } else {
                last = voter.leaderElsewhere()
                        .map(leader -> forward(leader, request.command(), left))
                        .orElse(timed(new StoreReply.NotLeader(Optional.empty())));
            }
            if (!(last.reply() instanceof StoreReply.NotLeader)) {
                return last;
            }
            voter.pause(BETWEEN_PROPOSALS);
        } while (voter.nanos() - end < 0);
        return last;
    }

    private Timed proposeHere(RaftCommand command, Duration left) {
        var sentAt = voter.now();
        var end = voter.propose(command, left);
        StoreReply reply = end.<StoreReply>map(known -> switch (known) {
                    case ProposalEnd.Applied(var outcome) -> new StoreReply.Decided(outcome);
                    case ProposalEnd.NotTaken _ -> new StoreReply.NotLeader(Optional.empty());
                    case ProposalEnd.Uncertain(var why) -> new StoreReply.Failed(why);
                })
                .orElseGet(() -> new StoreReply.Failed("not committed within " + left.toMillis() + " ms"));
        return new Timed(reply, sentAt);
    }

    private Timed forward(String leader, RaftCommand command, Duration left) {
        var sent = voter.now();
        return switch (voter.ask(leader, new StoreRequest.Propose(command, left, false), left)) {
            case Asked.NotSent _ -> new Timed(new StoreReply.NotLeader(Optional.empty()), sent);
            case Asked.Lost(var why) -> new Timed(new StoreReply.Failed(why), sent);
            case Asked.Answered(StoreReply.NotLeader _, var at)
            when command instanceof RaftCommand.Renew ->
                new Timed(new StoreReply.Failed(leader + " does not lead any more"), at);
            case Asked.Answered(var reply, var at) -> new Timed(reply, at);
        };
    }

    /** Every key below a prefix, with everything that was acknowledged before this was called. */
    public StoreReply read(StoreRequest.Read request) {
        long end = voter.nanos() + request.within().toNanos();
        var why = "nobody leads";
        do {
            var left = Duration.ofNanos(end - voter.nanos());
            var once = left.compareTo(voter.electionTimeout()) < 0 ? left : voter.electionTimeout();
            var leaders = request.forward() ? readAtLeader(request, once) : Optional.<StoreReply>empty();
            if (leaders.isPresent()) {
                return leaders.get();
            }
            var obstacle = voter.catchUp(once);
            if (obstacle.isEmpty()) {
                return new StoreReply.Entries(voter.below(request.prefix()));
            }
            why = obstacle.get();
            voter.pause(BETWEEN_READS);
        } while (voter.nanos() - end < 0);
        return new StoreReply.Failed("cannot read linearizably: " + why);
    }

    /**
     * The leader has applied what it has committed; a follower hears of a commit with the next message, a tenth of an
     * election timeout later when there is nothing else to send.
     */
    private Optional<StoreReply> readAtLeader(StoreRequest.Read request, Duration once) {
        return voter.leaderElsewhere()
                .map(leader -> voter.ask(leader, new StoreRequest.Read(request.prefix(), once, false), once))
                .flatMap(answer -> answer instanceof Asked.Answered(StoreReply.Entries entries, var _)
                        ? Optional.of(entries)
                        : Optional.empty());
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.voter.ProposalEnd;
import java.util.concurrent.CompletableFuture;

/** A command of this process on its way through the log. */
final class Proposal implements Closure {

    private static final String NOT_LEADER = "Is not leader.";

    private final CompletableFuture<ProposalEnd> end = new CompletableFuture<>();

    CompletableFuture<ProposalEnd> end() {
        return end;
    }

    void applied(Outcome outcome) {
        end.complete(new ProposalEnd.Applied(outcome));
    }

    /**
     * Called by jraft for what it does not apply. EPERM alone says nothing: a leader that steps down ends the closures of
     * entries that are in its log with it, and the next leader may commit those.
     */
    @Override
    public void run(Status status) {
        boolean notTaken = status.getRaftError() == RaftError.EBUSY
                || status.getRaftError() == RaftError.EPERM && NOT_LEADER.equals(status.getErrorMsg());
        end.complete(
                notTaken
                        ? new ProposalEnd.NotTaken(status.getErrorMsg())
                        : new ProposalEnd.Uncertain(status.toString()));
    }
}

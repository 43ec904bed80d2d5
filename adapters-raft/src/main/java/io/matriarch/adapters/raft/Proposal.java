package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import io.matriarch.adapters.raft.lease.Outcome;
import java.util.concurrent.CompletableFuture;

/** A command of this process on its way through the log. */
final class Proposal implements Closure {

    /** How it ended. */
    sealed interface End {}

    /** It was committed and applied. */
    record Applied(Outcome outcome) implements End {}

    /** It never became an entry: jraft refused it at the door. */
    record NotTaken(String why) implements End {}

    /** It may have become an entry, and others may commit it. */
    record Uncertain(String why) implements End {}

    private static final String NOT_LEADER = "Is not leader.";

    private final CompletableFuture<End> end = new CompletableFuture<>();

    CompletableFuture<End> end() {
        return end;
    }

    void applied(Outcome outcome) {
        end.complete(new Applied(outcome));
    }

    /**
     * Called by jraft for what it does not apply. EPERM alone says nothing: a leader that steps down ends the closures of
     * entries that are in its log with it, and the next leader may commit those.
     */
    @Override
    public void run(Status status) {
        boolean notTaken = status.getRaftError() == RaftError.EBUSY
                || status.getRaftError() == RaftError.EPERM && NOT_LEADER.equals(status.getErrorMsg());
        end.complete(notTaken ? new NotTaken(status.getErrorMsg()) : new Uncertain(status.toString()));
    }
}

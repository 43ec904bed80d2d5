package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.impl.core.RequestVoteRequestProcessor;
import com.alipay.sofa.jraft.util.DirectExecutor;

/**
 * Stands before jraft's own: a member that has lost its log gives no vote. jraft without a configuration refuses a pre-vote,
 * but not the vote that a candidate asks for without one, as it does when a stopping leader tells it to.
 */
final class VoteProcessor implements RpcProcessor<RequestVoteRequest> {

    private final RequestVoteRequestProcessor votes = new RequestVoteRequestProcessor(DirectExecutor.INSTANCE);
    private final Formation formation;

    VoteProcessor(Formation formation) {
        this.formation = formation;
    }

    @Override
    public void handleRequest(RpcContext context, RequestVoteRequest request) {
        if (formation.mayVote()) {
            votes.handleRequest(context, request);
        } else {
            context.sendResponse(RequestVoteResponse.newBuilder()
                    .setTerm(0)
                    .setGranted(false)
                    .build());
        }
    }

    @Override
    public String interest() {
        return votes.interest();
    }
}

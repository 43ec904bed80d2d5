package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import io.matriarch.adapters.raft.message.Answer;
import io.matriarch.adapters.raft.message.Question;

/** Serves the store's own questions on the Raft port, each on a thread of its own. */
final class QuestionProcessor implements RpcProcessor<Question> {

    private final NodeService service;

    QuestionProcessor(NodeService service) {
        this.service = service;
    }

    @Override
    public void handleRequest(RpcContext context, Question question) {
        context.sendResponse(new Answer(service.answer(question.request()).reply()));
    }

    @Override
    public String interest() {
        return Question.class.getName();
    }
}

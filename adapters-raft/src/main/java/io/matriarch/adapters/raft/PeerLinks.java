package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Answer;
import io.matriarch.adapters.raft.message.Question;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.RaftWireClient;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Connections to members for our own questions, one each, made when needed and made again after they ended. */
final class PeerLinks implements AutoCloseable {

    /** What became of a question. */
    sealed interface Asked {}

    /**
     * @param sentAt the clock before the question's first byte left
     */
    record Answered(StoreReply reply, MonotonicTime sentAt) implements Asked {}

    /** No byte of the question left. */
    record NotSent(String why) implements Asked {}

    /** It left, or some of it, and no answer came. */
    record Lost(String why) implements Asked {}

    private final RaftTransport transport;
    private final Clock clock;
    private final Map<Endpoint, RaftWireClient> clients = new ConcurrentHashMap<>();

    PeerLinks(RaftTransport transport, Clock clock) {
        this.transport = transport;
        this.clock = clock;
    }

    /** Asks once. Blocks for at most this long, connecting included. */
    Asked ask(Endpoint member, StoreRequest request, Duration within) {
        return ask(member, request, within, within);
    }

    /** As above, and gives up earlier if it takes longer than {@code connectWithin} to connect. */
    Asked ask(Endpoint member, StoreRequest request, Duration connectWithin, Duration within) {
        long start = System.nanoTime();
        RaftWireClient client;
        try {
            client = connected(member, connectWithin);
        } catch (IOException e) {
            return new NotSent(member + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new NotSent("interrupted");
        }
        var left = within.minusNanos(System.nanoTime() - start);
        if (left.isNegative() || left.isZero()) {
            return new NotSent(member + ": no connection within " + within.toMillis() + " ms");
        }
        var sentAt = clock.now();
        try {
            var answer = client.call(new Question(request), Answer.class, left);
            return new Answered(answer.reply(), sentAt);
        } catch (IOException e) {
            return new Lost(member + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Lost("interrupted");
        }
    }

    private RaftWireClient connected(Endpoint member, Duration within) throws IOException, InterruptedException {
        var known = clients.get(member);
        if (known != null && known.isOpen()) {
            return known;
        }
        var fresh = transport.connect(member, within);
        var former = clients.put(member, fresh);
        if (former != null && !former.isOpen()) {
            former.close();
        }
        return fresh;
    }

    @Override
    public void close() {
        clients.values().forEach(RaftWireClient::close);
        clients.clear();
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Answer;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.Question;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.RaftWireClient;
import io.matriarch.ports.time.Clock;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Connections to members for our own questions, one each, made when needed and made again after they ended. */
final class PeerLinks implements AutoCloseable {

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
            // It names the member itself.
            return new Asked.NotSent(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Asked.NotSent("interrupted");
        }
        var left = within.minusNanos(System.nanoTime() - start);
        if (left.isNegative() || left.isZero()) {
            return new Asked.NotSent(member + ": no connection within " + within.toMillis() + " ms");
        }
        var sentAt = clock.now();
        try {
            var answer = client.call(new Question(request), Answer.class, left);
            return new Asked.Answered(answer.reply(), sentAt);
        } catch (IOException e) {
            return new Asked.Lost(member + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Asked.Lost("interrupted");
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

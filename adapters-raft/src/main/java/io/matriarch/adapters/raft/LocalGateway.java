package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.StoreRequest.Verb;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.domain.cluster.Scope;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Through the member in this process. */
final class LocalGateway implements Gateway {

    private static final Logger log = LoggerFactory.getLogger(LocalGateway.class);
    private static final Duration BETWEEN_WISHES = Duration.ofSeconds(10);
    private static final Duration TRANSFER = Duration.ofSeconds(2);

    private final RaftNode node;
    private final NodeService service;
    private final boolean ownsNode;
    private final AtomicLong wishedNanos = new AtomicLong(System.nanoTime() - BETWEEN_WISHES.toNanos());

    /**
     * @param ownsNode whether closing the gateway stops the member
     */
    LocalGateway(RaftNode node, boolean ownsNode) {
        this.node = node;
        this.service = new NodeService(node, node.links(), node.formation());
        this.ownsNode = ownsNode;
    }

    @Override
    public Timed ask(StoreRequest request, Duration within) {
        return service.answer(request);
    }

    @Override
    public void wantLeadership() {
        long wished = wishedNanos.get();
        long now = System.nanoTime();
        boolean others =
                node.leader().filter(leader -> !leader.equals(node.self())).isPresent();
        if (!others || now - wished < BETWEEN_WISHES.toNanos() || !wishedNanos.compareAndSet(wished, now)) {
            return;
        }
        Thread.ofVirtual().name("raft-wish").start(() -> {
            var from = node.leader().map(Endpoint::toString).orElse("nobody");
            var wish = new StoreRequest.Reconfigure(Verb.TRANSFER, node.self().toString(), TRANSFER, true);
            log.info(
                    "holds the leader lock and asks {} for the raft leadership: {}",
                    from,
                    service.answer(wish).reply());
        });
    }

    @Override
    public void adoptTtl(Duration ttl) {
        node.adoptTtl(ttl);
    }

    @Override
    public AutoCloseable watch(Scope scope, Runnable listener) {
        var path = scope.path();
        return node.watch(woken -> {
            if (woken.isEmpty() || woken.get().equals(path)) {
                listener.run();
            }
        });
    }

    @Override
    public void close() {
        if (ownsNode) {
            node.close();
        }
    }
}

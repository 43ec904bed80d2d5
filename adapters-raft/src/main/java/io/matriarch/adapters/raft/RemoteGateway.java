package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.Timed;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Over the network, for whoever has no member in the process: any member will do, the first that answers is kept. */
final class RemoteGateway implements Gateway {

    private static final Logger log = LoggerFactory.getLogger(RemoteGateway.class);
    private static final long POLL_MILLIS = 250;
    private static final Duration POLL_WITHIN = Duration.ofSeconds(1);

    private final RaftTransport transport;
    private final PeerLinks links;
    private final List<Endpoint> members;
    private final Clock clock;
    private volatile int current;
    private volatile boolean closed;
    /** What kept the last change from reaching a leader. */
    private volatile String obstacles = "";

    RemoteGateway(RaftTransport transport, List<Endpoint> members, Clock clock) {
        this.transport = transport;
        this.links = new PeerLinks(transport, clock);
        this.members = List.copyOf(members);
        this.clock = clock;
    }

    /**
     * Goes on to the next member only while the question has not left, or has changed nothing for certain. A renewal that
     * reached a member is never sent to another one (SAF-012).
     */
    @Override
    public Timed ask(StoreRequest request, Duration within) {
        if (!isRead(request)) {
            return change(request, within);
        }
        var read = new HedgedRead(members, (member, left) -> links.ask(member, request, left));
        return switch (read.ask(current, within)) {
            case HedgedRead.Result.Found(int member, var answer) -> {
                current = member;
                yield new Timed(answer.reply(), answer.sentAt());
            }
            case HedgedRead.Result.Nobody(var why) -> failed(why);
        };
    }

    private Timed change(StoreRequest request, Duration within) {
        long end = System.nanoTime() + within.toNanos();
        int first = current;
        var met = new StringJoiner("; ");
        for (int i = 0; i < members.size(); i++) {
            int number = (first + i) % members.size();
            var left = Duration.ofNanos(end - System.nanoTime());
            if (left.isNegative() || left.isZero()) {
                break;
            }
            // Connecting leaves time for the next member; once the request is on its way there is no next one.
            var share = left.dividedBy(members.size() - i);
            switch (links.ask(members.get(number), request, share, left)) {
                case Asked.Answered(StoreReply.NotLeader _, var _)
                when goesOn(request) -> met.add(members.get(number) + ": nobody leads");
                case Asked.Answered(var reply, var sentAt) -> {
                    current = number;
                    return new Timed(reply, sentAt);
                }
                case Asked.NotSent(var why) -> met.add(why);
                case Asked.Lost(var why) -> {
                    current = (number + 1) % members.size();
                    return failed("no answer: " + why);
                }
            }
        }
        obstacles = met.toString();
        return new Timed(new StoreReply.NotLeader(Optional.empty()), clock.now());
    }

    String obstacles() {
        return obstacles;
    }

    private static boolean goesOn(StoreRequest request) {
        return !(request instanceof StoreRequest.Propose propose
                && propose.command() instanceof io.matriarch.adapters.raft.lease.RaftCommand.Renew);
    }

    private static boolean isRead(StoreRequest request) {
        return switch (request) {
            case StoreRequest.Read _, StoreRequest.Print _, StoreRequest.Status _ -> true;
            case StoreRequest.Propose _, StoreRequest.Reconfigure _, StoreRequest.Recover _, StoreRequest.Follow _ ->
                false;
        };
    }

    private Timed failed(String why) {
        return new Timed(new StoreReply.Failed(why), clock.now());
    }

    @Override
    public void wantLeadership() {
        // There is no member here that could lead.
    }

    @Override
    public void adoptTtl(Duration ttl) {
        // Election timeouts are the members' own affair.
    }

    @Override
    public AutoCloseable watch(Scope scope, Runnable listener) {
        var thread = Thread.ofVirtual().name("raft-watch").start(() -> {
            var known = Optional.<Long>empty();
            while (!closed && !Thread.currentThread().isInterrupted()) {
                if (ask(new StoreRequest.Print(scope.path()), POLL_WITHIN).reply()
                        instanceof StoreReply.Printed(long print)) {
                    if (known.isPresent() && known.get() != print) {
                        listener.run();
                    }
                    known = Optional.of(print);
                } else {
                    log.debug("no member tells of changes");
                }
                Pause.millis(POLL_MILLIS);
            }
        });
        return thread::interrupt;
    }

    @Override
    public void close() {
        closed = true;
        links.close();
        transport.close();
    }
}

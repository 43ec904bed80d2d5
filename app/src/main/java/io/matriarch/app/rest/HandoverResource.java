package io.matriarch.app.rest;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.peer.HandoverCall;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.Successor;
import io.matriarch.domain.postgres.PostgresView;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The candidate's side of a hand-over: it answers as soon as it has on disk what the stopped primary has, with the lease
 * it would lead under (SAF-060). Only members ask.
 */
@Path("/handover")
public final class HandoverResource {

    private static final Logger log = LoggerFactory.getLogger(HandoverResource.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(15);
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

    private final RestAgent agent;

    HandoverResource(RestAgent agent) {
        this.agent = agent;
    }

    @POST
    public Response post(byte[] body) {
        HandoverCall call =
                HandoverCall.decode(Answers.required(body)).orElseThrow(() -> new RefusedException(400, "Bad Request"));
        HandoverAnswer answer = await(call);
        return switch (answer) {
            case HandoverAnswer.Ready ready -> {
                log.info(
                        "ready to take over from {}: timeline {}, {} on disk",
                        call.leader(),
                        ready.timeline(),
                        ready.flushed());
                yield Answers.json(HandoverCall.encode(ready));
            }
            case HandoverAnswer.NotReady notReady -> {
                log.warn("not ready to take over from {}: {}", call.leader(), notReady.why());
                yield Answers.json(409, HandoverCall.encode(notReady));
            }
        };
    }

    private HandoverAnswer await(HandoverCall call) {
        long deadline = System.nanoTime() + call.patience().toNanos();
        while (true) {
            // By our own last look at the store: somebody else's word makes nobody a leader.
            Optional<Observation> last = agent.view().map(AgentView::observation);
            if (last.filter(seen -> leads(seen, call)).isEmpty()) {
                return new HandoverAnswer.NotReady(call.leader() + " does not lead");
            }
            long left = deadline - System.nanoTime();
            Duration patience = Duration.ofNanos(Math.max(1_000_000, Math.min(left, LONGEST_LOOK.toNanos())));
            PostgresView seen = agent.observe(patience);
            switch (Successor.of(seen, last.get().tags(), call.timeline(), call.end())) {
                case Successor.Ready ready -> {
                    return offer(ready);
                }
                case Successor.Unfit(String why) -> {
                    return new HandoverAnswer.NotReady(why);
                }
                case Successor.Behind(String why) -> {
                    if (left <= LOOK_EVERY.toNanos()) {
                        return new HandoverAnswer.NotReady(why);
                    }
                }
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
    }

    private static boolean leads(Observation seen, HandoverCall call) {
        return seen.dcs() instanceof DcsView.Read(ClusterView cluster)
                && cluster.leaderName().filter(call.leader()::equals).isPresent();
    }

    private HandoverAnswer offer(Successor.Ready ready) {
        return agent.offerLease()
                .<HandoverAnswer>map(lease -> new HandoverAnswer.Ready(ready.timeline(), ready.flushed(), lease))
                .orElseGet(() -> new HandoverAnswer.NotReady("it could not offer a lease"));
    }
}

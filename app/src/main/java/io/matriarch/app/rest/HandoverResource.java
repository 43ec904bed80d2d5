package io.matriarch.app.rest;

import io.matriarch.app.peer.HandoverCall;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.SqlView;
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
        HandoverAnswer answer =
                leads(call) ? await(call) : new HandoverAnswer.NotReady(call.leader() + " does not lead");
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

    /** By our own last look at the store: somebody else's word makes nobody a leader. */
    private boolean leads(HandoverCall call) {
        return agent.view()
                .filter(view -> view.observation().dcs() instanceof DcsView.Read(ClusterView cluster)
                        && cluster.leaderName().filter(call.leader()::equals).isPresent())
                .isPresent();
    }

    private HandoverAnswer await(HandoverCall call) {
        long deadline = System.nanoTime() + call.patience().toNanos();
        while (true) {
            long left = deadline - System.nanoTime();
            Duration patience = Duration.ofNanos(Math.max(1_000_000, Math.min(left, LONGEST_LOOK.toNanos())));
            PostgresView seen = agent.observe(patience);
            if (!(seen.sql() instanceof SqlView.Standby standby)) {
                return new HandoverAnswer.NotReady("its server is no standby that answers");
            }
            if (standby.received().isAtLeast(call.end()) && seen.timeline().equals(call.timeline())) {
                return ready(seen, standby);
            }
            if (left <= LOOK_EVERY.toNanos()) {
                return new HandoverAnswer.NotReady("it has " + standby.received() + " of timeline " + seen.timeline()
                        + " on disk, not " + call.end() + " of " + call.timeline());
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
    }

    private HandoverAnswer ready(PostgresView seen, SqlView.Standby standby) {
        Optional<LeaseId> offer = agent.offerLease();
        return offer.<HandoverAnswer>map(lease -> new HandoverAnswer.Ready(seen.timeline(), standby.received(), lease))
                .orElseGet(() -> new HandoverAnswer.NotReady("it could not offer a lease"));
    }
}

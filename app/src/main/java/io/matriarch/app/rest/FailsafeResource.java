package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.peer.FailsafeCall;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.ports.dcs.StoreSnapshot;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a leader and its members agree on while the store is away. */
@Path("/failsafe")
public final class FailsafeResource {

    private final RestAgent agent;
    private final LiveConfig live;
    private final Snapshots snapshots;
    /** As last seen: an outage is exactly when somebody asks. */
    private volatile Optional<SortedMap<String, String>> lastSeen = Optional.of(new TreeMap<>());

    FailsafeResource(RestAgent agent, LiveConfig live, Snapshots snapshots) {
        this.agent = agent;
        this.live = live;
        this.snapshots = snapshots;
    }

    @GET
    public Response get() {
        Optional<StoreSnapshot> read = agent.view().flatMap(AgentView::lastRead);
        if (read.isPresent()) {
            lastSeen = ClusterCodec.failsafe(read.get());
        }
        return lastSeen.map(Answers::json).orElseGet(() -> Answers.text(502, "there is no failsafe key"));
    }

    @POST
    public Response post(byte[] body) {
        Map<String, Object> document = Answers.required(body);
        boolean enabled = live.effective().settings().failsafeMode();
        Optional<FailsafeClaim> claim = FailsafeCall.decode(document);
        if (enabled && claim.isEmpty()) {
            return Answers.text(400, "Bad Request");
        }
        Standing server = snapshots.now().standing();
        var standing = FailsafePromises.Standing.of(
                agent.view(),
                enabled,
                server.role() == Role.PRIMARY && server.isRunning(),
                live.effective().timings().ttl());
        if (claim.isEmpty()) {
            return disabled();
        }
        boolean bound = agent.promises().active();
        return switch (agent.promises().answer(claim.get(), standing)) {
            case FailsafePromises.Answer.Disabled _ -> disabled();
            case FailsafePromises.Answer.RunningAsLeader _ -> Answers.text(500, "Running as a leader");
            case FailsafePromises.Answer.Overtaken(String why) -> Answers.text(500, why);
            case FailsafePromises.Answer.Accepted _ -> {
                if (!bound) {
                    // It leads from now on, whatever the store shows.
                    agent.wake();
                }
                yield accepted(server.received().max(server.replayed()));
            }
        };
    }

    private static Response disabled() {
        return Answers.text(502, "failsafe mode is off");
    }

    private static Response accepted(Lsn position) {
        Response accepted = Answers.text(200, FailsafeCall.ACCEPTED);
        return position.isZero()
                ? accepted
                : Response.fromResponse(accepted)
                        .header("lsn", Long.toString(position.value()))
                        .build();
    }
}

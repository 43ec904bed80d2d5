package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.ports.dcs.StoreSnapshot;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.List;
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
    private final FailsafeMemory memory;
    /** As last seen: an outage is exactly when somebody asks. */
    private volatile Optional<SortedMap<String, String>> lastSeen = Optional.of(new TreeMap<>());

    FailsafeResource(RestAgent agent, LiveConfig live, Snapshots snapshots, FailsafeMemory memory) {
        this.agent = agent;
        this.live = live;
        this.snapshots = snapshots;
        this.memory = memory;
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
        if (!live.effective().settings().failsafeMode()) {
            return Answers.text(502, "failsafe mode is off");
        }
        boolean complete =
                List.of("name", "conn_url", "api_url").stream().allMatch(key -> document.get(key) instanceof String);
        if (!complete) {
            return Answers.text(400, "Bad Request");
        }
        Standing standing = snapshots.now().standing();
        if (standing.role() == Role.PRIMARY && standing.isRunning()) {
            return Answers.text(500, "Running as a leader");
        }
        memory.accept(document, live.effective().timings().ttl());
        Lsn position = standing.received().max(standing.replayed());
        Response accepted = Answers.text(200, "Accepted");
        return position.isZero()
                ? accepted
                : Response.fromResponse(accepted)
                        .header("lsn", Long.toString(position.value()))
                        .build();
    }
}

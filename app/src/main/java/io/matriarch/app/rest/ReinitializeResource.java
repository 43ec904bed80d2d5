package io.matriarch.app.rest;

import io.matriarch.app.config.ValueParser;
import io.matriarch.domain.ha.OperatorRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Map;

/** Makes the member's data directory anew; the answer only says that it has begun. */
@Path("/reinitialize")
public final class ReinitializeResource {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RestAgent agent;

    ReinitializeResource(RestAgent agent) {
        this.agent = agent;
    }

    @POST
    public Response post(byte[] body) {
        Map<String, Object> document = Answers.optional(body);
        boolean force = flag(document, "force");
        boolean fromLeader = flag(document, "from_leader");
        var answer = agent.requests().ask(number -> new OperatorRequest.Reinitialize(number, force, fromLeader));
        return RestartResource.answered(answer, PATIENCE, "reinitialize status unknown");
    }

    private static boolean flag(Map<String, Object> document, String key) {
        Object value = document.get(key);
        return value != null && ValueParser.bool(value).orElse(false);
    }
}

package io.matriarch.app.rest;

import io.matriarch.ports.postgres.ControlResult;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/** A restart point before a hand-over, so that the promotion is quick. Only members ask. */
@Path("/checkpoint")
public final class CheckpointResource {

    private final RestAgent agent;

    CheckpointResource(RestAgent agent) {
        this.agent = agent;
    }

    @POST
    public Response post() {
        return switch (agent.checkpoint()) {
            case ControlResult.Done _, ControlResult.StillRunning _ -> Answers.text(200, "OK");
            case ControlResult.Failed(String why) -> Answers.text(503, why);
        };
    }
}

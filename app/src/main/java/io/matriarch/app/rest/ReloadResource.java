package io.matriarch.app.rest;

import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/** Reads the configuration files again, as SIGHUP does. */
@Path("/reload")
public final class ReloadResource {

    private final RestAgent agent;

    ReloadResource(RestAgent agent) {
        this.agent = agent;
    }

    @POST
    public Response post() {
        agent.reload();
        return Answers.text(202, "reload scheduled");
    }
}

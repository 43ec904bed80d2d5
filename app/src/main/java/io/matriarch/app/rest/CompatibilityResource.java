package io.matriarch.app.rest;

import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;

/** Paths that the reference has and that do nothing here: {@code /sigterm} is for Windows, the others for Citus. */
@Path("/{what: sigterm|citus|mpp}")
public final class CompatibilityResource {

    @POST
    public Response post(@PathParam("what") String what, byte[] body) {
        if (what.equals("sigterm")) {
            return Answers.text(202, "shutdown scheduled");
        }
        Answers.required(body);
        return Answers.text(200, "OK");
    }
}

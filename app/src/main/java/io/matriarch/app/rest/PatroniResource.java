package io.matriarch.app.rest;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** The status document. Always 200: who reads it wants to know how bad it is. */
@Path("/patroni")
public final class PatroniResource {

    private final Snapshots snapshots;

    PatroniResource(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public byte[] get() {
        return snapshots.status();
    }
}

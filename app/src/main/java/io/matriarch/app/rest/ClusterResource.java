package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/** The cluster as the store has it now. */
@Path("/cluster")
public final class ClusterResource {

    private final StoreReader store;
    private final LiveConfig live;

    ClusterResource(StoreReader store, LiveConfig live) {
        this.store = store;
        this.live = live;
    }

    @GET
    public Response get() {
        var read = store.load();
        return Answers.json(ClusterDocument.of(
                read, store.settings(read), live.state().agent().scope().name()));
    }
}

package io.matriarch.app.rest;

import io.matriarch.app.config.Json;
import io.matriarch.app.loop.AgentView;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** The promotions, as the store keeps them. */
@Path("/history")
public final class HistoryResource {

    private final RestAgent agent;
    private final StoreReader store;

    HistoryResource(RestAgent agent, StoreReader store) {
        this.agent = agent;
        this.store = store;
    }

    @GET
    public Response get() {
        StoreSnapshot read = agent.view().flatMap(AgentView::lastRead).orElseGet(store::load);
        Object rows = read.get(StoreKey.HISTORY)
                .flatMap(value -> Json.read(value.text()))
                .filter(List.class::isInstance)
                .orElse(List.of());
        return Answers.json(rows);
    }
}

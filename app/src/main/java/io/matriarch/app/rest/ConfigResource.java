package io.matriarch.app.rest;

import io.matriarch.app.config.Trees;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.Optional;

/** The dynamic configuration. Nobody judges its content here: members ignore what they cannot use. */
@Path("/config")
public final class ConfigResource {

    private final RestAgent agent;
    private final StoreReader store;

    ConfigResource(RestAgent agent, StoreReader store) {
        this.agent = agent;
        this.store = store;
    }

    @GET
    public Response get() {
        return ClusterCodec.config(store.load())
                .map(Answers::json)
                .orElseGet(() -> Answers.text(502, "there is no valid configuration in the DCS"));
    }

    @PATCH
    public Response patch(byte[] body) {
        Map<String, Object> patch = Answers.required(body);
        StoreSnapshot read = store.load();
        Optional<Map<String, Object>> current = ClusterCodec.config(read);
        if (current.isEmpty()) {
            return Answers.text(503, "there is no valid configuration in the DCS");
        }
        Map<String, Object> next = Trees.patch(current.get(), patch);
        if (!Trees.same(current.get(), next)) {
            // On the revision that was read: two operators at once must not undo each other unseen.
            Change change = Change.NONE
                    .when(StoreKey.CONFIG, read.revision(StoreKey.CONFIG))
                    .put(StoreKey.CONFIG, ClusterCodec.encodeConfig(next));
            switch (agent.dcs().write(Optional.empty(), change)) {
                case WriteResult.Done _ -> {}
                case WriteResult.Refused _ -> {
                    return Answers.text(409, "the configuration has been changed meanwhile");
                }
                case WriteResult.Unknown(String why) -> {
                    return Answers.text(503, "no answer on writing the configuration: " + why);
                }
            }
        }
        agent.wake();
        return Answers.json(next);
    }

    @PUT
    public Response put(byte[] body) {
        Map<String, Object> document = Answers.required(body);
        StoreSnapshot read = store.load();
        boolean same = ClusterCodec.config(read)
                .filter(current -> Trees.same(current, document))
                .isPresent();
        if (!same) {
            Change change = Change.NONE.put(StoreKey.CONFIG, ClusterCodec.encodeConfig(document));
            if (!(agent.dcs().write(Optional.empty(), change) instanceof WriteResult.Done)) {
                return Answers.text(502, "failed to write the configuration into DCS");
            }
        }
        return Answers.json(document);
    }
}

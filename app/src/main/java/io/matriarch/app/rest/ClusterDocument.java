package io.matriarch.app.rest;

import io.matriarch.app.config.DynamicSettings;
import io.matriarch.app.config.DynamicSettings.SynchronousMode;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.app.store.IsoTime;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.ports.dcs.StoreSnapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The document of {@code GET /cluster} (rest-api §6). */
final class ClusterDocument {

    /** Fields of a member's key that are shown as they stand there. */
    private static final List<String> AS_PUBLISHED =
            List.of("timeline", "pending_restart", "pending_restart_reason", "scheduled_restart", "tags");

    private final StoreSnapshot read;
    private final ClusterView cluster;
    private final DynamicSettings settings;

    private ClusterDocument(StoreSnapshot read, DynamicSettings settings) {
        this.read = read;
        this.cluster = ClusterCodec.decode(read);
        this.settings = settings;
    }

    static Map<String, Object> of(StoreSnapshot read, DynamicSettings settings, String scope) {
        return new ClusterDocument(read, settings).document(scope);
    }

    private Map<String, Object> document(String scope) {
        Map<String, Object> document = new LinkedHashMap<>();
        List<Object> members = new ArrayList<>();
        cluster.members().forEach(member -> members.add(member(member)));
        document.put("members", members);
        if (settings.paused()) {
            document.put("pause", true);
        }
        cluster.request()
                .filter(request -> request.scheduledAt().isPresent())
                .ifPresent(request -> document.put("scheduled_switchover", scheduled(request)));
        document.put("scope", scope);
        return document;
    }

    private static Map<String, Object> scheduled(SwitchoverRequest request) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("at", IsoTime.format(request.scheduledAt().orElseThrow()));
        request.leader().ifPresent(name -> document.put("from", name.value()));
        request.candidate().ifPresent(name -> document.put("to", name.value()));
        return document;
    }

    private Map<String, Object> member(Member member) {
        boolean leads = cluster.leaderName().filter(member.name()::equals).isPresent();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", member.name().value());
        String role = role(member, leads);
        document.put("role", role);
        document.put(
                "state",
                member.replicationState().filter(_ -> !role.equals("leader")).orElse(member.state()));
        document.put("api_url", member.apiUrl().orElse(null));
        member.connUrl().flatMap(MemberUrls::ofConnUrl).ifPresent(address -> {
            document.put("host", address.host());
            document.put("port", address.port());
        });
        Map<String, Object> published =
                ClusterCodec.memberDocument(read.members().get(member.name()));
        for (String key : AS_PUBLISHED) {
            if (published.get(key) != null) {
                document.put(key, published.get(key));
            }
        }
        if (!leads) {
            putLag(document, "receive_", member.received());
            putLag(document, "replay_", member.replayed());
            putLag(document, "", member.position());
        }
        return document;
    }

    private String role(Member member, boolean leads) {
        if (leads) {
            return settings.standbyCluster().isPresent() ? "standby_leader" : "leader";
        }
        if (settings.synchronousMode() == SynchronousMode.OFF || !cluster.sync().lists(member.name())) {
            return "replica";
        }
        return settings.synchronousMode() == SynchronousMode.QUORUM ? "quorum_standby" : "sync_standby";
    }

    private void putLag(Map<String, Object> document, String prefix, Optional<Lsn> position) {
        Optional<Lsn> known = position.filter(lsn -> !lsn.isZero());
        if (known.isPresent()) {
            document.put(prefix + "lag", cluster.status().position().lagBytes(known.get()));
            document.put(prefix + "lsn", known.get().toString());
        } else {
            document.put(prefix + "lsn", "unknown");
            document.put(prefix + "lag", "unknown");
        }
    }
}

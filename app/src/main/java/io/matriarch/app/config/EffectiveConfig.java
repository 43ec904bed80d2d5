package io.matriarch.app.config;

import io.matriarch.domain.cluster.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is in force: built-in defaults, over them the dynamic configuration, over them the local one.
 *
 * @param local of this member
 * @param dynamic of the cluster
 * @param postgresql the effective section, before what depends on the role
 * @param warnings sentences for the log, to be written once each time something changed
 */
public record EffectiveConfig(
        LocalConfig local, DynamicConfig dynamic, Map<String, Object> postgresql, List<String> warnings) {

    /** What only a member itself can say. */
    private static final Set<String> LOCAL_ONLY =
            Set.of("connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication");

    private static final String PARAMETERS = "parameters";

    public EffectiveConfig {
        postgresql = Trees.frozen(postgresql);
        warnings = List.copyOf(warnings);
    }

    /** Lays one over the other. */
    public static EffectiveConfig of(LocalConfig local, DynamicConfig dynamic) {
        List<String> warnings = new ArrayList<>(dynamic.warnings());
        Map<String, Object> ofMember = Trees.mapAt(local.tree(), "postgresql");
        Map<String, Object> ofCluster = Trees.withoutNulls(Trees.mapAt(dynamic.tree(), "postgresql"));
        Map<String, Object> postgresql = new LinkedHashMap<>();
        postgresql.put("use_slots", true);
        ofCluster.forEach((key, value) -> {
            if (!LOCAL_ONLY.contains(key)) {
                postgresql.put(key, value);
            }
        });
        ofMember.forEach((key, value) -> {
            if (!key.equals("use_slots")) {
                postgresql.put(key, value);
            }
        });
        postgresql.put(
                PARAMETERS,
                PostgresParameters.effective(
                        Trees.mapAt(ofCluster, PARAMETERS), Trees.mapAt(ofMember, PARAMETERS), warnings));
        Trees.asMap(postgresql.get("authentication"))
                .ifPresent(authentication -> postgresql.put("authentication", users(authentication)));
        for (String key : List.of("name", "scope", "citus")) {
            Optional.ofNullable(local.tree().get(key)).ifPresent(value -> postgresql.put(key, value));
        }
        postgresql.put("retry_timeout", dynamic.timings().retryTimeout().toMillis() / 1000.0);
        return new EffectiveConfig(local, dynamic, postgresql, warnings);
    }

    public Timings timings() {
        return dynamic.timings();
    }

    public DynamicSettings settings() {
        return dynamic.settings();
    }

    /** The section for the adapter of PostgreSQL while the server has no role yet. */
    public TreeSection postgresqlSection() {
        return TreeSection.of("postgresql", postgresql);
    }

    /**
     * The section while the server has a role, with what is configured for that role only.
     *
     * @param warnings takes a sentence for each parameter that may not depend on the role
     */
    public TreeSection postgresqlSection(Role role, List<String> warnings) {
        Optional<String> suffix = switch (role) {
            case PRIMARY, PROMOTED -> Optional.of("_primary");
            case REPLICA, DEMOTED -> Optional.of("_replica");
            case STANDBY_LEADER -> Optional.of("_standby_leader");
            case UNINITIALIZED -> Optional.empty();
        };
        if (suffix.isEmpty()) {
            return postgresqlSection();
        }
        Map<String, Object> section = new LinkedHashMap<>(postgresql);
        Trees.asMap(postgresql.get(PARAMETERS + suffix.get()))
                .ifPresent(ofRole -> section.put(
                        PARAMETERS,
                        PostgresParameters.overlaid(Trees.mapAt(postgresql, PARAMETERS), ofRole, warnings)));
        for (String list : List.of("pg_hba", "pg_ident")) {
            Optional.ofNullable(postgresql.get(list + suffix.get())).ifPresent(lines -> section.put(list, lines));
        }
        return TreeSection.of("postgresql", section);
    }

    /** The three users with the keys a connection understands. */
    private static Map<String, Object> users(Map<String, Object> authentication) {
        Map<String, Object> users = new LinkedHashMap<>();
        authentication.forEach((user, value) -> Trees.asMap(value).ifPresent(keys -> {
            Map<String, Object> kept = new LinkedHashMap<>(keys);
            kept.keySet().retainAll(KnownKeys.AUTHENTICATION);
            users.put(user, kept);
        }));
        return users;
    }

    /** The section has passwords, so it is not shown. */
    @Override
    public String toString() {
        return "EffectiveConfig[" + local + ", " + dynamic + "]";
    }
}

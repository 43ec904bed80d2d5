package io.matriarch.app.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Shapes of older configurations, brought into today's. */
final class LegacyShapes {

    private LegacyShapes() {}

    static Map<String, Object> normalized(Map<String, Object> tree) {
        Map<String, Object> result = new LinkedHashMap<>(tree);
        Trees.asMap(tree.get("postgresql")).ifPresent(section -> {
            Map<String, Object> postgresql = users(new LinkedHashMap<>(section));
            result.put("postgresql", postgresql);
            Optional.ofNullable(postgresql.get("name")).ifPresent(name -> result.putIfAbsent("name", name));
        });
        Trees.asMap(tree.get("zookeeper"))
                .map(zookeeper -> zookeeper.get("exhibitor"))
                .ifPresent(exhibitor -> result.putIfAbsent("exhibitor", exhibitor));
        citus(result);
        return result;
    }

    /** Before there was {@code authentication} the three users stood in the section itself. */
    private static Map<String, Object> users(Map<String, Object> postgresql) {
        if (!postgresql.containsKey("authentication")
                && (postgresql.containsKey("replication") || postgresql.containsKey("superuser"))) {
            Map<String, Object> authentication = new LinkedHashMap<>();
            Map.of("replication", "replication", "superuser", "superuser", "pg_rewind", "rewind")
                    .forEach((old, now) ->
                            Trees.asMap(postgresql.get(old)).ifPresent(user -> authentication.put(now, user)));
            postgresql.put("use_pg_rewind", authentication.containsKey("rewind"));
            Optional.ofNullable(authentication.get("rewind"))
                    .ifPresent(rewind -> authentication.putIfAbsent("superuser", rewind));
            List.of("replication", "superuser", "pg_rewind").forEach(postgresql::remove);
            postgresql.put("authentication", authentication);
        }
        return postgresql;
    }

    /** The section counts only when it is whole; it then asks for quorum commit unless the operator says otherwise. */
    private static void citus(Map<String, Object> tree) {
        if (!tree.containsKey("citus")) {
            return;
        }
        Map<String, Object> citus = Trees.mapAt(tree, "citus");
        if (ValueParser.integer(citus.get("group")).isEmpty() || !(citus.get("database") instanceof String)) {
            tree.remove("citus");
            return;
        }
        Map<String, Object> bootstrap = Trees.mapAt(tree, "bootstrap");
        if (bootstrap.get("dcs") instanceof Map<?, ?> dcs && !dcs.containsKey("synchronous_mode")) {
            tree.put(
                    "bootstrap",
                    Trees.patch(bootstrap, Map.of("dcs", Map.<String, Object>of("synchronous_mode", "quorum"))));
        }
    }
}

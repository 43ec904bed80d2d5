package io.matriarch.adapters.postgres;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The parameters a server gets.
 *
 * @param file those of the configuration file, the controlled ones included
 * @param major the server's major version
 */
record ServerParameters(SortedMap<String, String> file, int major) {

    /** The controlled parameters in the order of the command line, with what they are when nobody says otherwise. */
    private static final Map<String, String> CONTROLLED = controlled();

    /** Parameters a standby must have at least as large as the primary had. */
    static final Map<String, String> NOT_LESS_THAN_PRIMARY = notLess();

    private static Map<String, String> controlled() {
        var all = new LinkedHashMap<String, String>();
        all.put("listen_addresses", "localhost");
        all.put("port", "5432");
        all.put("cluster_name", "");
        all.put("wal_level", "replica");
        all.put("hot_standby", "on");
        all.put("max_connections", "100");
        all.put("max_wal_senders", "10");
        all.put("max_prepared_transactions", "0");
        all.put("max_locks_per_transaction", "64");
        all.put("track_commit_timestamp", "off");
        all.put("max_replication_slots", "10");
        all.put("max_worker_processes", "8");
        all.put("wal_log_hints", "on");
        return all;
    }

    /** Names in pg_controldata by parameter. */
    private static Map<String, String> notLess() {
        var all = new LinkedHashMap<String, String>();
        all.put("max_connections", "max_connections");
        all.put("max_prepared_transactions", "max_prepared_xacts");
        all.put("max_locks_per_transaction", "max_locks_per_xact");
        all.put("max_worker_processes", "max_worker_processes");
        all.put("max_wal_senders", "max_wal_senders");
        return all;
    }

    static ServerParameters of(PgSettings settings, String scope, int major, GucCatalog catalog) {
        var parameters = new TreeMap<>(settings.parameters());
        parameters.put("listen_addresses", settings.listenAddresses());
        parameters.put("port", Integer.toString(settings.port()));
        parameters.put("cluster_name", scope);
        CONTROLLED.forEach(parameters::putIfAbsent);
        parameters.computeIfPresent("wal_level", (_, level) -> level.equals("hot_standby") ? "replica" : level);
        walKeep(parameters, major);
        for (String file : List.of("hba_file", "ident_file")) {
            parameters.computeIfPresent(
                    file, (_, path) -> settings.configDirectory().resolve(path).toString());
        }
        return new ServerParameters(catalog.validate(parameters), major);
    }

    /** One parameter says how much WAL is kept; which one and in which unit changed with version 13. */
    private static void walKeep(SortedMap<String, String> parameters, int major) {
        String segments = parameters.remove("wal_keep_segments");
        String size = parameters.remove("wal_keep_size");
        if (major >= 13) {
            String converted = segments == null ? "128MB" : Long.parseLong(segments.trim()) * 16 + "MB";
            parameters.put("wal_keep_size", size == null ? converted : size);
        } else {
            double megabytes = size == null
                    ? 128
                    : Quantity.parse(size)
                            .flatMap(quantity -> quantity.unit().isEmpty()
                                    ? java.util.Optional.of(quantity.number())
                                    : quantity.in("MB"))
                            .orElse(128.0);
            parameters.put(
                    "wal_keep_segments", segments == null ? Long.toString((long) (megabytes + 8) / 16) : segments);
        }
    }

    /** With other values for some parameters. */
    ServerParameters with(Map<String, String> others) {
        var all = new TreeMap<>(file);
        all.putAll(others);
        return new ServerParameters(all, major);
    }

    /** {@code --name=value} for the controlled parameters: ALTER SYSTEM cannot override the command line. */
    List<String> arguments() {
        var arguments = new ArrayList<String>();
        CONTROLLED.keySet().forEach(name -> arguments.add("--" + name + "=" + file.getOrDefault(name, "")));
        return arguments;
    }
}

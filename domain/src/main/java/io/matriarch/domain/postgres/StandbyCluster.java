package io.matriarch.domain.postgres;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The other cluster that a standby cluster follows (ha-decisions §14). It has servers, or a restore command, or both.
 *
 * @param servers where to stream from, tried in this order; empty when WAL comes from the archive alone
 * @param primarySlotName slot over there; none is used when absent
 * @param createReplicaMethods how members are created; empty for the server's own list
 * @param restoreCommand for all members
 * @param archiveCleanupCommand for all members
 * @param recoveryMinApplyDelay for the standby leader, with PostgreSQL's units
 */
public record StandbyCluster(
        List<Server> servers,
        Optional<String> primarySlotName,
        List<String> createReplicaMethods,
        Optional<String> restoreCommand,
        Optional<String> archiveCleanupCommand,
        Optional<String> recoveryMinApplyDelay) {

    private static final int DEFAULT_PORT = 5432;

    /** One server of the other cluster. */
    public record Server(String host, int port) {}

    public StandbyCluster {
        servers = List.copyOf(servers);
        createReplicaMethods = List.copyOf(createReplicaMethods);
    }

    /**
     * The servers of a list of hosts and a list of ports, as libpq pairs them: one port for all hosts, or one for each.
     * A port alone is the local machine's.
     *
     * @param host names with commas between them
     * @param ports 1 to 65535, none for the default
     */
    public static List<Server> servers(Optional<String> host, List<Integer> ports) {
        List<String> hosts = host.map(text -> Arrays.stream(text.split(",")))
                .orElseGet(() -> ports.isEmpty()
                        ? Arrays.stream(new String[0])
                        : ports.stream().map(_ -> "localhost"))
                .map(String::trim)
                .filter(name -> !name.isEmpty())
                .toList();
        return IntStream.range(0, hosts.size())
                .mapToObj(at -> new Server(
                        hosts.get(at), ports.isEmpty() ? DEFAULT_PORT : ports.get(Math.min(at, ports.size() - 1))))
                .toList();
    }

    /** Whether members stream from the other cluster, not only restore from its archive. */
    public boolean streams() {
        return !servers.isEmpty();
    }

    /** The same for a member that must not stream. */
    public StandbyCluster withoutServers() {
        return new StandbyCluster(
                List.of(),
                primarySlotName,
                createReplicaMethods,
                restoreCommand,
                archiveCleanupCommand,
                recoveryMinApplyDelay);
    }

    /** Its servers in one word. */
    public String title() {
        return servers.isEmpty()
                ? "the archive"
                : servers.stream().map(one -> one.host() + ":" + one.port()).collect(Collectors.joining(","));
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.StandbyCluster;
import io.matriarch.domain.postgres.Upstream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a server is.
 *
 * @param hosts its addresses, in the order they are tried; a path is a socket directory
 * @param database database to connect to
 * @param primaryOnly whether only the one of them that is a primary will do
 */
record Endpoint(List<Host> hosts, Optional<String> database, boolean primaryOnly) {

    private static final int DEFAULT_PORT = 5432;

    /** One address. */
    record Host(String name, int port) {
        boolean isSocketDirectory() {
            return name.startsWith("/");
        }
    }

    Endpoint {
        hosts = List.copyOf(hosts);
    }

    Endpoint(List<Host> hosts, Optional<String> database) {
        this(hosts, database, false);
    }

    static Endpoint of(String host, int port) {
        return new Endpoint(List.of(new Host(host, port)), Optional.empty());
    }

    /**
     * Where an upstream's server is; nothing if there is none to connect to. Of several servers of another cluster the
     * primary is meant.
     *
     * @throws IllegalArgumentException when its address is none
     */
    static Optional<Endpoint> of(Upstream upstream) {
        return switch (upstream) {
            case Upstream.Nobody _ -> Optional.empty();
            case Upstream.Of of -> Optional.of(parse(of.connUrl()));
            case Upstream.Cascade(var member, var _) -> Optional.of(parse(member.connUrl()));
            case Upstream.Remote(StandbyCluster cluster) ->
                Optional.of(cluster.servers().stream()
                                .map(server -> new Host(server.host(), server.port()))
                                .toList())
                        .filter(hosts -> !hosts.isEmpty())
                        .map(hosts -> new Endpoint(hosts, Optional.empty(), hosts.size() > 1));
        };
    }

    /** Its hosts, one at a time. */
    List<Endpoint> each() {
        return hosts.stream().map(host -> new Endpoint(List.of(host), database)).toList();
    }

    /** The same where something has to be connected to. */
    static Endpoint required(Upstream.Source source) {
        return of(source)
                .orElseThrow(() -> new IllegalArgumentException(source.title() + " is no server to connect to"));
    }

    /**
     * Reads the address a member publishes, {@code postgres://host:port[,host:port]/database}. Whatever else stands in
     * it (user, options) is left out: another member does not choose how we connect.
     *
     * @throws IllegalArgumentException when it is no such address
     */
    static Endpoint parse(String url) {
        int scheme = url.indexOf("://");
        if (scheme < 0 || !url.startsWith("postgres")) {
            throw new IllegalArgumentException("not a PostgreSQL address: " + url);
        }
        String rest = url.substring(scheme + 3);
        int query = rest.indexOf('?');
        rest = query < 0 ? rest : rest.substring(0, query);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String database = slash < 0 ? "" : rest.substring(slash + 1);
        authority = authority.substring(authority.lastIndexOf('@') + 1);
        var hosts = new ArrayList<Host>();
        for (String part : authority.split(",")) {
            hosts.add(host(part, url));
        }
        return new Endpoint(hosts, database.isEmpty() ? Optional.empty() : Optional.of(database));
    }

    private static Host host(String part, String url) {
        int bracket = part.lastIndexOf(']');
        int colon = part.indexOf(':', Math.max(0, bracket));
        String name =
                (colon < 0 ? part : part.substring(0, colon)).replace("[", "").replace("]", "");
        if (name.isBlank()) {
            throw new IllegalArgumentException("no host in the PostgreSQL address " + url);
        }
        try {
            return new Host(name, colon < 0 ? DEFAULT_PORT : Integer.parseInt(part.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no port in the PostgreSQL address " + url, e);
        }
    }

    /** Value of {@code host} in a connection string. */
    String hostList() {
        return hosts.stream().map(Host::name).collect(Collectors.joining(","));
    }

    /** Value of {@code port}: one if all are the same. */
    String portList() {
        int[] ports = hosts.stream().mapToInt(Host::port).distinct().toArray();
        return ports.length == 1
                ? Integer.toString(ports[0])
                : hosts.stream().map(host -> Integer.toString(host.port())).collect(Collectors.joining(","));
    }

    /**
     * Where this agent reaches its own server.
     *
     * @param socketDirectories value of unix_socket_directories, empty when it is not set
     */
    static Endpoint local(PgSettings settings, Optional<String> socketDirectories) {
        List<String> listened = Arrays.stream(settings.listenAddresses().split(","))
                .map(String::trim)
                .toList();
        boolean loopback = listened.stream().anyMatch(List.of("*", "localhost", "0.0.0.0", "127.0.0.1")::contains);
        String tcp = loopback ? "localhost" : listened.getFirst();
        if (!settings.useUnixSocket()) {
            return of(tcp, settings.port());
        }
        String socket = Arrays.stream(socketDirectories.orElse("/tmp").split(","))
                .map(String::trim)
                .filter(path -> path.startsWith("/"))
                .findFirst()
                .orElse(tcp);
        return of(socket, settings.port());
    }
}

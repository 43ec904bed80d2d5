package io.matriarch.app.store;

import java.util.Optional;

/**
 * Host and port of the URLs in a member's key. Cut by hand: {@code java.net.URI} refuses host names with an underscore,
 * which people have.
 */
public final class MemberUrls {

    /**
     * An end of a connection.
     *
     * @param host name or address, IPv6 without brackets
     * @param port 1 to 65535
     */
    public record HostPort(String host, int port) {
        /** As it stands in a URL: IPv6 in brackets. */
        @Override
        public String toString() {
            return bracketed(host) + ":" + port;
        }
    }

    public static final int POSTGRES_PORT = 5432;

    private MemberUrls() {}

    /** Where a {@code conn_url} leads; port 5432 if it says none. */
    public static Optional<HostPort> ofConnUrl(String url) {
        return parse(url, POSTGRES_PORT);
    }

    /** Where an {@code api_url} leads; the scheme's port if it says none. */
    public static Optional<HostPort> ofApiUrl(String url) {
        return parse(url, isTls(url) ? 443 : 80);
    }

    public static boolean isTls(String url) {
        return url.startsWith("https:");
    }

    /** {@code scheme://host:port/…} or {@code host:port}. */
    private static Optional<HostPort> parse(String url, int defaultPort) {
        int scheme = url.indexOf("://");
        String rest = scheme < 0 ? url : url.substring(scheme + 3);
        int end = 0;
        while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
            end++;
        }
        String authority = rest.substring(rest.lastIndexOf('@', end) + 1, end);
        return hostPort(authority, defaultPort);
    }

    /** {@code host:port}, {@code [::1]:port}, {@code host}; empty when the port is none. */
    public static Optional<HostPort> hostPort(String authority, int defaultPort) {
        int bracket = authority.lastIndexOf(']');
        int colon = authority.lastIndexOf(':');
        boolean bareIpv6 = bracket < 0 && colon != authority.indexOf(':');
        boolean hasPort = colon > bracket && !bareIpv6;
        String host = hasPort ? authority.substring(0, colon) : authority;
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty()) {
            return Optional.empty();
        }
        if (!hasPort) {
            return Optional.of(new HostPort(host, defaultPort));
        }
        try {
            int port = Integer.parseInt(authority.substring(colon + 1));
            return port > 0 && port <= 65535 ? Optional.of(new HostPort(host, port)) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** {@code postgres://host:port/database}, IPv6 in brackets. */
    public static String connUrl(String host, int port, String database) {
        return "postgres://" + bracketed(host) + ":" + port + "/" + database;
    }

    /** {@code http://host:port/patroni}, IPv6 in brackets. */
    public static String apiUrl(boolean tls, String host, int port) {
        return (tls ? "https://" : "http://") + bracketed(host) + ":" + port + "/patroni";
    }

    private static String bracketed(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }
}

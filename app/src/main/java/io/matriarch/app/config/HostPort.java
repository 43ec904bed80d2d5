package io.matriarch.app.config;

import java.util.Optional;

/**
 * A host, or several with commas, and a port.
 *
 * @param host without brackets; empty or {@code *} for all addresses of this machine
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

    /** Cuts at the last colon, so an IPv6 address without a port is misread: write the port. */
    public static Optional<HostPort> parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        String host = text.substring(0, colon).strip();
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        return port < 1 || port > 65535 || bare.contains("/")
                ? Optional.empty()
                : Optional.of(new HostPort(bare, port));
    }

    /** As {@link #parse}, with a port for a text that has none. */
    public static Optional<HostPort> parse(String text, int defaultPort) {
        boolean bareHost = text.indexOf(':') < 0 || text.endsWith("]");
        return parse(bareHost ? text + ":" + defaultPort : text);
    }

    /** Whether it means all addresses of this machine. */
    public boolean isWildcard() {
        return host.isEmpty() || host.equals("*") || host.equals("0.0.0.0") || host.equals("::");
    }

    /** As it stands in a URL: an IPv6 address in brackets. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}

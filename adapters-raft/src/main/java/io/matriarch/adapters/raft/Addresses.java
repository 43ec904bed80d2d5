package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Addresses as they stand in the configuration and on the command line: {@code host:port}, IPv6 in brackets. */
final class Addresses {

    private static final int MAX_PORT = 65_535;

    private Addresses() {}

    static InetSocketAddress socket(Endpoint endpoint) {
        return new InetSocketAddress(endpoint.getIp(), endpoint.getPort());
    }

    static Optional<Endpoint> parse(String text) {
        var trimmed = text.strip();
        int colon = trimmed.lastIndexOf(':');
        if (colon < 1) {
            return Optional.empty();
        }
        var host = trimmed.substring(0, colon);
        boolean bare = host.indexOf(':') >= 0 && !(host.startsWith("[") && host.endsWith("]"));
        if (bare || !trimmed.substring(colon + 1).matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        int port = Integer.parseInt(trimmed.substring(colon + 1));
        return port < 1 || port > MAX_PORT ? Optional.empty() : Optional.of(new Endpoint(host, port));
    }
}

package io.matriarch.adapters.etcd;

/**
 * Where an etcd member listens for clients.
 *
 * @param host a name or an address, an IPv6 address without brackets
 */
record Endpoint(String host, int port) {

    /**
     * Reads {@code host}, {@code host:port}, {@code [v6]:port} or {@code v6:port}, split at the last colon as the
     * reference does.
     *
     * @throws IllegalArgumentException when there is no host or no port between 1 and 65535
     */
    static Endpoint parse(String text, int defaultPort) {
        var trimmed = text.trim();
        int colon = trimmed.lastIndexOf(':');
        boolean bracketsOnly = trimmed.endsWith("]");
        var host = colon < 0 || bracketsOnly ? trimmed : trimmed.substring(0, colon);
        int port = colon < 0 || bracketsOnly ? defaultPort : port(trimmed.substring(colon + 1));
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException("no host in '" + text + "'");
        }
        return new Endpoint(host, port);
    }

    private static int port(String text) {
        int port = Integer.parseInt(text);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("not a port: " + port);
        }
        return port;
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}

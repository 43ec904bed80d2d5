package io.matriarch.app.ctl;

import java.util.Map;
import java.util.Optional;

/**
 * The value of {@code -d}: {@code [scheme://][host][:port][/namespace]}.
 *
 * @param scheme name of the store's section
 * @param address host and port
 * @param namespace path of the URL, with its slash
 */
record StoreUrl(String scheme, String address, Optional<String> namespace) {

    private static final Map<String, Integer> PORTS =
            Map.of("etcd", 2379, "etcd3", 2379, "consul", 8500, "zookeeper", 2181, "exhibitor", 8181);

    /**
     * Reads a URL; without a scheme the port tells the store.
     *
     * @throws CtlException when the scheme is unknown
     */
    static StoreUrl parse(String url) {
        int colons = url.indexOf("://");
        Optional<String> scheme = colons < 0 ? Optional.empty() : Optional.of(url.substring(0, colons));
        scheme.filter(name -> !PORTS.containsKey(name)).ifPresent(name -> {
            throw new CtlException("Unknown dcs scheme: " + name);
        });
        String rest = colons < 0 ? url : url.substring(colons + 3);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "" : rest.substring(slash);
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon > authority.lastIndexOf(']');
        Optional<String> port = hasPort ? Optional.of(authority.substring(colon + 1)) : Optional.empty();
        String host = hasPort ? authority.substring(0, colon) : authority;
        String store = scheme.orElseGet(() -> storeAt(port.orElse("")));
        return new StoreUrl(
                store,
                (host.isEmpty() ? "localhost" : host) + ":" + port.orElseGet(() -> String.valueOf(PORTS.get(store))),
                path.isEmpty() || path.equals("/") ? Optional.empty() : Optional.of(path));
    }

    private static String storeAt(String port) {
        return switch (port) {
            case "8500" -> "consul";
            case "2181" -> "zookeeper";
            case "8181" -> "exhibitor";
            default -> "etcd";
        };
    }
}

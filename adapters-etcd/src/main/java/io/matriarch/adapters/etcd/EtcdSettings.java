package io.matriarch.adapters.etcd;

import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The section {@code etcd3} (configuration §3.5).
 *
 * @param hosts the members to begin with, or the proxies; empty when {@code srv} tells them
 * @param srv the domain whose SRV records name the members
 * @param srvSuffix inserted after the service's name
 * @param discover whether the members that etcd itself knows are used as well
 * @param tls what TLS needs, empty for plain connections
 */
record EtcdSettings(
        List<Endpoint> hosts,
        Optional<String> srv,
        Optional<String> srvSuffix,
        boolean discover,
        Optional<Credentials> credentials,
        Optional<Tls> tls) {

    private static final int DEFAULT_PORT = 2379;

    EtcdSettings {
        hosts = List.copyOf(hosts);
    }

    record Credentials(String username, Secret password) {}

    /**
     * Files in PEM form.
     *
     * @param authorities who may sign the members' certificates; the JDK's own list when empty
     * @param certificate ours, for members that ask for one
     * @param key its key, which may stand in the certificate's file
     */
    record Tls(Optional<Path> authorities, Optional<Path> certificate, Optional<Path> key) {}

    /**
     * Reads the section; {@code proxy} wins over {@code srv}, that over {@code hosts}, that over {@code host}.
     *
     * @throws io.matriarch.ports.plugin.ConfigProblems with everything that is wrong
     */
    static EtcdSettings from(ConfigSection section) {
        var proxy = section.text("proxy");
        var url = proxy.or(() -> section.text("url"))
                .map(text -> parseUrl(section, proxy.isPresent() ? "proxy" : "url", text));
        var srv = proxy.isPresent() ? Optional.<String>empty() : srv(section);
        boolean useProxies = proxy.isPresent() || section.flag("use_proxies").orElse(false);
        var hosts = hosts(section, proxy.isPresent(), srv.isPresent(), url);
        boolean known = Stream.of("proxy", "srv", "discovery_srv", "srv_domain", "hosts", "host", "url")
                .anyMatch(section.values()::containsKey);
        if (!known) {
            section.problem("host", "one of host, hosts, url, proxy and srv is needed");
        }
        var settings = new EtcdSettings(
                hosts, srv, section.text("srv_suffix"), !useProxies, credentials(section, url), tls(section, url));
        section.check();
        return settings;
    }

    private static Optional<String> srv(ConfigSection section) {
        return section.text("srv").or(() -> section.text("discovery_srv")).or(() -> section.text("srv_domain"));
    }

    private static List<Endpoint> hosts(ConfigSection section, boolean proxy, boolean srv, Optional<URI> url) {
        if (proxy) {
            return url.map(uri -> List.of(endpoint(uri))).orElse(List.of());
        }
        if (srv) {
            return List.of();
        }
        int port = section.integer("port").orElse(DEFAULT_PORT);
        if (port < 1 || port > 65535) {
            section.problem("port", "not a port");
            return List.of();
        }
        var hosts = section.texts("hosts");
        if (!hosts.isEmpty()) {
            return endpoints(section, "hosts", hosts, port);
        }
        return url.map(uri -> List.of(endpoint(uri)))
                .orElseGet(() ->
                        endpoints(section, "host", section.text("host").stream().toList(), port));
    }

    private static List<Endpoint> endpoints(ConfigSection section, String key, List<String> texts, int port) {
        var endpoints = new ArrayList<Endpoint>();
        for (var text : texts) {
            try {
                endpoints.add(Endpoint.parse(text, port));
            } catch (IllegalArgumentException e) {
                section.problem(key, "'" + text + "' is not host or host:port");
            }
        }
        return endpoints;
    }

    private static Endpoint endpoint(URI url) {
        var host = url.getHost();
        var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new Endpoint(bare, url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
    }

    /** A URL overrides protocol, host, port and the credentials' keys, the last with nothing where it has none. */
    private static URI parseUrl(ConfigSection section, String key, String text) {
        try {
            var url = new URI(text);
            boolean usable =
                    url.getHost() != null && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()));
            if (usable) {
                return url;
            }
        } catch (URISyntaxException e) {
            // The message below says what was expected; the text may hold a password.
        }
        section.problem(key, "expected http(s)://[user:password@]host[:port]");
        return URI.create("http://invalid");
    }

    private static Optional<Credentials> credentials(ConfigSection section, Optional<URI> url) {
        if (url.isPresent()) {
            return Optional.ofNullable(url.get().getRawUserInfo()).map(EtcdSettings::credentials);
        }
        var username = section.text("username");
        var password = section.secret("password");
        if (username.isPresent() != password.isPresent()) {
            section.problem(username.isPresent() ? "password" : "username", "username and password go together");
        }
        return username.flatMap(name -> password.map(secret -> new Credentials(name, secret)));
    }

    private static Credentials credentials(String userInfo) {
        int colon = userInfo.indexOf(':');
        var name = colon < 0 ? userInfo : userInfo.substring(0, colon);
        var password = colon < 0 ? "" : userInfo.substring(colon + 1);
        return new Credentials(decoded(name), new Secret(decoded(password)));
    }

    private static String decoded(String part) {
        // URLDecoder is for forms, where a plus is a blank; in the user part of a URL it is a plus.
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Optional<Tls> tls(ConfigSection section, Optional<URI> url) {
        var protocol =
                url.map(URI::getScheme).or(() -> section.text("protocol")).orElse("http");
        if (!protocol.equals("http") && !protocol.equals("https")) {
            section.problem("protocol", "expected http or https");
        }
        var tls = new Tls(file(section, "cacert"), file(section, "cert"), file(section, "key"));
        return protocol.equals("https") ? Optional.of(tls) : Optional.empty();
    }

    private static Optional<Path> file(ConfigSection section, String key) {
        var path = section.text(key).map(Path::of);
        if (path.isPresent() && !Files.isReadable(path.get())) {
            section.problem(key, "cannot be read");
        }
        return path;
    }
}

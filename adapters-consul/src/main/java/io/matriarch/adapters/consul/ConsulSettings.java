package io.matriarch.adapters.consul;

import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The section {@code consul} (configuration §3.6). Its {@code consistency} is checked and has no effect: reads are always
 * consistent, which the safety of the lock rests on.
 *
 * @param host the agent, without brackets
 * @param token sent with every request
 * @param datacenter whose keys they are, the agent's own when empty
 * @param checks health checks that end a session, none by default
 * @param tls what TLS needs, empty for plain connections
 */
record ConsulSettings(
        String host,
        int port,
        Optional<Secret> token,
        Optional<String> datacenter,
        List<String> checks,
        Optional<Tls> tls) {

    private static final int DEFAULT_PORT = 8500;
    private static final Set<String> CONSISTENCIES = Set.of("default", "consistent", "stale");

    ConsulSettings {
        checks = List.copyOf(checks);
    }

    /**
     * Files in PEM form.
     *
     * @param verify whether the agent's certificate and name are checked
     * @param authorities who may sign the agent's certificate; the JDK's own list when empty
     * @param certificate ours, for agents that ask for one
     * @param key its key, which may stand in the certificate's file
     */
    record Tls(boolean verify, Optional<Path> authorities, Optional<Path> certificate, Optional<Path> key) {}

    private record Agent(String scheme, String host, int port) {}

    /**
     * Reads the section; {@code url} wins over {@code host}, {@code port} and {@code scheme}.
     *
     * @throws io.matriarch.ports.plugin.ConfigProblems with everything that is wrong
     */
    static ConsulSettings from(ConfigSection section) {
        var agent = section.text("url").map(text -> byUrl(section, text)).orElseGet(() -> byHost(section));
        section.text("consistency")
                .filter(text -> !CONSISTENCIES.contains(text))
                .ifPresent(_ -> section.problem("consistency", "expected default, consistent or stale"));
        var tls = tls(section);
        ConsulServiceOptions.from(section);
        var settings = new ConsulSettings(
                agent.host(),
                agent.port(),
                section.secret("token").filter(secret -> !secret.reveal().isEmpty()),
                section.text("dc").filter(text -> !text.isEmpty()),
                section.texts("checks"),
                agent.scheme().equals("https") ? Optional.of(tls) : Optional.empty());
        section.check();
        return settings;
    }

    URL url() {
        try {
            var literal = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
            return URI.create((tls.isPresent() ? "https://" : "http://") + literal + ":" + port)
                    .toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("checked when the section was read", e);
        }
    }

    private static Agent byUrl(ConfigSection section, String text) {
        try {
            var url = new URI(text);
            boolean known = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            if (known && url.getHost() != null) {
                return new Agent(
                        url.getScheme(), bare(url.getHost()), url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
            }
        } catch (URISyntaxException e) {
            // The message below says what was expected.
        }
        section.problem("url", "expected http(s)://host[:port]");
        return new Agent("http", "invalid", DEFAULT_PORT);
    }

    private static Agent byHost(ConfigSection section) {
        var scheme = section.text("scheme").orElse("http");
        if (!scheme.equals("http") && !scheme.equals("https")) {
            section.problem("scheme", "expected http or https");
        }
        int port = section.integer("port").orElse(DEFAULT_PORT);
        if (port < 1 || port > 65535) {
            section.problem("port", "not a port");
        }
        var text = section.text("host").orElse("127.0.0.1");
        int colon = text.lastIndexOf(':');
        boolean literal = !text.startsWith("[") && text.indexOf(':') != colon;
        boolean withPort = colon > text.lastIndexOf(']') && colon >= 0 && !literal;
        if (withPort) {
            try {
                port = Integer.parseInt(text.substring(colon + 1));
            } catch (NumberFormatException e) {
                port = 0;
            }
        }
        var host = bare(withPort ? text.substring(0, colon) : text);
        if (host.isBlank() || port < 1 || port > 65535 || host.chars().anyMatch(Character::isWhitespace)) {
            section.problem("host", "expected host or host:port");
        }
        return new Agent(scheme, host, port);
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static Tls tls(ConfigSection section) {
        var authorities = file(section, "cacert");
        // Not checking the agent's certificate has to be asked for; a list of authorities is there to be used.
        boolean verify = section.flag("verify").orElse(true) || authorities.isPresent();
        var tls = new Tls(verify, authorities, file(section, "cert"), file(section, "key"));
        if (tls.key().isPresent() && tls.certificate().isEmpty()) {
            section.problem("cert", "a key is for a certificate");
        }
        return tls;
    }

    private static Optional<Path> file(ConfigSection section, String key) {
        var path = section.text(key).map(Path::of);
        if (path.isPresent() && !Files.isReadable(path.get())) {
            section.problem(key, "cannot be read");
        }
        return path;
    }
}

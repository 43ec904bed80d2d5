package io.matriarch.adapters.consul;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.matriarch.domain.cluster.MemberName;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A member's entry in Consul's catalog, and what its own document says should become of it (dcs-layout §6.4).
 *
 * @param id one a member
 * @param name one a cluster, which is its name in DNS
 * @param check URL that answers 200 as long as the member has its role
 * @param forgetAfter how long the check may fail before Consul drops the entry
 */
record ConsulServiceEntry(
        String id,
        String name,
        String address,
        int port,
        List<String> tags,
        String check,
        String checkInterval,
        Optional<String> tlsServerName,
        Duration forgetAfter) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> ROLES = Set.of("primary", "replica", "standby-leader");
    private static final int LONGEST_NAME = 230;
    /** Sessions may last twice as long as they promise, and a member that is restarted keeps its entry. */
    private static final int SESSIONS_TO_FORGET = 10;

    /** What is to become of the entry. */
    sealed interface Step {
        record Register(ConsulServiceEntry entry) implements Step {}

        record Deregister(String id) implements Step {}
    }

    /**
     * What a member's document asks for: an entry while its server runs in a role that clients look for, none once it
     * has stopped; anything in between leaves what is there.
     */
    static Optional<Step> step(
            String scope, MemberName self, String document, ConsulServiceOptions options, Duration sessionTtl) {
        String id = scope + "/" + self;
        if (!options.register()) {
            return Optional.of(new Step.Deregister(id));
        }
        JsonNode member;
        try {
            member = JSON.readTree(document);
        } catch (IOException e) {
            return Optional.empty();
        }
        String state = member.path("state").asText();
        if (state.equals("stopped")) {
            return Optional.of(new Step.Deregister(id));
        }
        String role = member.path("role").asText().replace('_', '-');
        if (!state.equals("running") || !ROLES.contains(role)) {
            return Optional.empty();
        }
        Optional<URI> server = uri(member.path("conn_url").asText());
        Optional<URI> api = uri(member.path("api_url").asText());
        if (server.isEmpty() || api.isEmpty()) {
            return Optional.empty();
        }
        List<String> tags = new ArrayList<>(options.tags());
        tags.add(role);
        if (role.equals("primary")) {
            // What it was called before; load balancers and templates still ask for it.
            tags.add("master");
        }
        return Optional.of(new Step.Register(new ConsulServiceEntry(
                id,
                name(scope),
                host(server.get()),
                port(server.get()),
                List.copyOf(tags),
                api.get().getScheme() + "://" + api.get().getRawAuthority() + "/" + role,
                options.checkInterval(),
                options.tlsServerName(),
                sessionTtl.multipliedBy(SESSIONS_TO_FORGET))));
    }

    /** The scope as a label that DNS can carry. */
    static String name(String scope) {
        var name = new StringBuilder();
        scope.toLowerCase(Locale.ROOT).codePoints().forEach(c -> {
            if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
                name.appendCodePoint(c);
            } else if (c == '.' || c == '_' || c == ' ') {
                name.append('-');
            } else {
                name.append('u').append(c);
            }
        });
        return name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name.toString();
    }

    private static Optional<URI> uri(String text) {
        try {
            URI uri = URI.create(text);
            return uri.getScheme() == null || uri.getRawAuthority() == null ? Optional.empty() : Optional.of(uri);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** By hand: a host with an underscore in its name has none for the JDK. */
    private static String host(URI uri) {
        String authority = uri.getRawAuthority();
        int colon = authority.lastIndexOf(':');
        boolean withPort = colon > authority.lastIndexOf(']');
        String host = withPort ? authority.substring(0, colon) : authority;
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(URI uri) {
        String authority = uri.getRawAuthority();
        int colon = authority.lastIndexOf(':');
        String port = colon > authority.lastIndexOf(']') ? authority.substring(colon + 1) : "";
        return port.matches("[0-9]{1,5}") ? Integer.parseInt(port) : 5432;
    }
}

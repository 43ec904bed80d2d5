package io.matriarch.app.rest;

import io.matriarch.app.config.Credentials;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.config.RestSettings;
import io.matriarch.app.config.RestSettings.VerifyClient;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.ha.DcsView;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Who may call unsafe methods (rest-api §2). May block on looking names up. */
final class AccessControl {

    /** What only members ask each other: without credentials, an address has to do. */
    private static final Set<String> AMONG_MEMBERS = Set.of("handover", "checkpoint");

    private final LiveConfig live;
    private final Supplier<Optional<AgentView>> view;
    private volatile Optional<Resolved> resolved = Optional.empty();

    /** The allowlist of one configuration; names in it are looked up once. */
    private record Resolved(RestSettings settings, AllowList list) {}

    /**
     * Who calls.
     *
     * @param address empty for something that is no IP connection
     * @param tls whether the connection is encrypted
     * @param certificate whether a certificate was shown, and so checked
     * @param authorization the header
     */
    record Caller(Optional<InetAddress> address, boolean tls, boolean certificate, Optional<String> authorization) {}

    /** Why not. */
    record Refusal(int code, String text) {}

    AccessControl(LiveConfig live, Supplier<Optional<AgentView>> view) {
        this.live = live;
        this.view = view;
    }

    /** Empty if the caller may. */
    Optional<Refusal> check(Caller caller, String resource) {
        RestSettings settings = live.state().agent().rest();
        if (!allowed(settings, caller, resource)) {
            return Optional.of(new Refusal(403, "Access is denied"));
        }
        if (caller.tls() && settings.verifyClient() != VerifyClient.NONE && !caller.certificate()) {
            return Optional.of(new Refusal(403, "client certificate required"));
        }
        return settings.authentication().flatMap(credentials -> authenticate(credentials, caller));
    }

    private boolean allowed(RestSettings settings, Caller caller, String resource) {
        boolean membersOnly =
                AMONG_MEMBERS.contains(resource) && settings.authentication().isEmpty();
        if (membersOnly && !isLoopback(caller) && !isMember(caller)) {
            return false;
        }
        // A leader asks during an outage, when nobody knows the members' addresses for certain.
        boolean members = settings.allowlistIncludeMembers() && !resource.equals("failsafe");
        if (settings.allowlist().isEmpty() && !members) {
            return true;
        }
        return caller.address().filter(list(settings)::contains).isPresent() || members && isMember(caller);
    }

    private AllowList list(RestSettings settings) {
        Optional<Resolved> current = resolved.filter(one -> one.settings() == settings);
        if (current.isEmpty()) {
            current = Optional.of(new Resolved(settings, AllowList.resolve(settings.allowlist())));
            resolved = current;
        }
        return current.get().list();
    }

    private static boolean isLoopback(Caller caller) {
        return caller.address().filter(InetAddress::isLoopbackAddress).isPresent();
    }

    private boolean isMember(Caller caller) {
        return caller.address().isPresent()
                && members().stream()
                        .flatMap(AccessControl::hosts)
                        .distinct()
                        .flatMap(AccessControl::addresses)
                        .anyMatch(caller.address().get()::equals);
    }

    private List<Member> members() {
        return view.get()
                .flatMap(seen -> seen.observation().dcs() instanceof DcsView.Read(ClusterView cluster)
                        ? Optional.of(cluster.members())
                        : Optional.of(seen.state().lastMembers()))
                .orElse(List.of());
    }

    private static Stream<String> hosts(Member member) {
        return Stream.of(
                        member.apiUrl().flatMap(MemberUrls::ofApiUrl),
                        member.connUrl().flatMap(MemberUrls::ofConnUrl))
                .flatMap(Optional::stream)
                .map(MemberUrls.HostPort::host);
    }

    private static Stream<InetAddress> addresses(String host) {
        try {
            return Arrays.stream(InetAddress.getAllByName(host));
        } catch (UnknownHostException e) {
            return Stream.empty();
        }
    }

    private static Optional<Refusal> authenticate(Credentials credentials, Caller caller) {
        if (caller.authorization().isEmpty()) {
            return Optional.of(new Refusal(401, "no auth header received"));
        }
        String pair = credentials.username() + ":" + credentials.password().reveal();
        String expected = "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        // In a time that tells nothing of how much of it was right.
        boolean same = MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.UTF_8),
                caller.authorization().get().getBytes(StandardCharsets.UTF_8));
        return same ? Optional.empty() : Optional.of(new Refusal(401, "not authenticated"));
    }
}

package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The REST server of this member.
 *
 * @param listen where it listens; an empty host or {@code *} means everywhere
 * @param connectAddress what other members are told
 * @param authentication asked for by unsafe methods, empty for nobody
 * @param certfile PEM certificate; its presence makes the server speak HTTPS
 * @param keyfile PEM key, empty when the certificate's file has it
 * @param keyfilePassword password of the key
 * @param cafile certificates client certificates are checked with
 * @param ciphers OpenSSL cipher list
 * @param verifyClient whether clients show a certificate
 * @param allowlist hosts, addresses and networks that may call unsafe methods, empty for all
 * @param allowlistIncludeMembers whether members of the cluster may too
 * @param httpExtraHeaders added to every answer
 * @param httpsExtraHeaders added with TLS, over equal names of the former
 * @param requestQueueSize connections waiting to be accepted
 * @param serverTokens how much the {@code Server} header tells
 * @param threadPoolSize request workers, at least 5
 */
public record RestSettings(
        HostPort listen,
        HostPort connectAddress,
        Optional<Credentials> authentication,
        Optional<Path> certfile,
        Optional<Path> keyfile,
        Optional<Secret> keyfilePassword,
        Optional<Path> cafile,
        Optional<String> ciphers,
        VerifyClient verifyClient,
        List<String> allowlist,
        boolean allowlistIncludeMembers,
        Map<String, String> httpExtraHeaders,
        Map<String, String> httpsExtraHeaders,
        int requestQueueSize,
        ServerTokens serverTokens,
        int threadPoolSize) {

    private static final int SMALLEST_POOL = 5;
    private static final HostPort NOWHERE = new HostPort("", 8008);

    /** Which callers have to show a certificate: none, those of unsafe methods, all. */
    public enum VerifyClient {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    /** The {@code Server} header: nothing, the product, product and version. */
    public enum ServerTokens {
        MINIMAL,
        PRODUCTONLY,
        ORIGINAL
    }

    public RestSettings {
        allowlist = List.copyOf(allowlist);
        httpExtraHeaders = Collections.unmodifiableMap(new LinkedHashMap<>(httpExtraHeaders));
        httpsExtraHeaders = Collections.unmodifiableMap(new LinkedHashMap<>(httpsExtraHeaders));
    }

    public boolean https() {
        return certfile.isPresent();
    }

    /** Where other members find this one. */
    public String apiUrl() {
        return (https() ? "https://" : "http://") + connectAddress + "/patroni";
    }

    static RestSettings read(ConfigSection section, List<String> warnings) {
        Optional<String> listenText = section.text("listen");
        HostPort listen = address(section, "listen").orElse(NOWHERE);
        if (listenText.isEmpty() && !section.values().containsKey("listen")) {
            section.problem("listen", "is not defined.");
        }
        List<String> allowlist = section.texts("allowlist");
        return new RestSettings(
                listen,
                address(section, "connect_address").orElse(listen),
                Credentials.read(section.section("authentication")),
                section.text("certfile").map(Path::of),
                section.text("keyfile").map(Path::of),
                section.secret("keyfile_password"),
                section.text("cafile").map(Path::of),
                section.text("ciphers"),
                verifyClient(section),
                allowlist,
                section.flag("allowlist_include_members").orElse(false),
                headers(section, "http_extra_headers"),
                headers(section, "https_extra_headers"),
                queue(section),
                tokens(section, warnings),
                Math.max(SMALLEST_POOL, section.integer("thread_pool_size").orElse(SMALLEST_POOL)));
    }

    private static Optional<HostPort> address(ConfigSection section, String key) {
        Optional<String> text = section.text(key);
        Optional<HostPort> address = text.flatMap(HostPort::parse);
        if (text.isPresent() && address.isEmpty()) {
            section.problem(key, "didn't pass validation: contains a wrong value");
        }
        return address;
    }

    private static VerifyClient verifyClient(ConfigSection section) {
        return switch (section.text("verify_client").orElse("none").toLowerCase(Locale.ROOT)) {
            case "none", "off" -> VerifyClient.NONE;
            case "optional" -> VerifyClient.OPTIONAL;
            case "required" -> VerifyClient.REQUIRED;
            default -> {
                section.problem("verify_client", "didn't pass validation: Wrong value");
                yield VerifyClient.REQUIRED;
            }
        };
    }

    private static int queue(ConfigSection section) {
        int size = section.integer("request_queue_size").orElse(5);
        if (size < 0 || size > 4096) {
            section.problem("request_queue_size", "didn't pass validation: Wrong value");
        }
        return size;
    }

    private static ServerTokens tokens(ConfigSection section, List<String> warnings) {
        String text = section.text("server_tokens").orElse("original").toLowerCase(Locale.ROOT);
        return switch (text) {
            case "minimal" -> ServerTokens.MINIMAL;
            case "productonly" -> ServerTokens.PRODUCTONLY;
            case "original" -> ServerTokens.ORIGINAL;
            default -> {
                warnings.add("restapi.server_tokens is " + text
                        + ", expected minimal, productonly or original: original is used");
                yield ServerTokens.ORIGINAL;
            }
        };
    }

    private static Map<String, String> headers(ConfigSection section, String key) {
        ConfigSection map = section.section(key);
        Map<String, String> headers = new LinkedHashMap<>();
        map.values().keySet().forEach(name -> map.text(name).ifPresent(value -> headers.put(name, value)));
        return headers;
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who connects.
 *
 * @param user role name; empty for the operating system's user
 * @param password its password
 * @param options connection options such as {@code sslmode}
 */
record Credentials(Optional<String> user, Optional<Secret> password, Map<String, String> options) {

    private static final List<String> OPTIONS = List.of(
            "sslmode",
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslrootcert",
            "sslcrl",
            "sslcrldir",
            "gssencmode",
            "channel_binding",
            "sslnegotiation");

    Credentials {
        options = Map.copyOf(options);
    }

    static Credentials read(ConfigSection section) {
        var options = new TreeMap<String, String>();
        OPTIONS.forEach(key -> section.text(key).ifPresent(value -> options.put(key, value)));
        return new Credentials(section.text("username"), section.secret("password"), options);
    }

    /** Whether anything says who it is. */
    boolean isConfigured() {
        return user.isPresent();
    }
}

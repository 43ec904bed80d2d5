package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How the command line, and one member with another, call the REST API.
 *
 * @param authentication sent with each request; that of the REST server where {@code ctl} has none
 * @param insecure whether the server's certificate is taken unseen; an agent always behaves as if it were set
 * @param cacert certificates servers are checked with; that of the REST server where {@code ctl} has none
 * @param certfile certificate of the client
 * @param keyfile its key
 * @param keyfilePassword the key's password
 */
public record CtlSettings(
        Optional<Credentials> authentication,
        boolean insecure,
        Optional<Path> cacert,
        Optional<Path> certfile,
        Optional<Path> keyfile,
        Optional<Secret> keyfilePassword) {

    /** Reads the sections {@code ctl} and {@code restapi}. */
    public static CtlSettings read(ConfigSection ctl, ConfigSection restapi) {
        return new CtlSettings(
                Credentials.read(ctl.section("authentication"))
                        .or(() -> Credentials.read(restapi.section("authentication"))),
                ctl.flag("insecure").orElse(false),
                ctl.text("cacert").or(() -> restapi.text("cafile")).map(Path::of),
                ctl.text("certfile").map(Path::of),
                ctl.text("keyfile").map(Path::of),
                ctl.secret("keyfile_password"));
    }
}

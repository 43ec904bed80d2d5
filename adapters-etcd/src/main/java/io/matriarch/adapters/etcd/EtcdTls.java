package io.matriarch.adapters.etcd;

import io.grpc.netty.GrpcSslContexts;
import io.matriarch.ports.plugin.ConfigSection;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.Optional;

/** TLS towards etcd, with the JDK's own implementation. */
final class EtcdTls {

    private EtcdTls() {}

    /**
     * Reads the files.
     *
     * @throws io.matriarch.ports.plugin.ConfigProblems when one of them holds no certificate or key
     */
    static Optional<SslContext> context(ConfigSection section, EtcdSettings settings) {
        if (settings.tls().isEmpty()) {
            return Optional.empty();
        }
        var tls = settings.tls().get();
        var builder = GrpcSslContexts.forClient();
        try {
            tls.authorities().ifPresent(file -> builder.trustManager(file.toFile()));
        } catch (IllegalArgumentException e) {
            section.problem("cacert", "no certificate in PEM form in it: " + e.getMessage());
        }
        try {
            tls.certificate()
                    .ifPresent(file -> builder.keyManager(
                            file.toFile(), tls.key().orElse(file).toFile()));
        } catch (IllegalArgumentException e) {
            section.problem(
                    tls.key().isPresent() ? "key" : "cert",
                    "no certificate with an unencrypted PKCS#8 key in PEM form in it: " + e.getMessage());
        }
        section.check();
        try {
            return Optional.of(builder.build());
        } catch (IOException e) {
            section.problem("cacert", "TLS cannot be set up: " + e.getMessage());
            section.check();
            return Optional.empty();
        }
    }
}

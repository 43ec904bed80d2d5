package io.matriarch.adapters.consul;

import io.matriarch.ports.plugin.ConfigSection;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * TLS towards Consul, with the JDK's own implementation.
 *
 * @param verify whether the agent's name is compared with its certificate
 */
record ConsulTls(SSLContext context, X509TrustManager trust, boolean verify) {

    private static final Pattern KEY = Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----");

    private static final char[] NO_PASSWORD = new char[0];

    /**
     * Reads the files.
     *
     * @throws io.matriarch.ports.plugin.ConfigProblems when one of them holds no certificate or key
     */
    static Optional<ConsulTls> context(ConfigSection section, ConsulSettings settings) {
        if (settings.tls().isEmpty()) {
            return Optional.empty();
        }
        var tls = settings.tls().get();
        var trust = tls.verify() ? trust(section, tls.authorities()) : Optional.<X509TrustManager>of(new TrustAll());
        var identity = tls.certificate()
                .flatMap(certificate -> identity(section, certificate, tls.key().orElse(certificate)));
        section.check();
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(identity.orElse(new KeyManager[0]), new TrustManager[] {trust.orElseThrow()}, null);
            return Optional.of(new ConsulTls(context, trust.orElseThrow(), tls.verify()));
        } catch (GeneralSecurityException e) {
            section.problem("cacert", "TLS cannot be set up: " + e.getMessage());
            section.check();
            return Optional.empty();
        }
    }

    private static Optional<X509TrustManager> trust(ConfigSection section, Optional<Path> authorities) {
        try {
            var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            if (authorities.isPresent()) {
                var store = emptyStore();
                for (var certificate : certificates(authorities.get())) {
                    store.setCertificateEntry("authority " + store.size(), certificate);
                }
                factory.init(store);
            } else {
                factory.init((KeyStore) null);
            }
            return Stream.of(factory.getTrustManagers())
                    .filter(X509TrustManager.class::isInstance)
                    .map(X509TrustManager.class::cast)
                    .findFirst();
        } catch (GeneralSecurityException | IOException e) {
            section.problem("cacert", "no certificate in PEM form in it: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static Optional<KeyManager[]> identity(ConfigSection section, Path certificate, Path key) {
        try {
            var chain = certificates(certificate).toArray(Certificate[]::new);
            var store = emptyStore();
            store.setKeyEntry("agent", privateKey(key, chain[0].getPublicKey().getAlgorithm()), NO_PASSWORD, chain);
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, NO_PASSWORD);
            return Optional.of(factory.getKeyManagers());
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            section.problem(
                    certificate.equals(key) ? "cert" : "key",
                    "no certificate with an unencrypted PKCS#8 key in PEM form: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static List<? extends Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        // The JDK's reader stumbles over a key in the same file.
        var blocks = CERTIFICATE
                .matcher(Files.readString(file))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.joining("\n", "", "\n"));
        if (blocks.isBlank()) {
            throw new GeneralSecurityException("nothing found");
        }
        var stream = new ByteArrayInputStream(blocks.getBytes(StandardCharsets.US_ASCII));
        return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(stream));
    }

    private static PrivateKey privateKey(Path file, String algorithm) throws GeneralSecurityException, IOException {
        var matcher = KEY.matcher(Files.readString(file));
        if (!matcher.find()) {
            throw new GeneralSecurityException("nothing found");
        }
        var encoded = Base64.getMimeDecoder().decode(matcher.group(1));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    /** For {@code verify: false}. */
    private static final class TrustAll implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // The agent is trusted whoever it is, as the configuration says.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // The agent is trusted whoever it is, as the configuration says.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

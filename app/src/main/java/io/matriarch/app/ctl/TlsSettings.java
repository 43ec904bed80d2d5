package io.matriarch.app.ctl;

import io.matriarch.app.config.TreeSection;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.ports.plugin.Secret;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * How members' certificates are checked and which one is shown to them.
 *
 * @param insecure trust anybody
 * @param authorities PEM file of who is trusted; the system's without it
 * @param certificate PEM file of our certificate, perhaps with its key
 * @param key PEM file of its key
 * @param keyPassword what the key is encrypted with
 */
record TlsSettings(
        boolean insecure,
        Optional<Path> authorities,
        Optional<Path> certificate,
        Optional<Path> key,
        Optional<Secret> keyPassword) {

    static TlsSettings of(TreeSection config) {
        TreeSection ctl = config.section("ctl");
        return new TlsSettings(
                ctl.flag("insecure").orElse(false),
                ctl.text("cacert")
                        .or(() -> config.section("restapi").text("cafile"))
                        .map(Path::of),
                ctl.text("certfile").map(Path::of),
                ctl.text("keyfile").map(Path::of),
                ctl.secret("keyfile_password"));
    }

    Socket wrap(Socket plain, MemberUrls.HostPort target) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(), trust(), null);
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, target.host(), target.port(), true);
            if (!insecure) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
            }
            socket.startHandshake();
            return socket;
        } catch (GeneralSecurityException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private KeyManager[] keys() throws IOException, GeneralSecurityException {
        return certificate.isEmpty()
                ? null
                : PemFiles.keyManagers(certificate.get(), key.orElse(certificate.get()), keyPassword);
    }

    private TrustManager[] trust() throws IOException, GeneralSecurityException {
        if (insecure) {
            return new TrustManager[] {new TrustAnybody()};
        }
        return authorities.isEmpty() ? null : PemFiles.trustManagers(authorities.get());
    }

    /** What {@code --insecure} asks for. The extended kind, or the JDK would check the host name by itself. */
    private static final class TrustAnybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

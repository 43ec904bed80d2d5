package io.matriarch.app.tls;

import io.matriarch.ports.plugin.Secret;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** TLS contexts of PEM files. Each call reads the files anew. */
public final class TlsContexts {

    private TlsContexts() {}

    /**
     * A certificate and its key.
     *
     * @param keyfile empty when the certificate's file has the key too
     */
    public record Identity(Path certfile, Optional<Path> keyfile, Optional<Secret> password) {}

    /**
     * A server's context.
     *
     * @param cafile what client certificates are checked with, the system's own when empty
     * @throws GeneralSecurityException when a file's content cannot be used
     */
    public static SSLContext server(Identity identity, Optional<Path> cafile)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(identity), trust(cafile), null);
        return context;
    }

    /**
     * A client's context. Without a certificate of its own it takes any server's certificate (rest-api §16); with one
     * it checks the chain but not the host's name, for which the caller is responsible.
     */
    public static SSLContext client(Optional<Identity> identity, Optional<Path> cafile)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        if (identity.isEmpty()) {
            context.init(null, new TrustManager[] {new Trusting()}, null);
        } else {
            context.init(keys(identity.get()), trust(cafile), null);
        }
        return context;
    }

    /** The serial number of the certificate on disk, to see a renewal. */
    public static String serialNumber(Path certfile) throws IOException, GeneralSecurityException {
        return PemFile.certificates(certfile).getFirst().getSerialNumber().toString(16);
    }

    private static KeyManager[] keys(Identity identity) throws IOException, GeneralSecurityException {
        List<X509Certificate> chain = PemFile.certificates(identity.certfile());
        KeyStore store = emptyStore();
        char[] none = new char[0];
        store.setKeyEntry(
                "own",
                PemFile.key(identity.keyfile().orElse(identity.certfile()), identity.password()),
                none,
                chain.toArray(new X509Certificate[0]));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, none);
        return factory.getKeyManagers();
    }

    private static TrustManager[] trust(Optional<Path> cafile) throws IOException, GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        if (cafile.isEmpty()) {
            factory.init((KeyStore) null);
            return factory.getTrustManagers();
        }
        KeyStore store = emptyStore();
        int number = 0;
        for (X509Certificate certificate : PemFile.certificates(cafile.get())) {
            store.setCertificateEntry("ca" + number++, certificate);
        }
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** Takes any certificate: what members ask each other is no secret, and what they are told is authenticated. */
    private static final class Trusting extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A TLS context with a key and certificate made for this process. The certificate proves nothing and nobody checks it:
 * {@link SecretProof} ties the password to the session, which a certificate that anyone can make could not do.
 */
final class SelfMadeTls {

    private SelfMadeTls() {}

    /** For the end that dials: nobody asks it for a certificate, and making one costs a command line half a second. */
    static SSLContext dialling() throws IOException {
        try {
            return context(new KeyManager[0]);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot set TLS up: " + e.getMessage(), e);
        }
    }

    /** For the end that is dialled. */
    static SSLContext serving() throws IOException {
        try {
            return context(SelfMadeCertificate.keys());
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make a certificate for this process: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(KeyManager[] keys) throws GeneralSecurityException {
        var context = SSLContext.getInstance("TLSv1.3");
        context.init(keys, new TrustManager[] {new Anyone()}, null);
        return context;
    }

    /** Accepts every certificate, because the proof of the password follows on the same session. */
    private static final class Anyone extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
            // See the class comment.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
            // See the class comment.
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
            // See the class comment.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
            // See the class comment.
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {
            // See the class comment.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {
            // See the class comment.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

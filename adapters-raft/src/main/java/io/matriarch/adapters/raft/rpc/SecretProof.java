package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSession;

/**
 * Proves knowledge of the password over one TLS session: HMAC-SHA256, keyed by the stretched password, over a label for
 * the direction and keying material exported from the session (RFC 8446, 7.5). Both ends of one session export the same
 * material, the two sessions of somebody in the middle do not; the label keeps a proof from being sent back as the answer.
 *
 * <p>Somebody in the middle who waits for us to connect gets one HMAC to guess passwords against off line. That is why the
 * password is stretched, as far as a command line that answers in a tenth of a second can afford (as often as PostgreSQL
 * stretches for SCRAM); it is not a reason to use a short one. Generated samples have 128 random bits.
 */
final class SecretProof {

    /** Fixed because both ends must derive the same key before they can agree on anything. */
    private static final byte[] SALT = "matriarch raft shared secret v1".getBytes(StandardCharsets.US_ASCII);

    private static final int ITERATIONS = 4_096;
    private static final int KEY_BITS = 256;
    private static final String EXPORTER_LABEL = "EXPORTER-matriarch-raft-v1";
    private static final int EXPORTED_BYTES = 32;

    enum Direction {
        FROM_CLIENT("matriarch raft client proof"),
        FROM_SERVER("matriarch raft server proof");

        private final byte[] label;

        Direction(String label) {
            this.label = label.getBytes(StandardCharsets.US_ASCII);
        }
    }

    private final FutureTask<SecretKeySpec> key;

    /** Stretching takes some tens of milliseconds, which a connection is being made in meanwhile. */
    SecretProof(String password) {
        key = new FutureTask<>(() -> stretch(password));
        Thread.ofPlatform().daemon().name("raft-secret").start(key);
    }

    private static SecretKeySpec stretch(String password) throws GeneralSecurityException {
        var spec = new PBEKeySpec(password.toCharArray(), SALT, ITERATIONS, KEY_BITS);
        var raw = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(spec)
                .getEncoded();
        return new SecretKeySpec(raw, "HmacSHA256");
    }

    private SecretKeySpec key() throws IOException {
        try {
            return key.get();
        } catch (ExecutionException e) {
            throw new IOException("cannot derive the key of the shared secret: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    byte[] make(SSLSession session, Direction direction) throws IOException {
        if (!(session instanceof ExtendedSSLSession extended)) {
            throw new IOException("the TLS session cannot export keying material");
        }
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key());
            mac.update(direction.label);
            mac.update(extended.exportKeyingMaterialData(EXPORTER_LABEL, new byte[0], EXPORTED_BYTES));
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot prove the shared secret: " + e.getMessage(), e);
        }
    }

    boolean matches(byte[] proof, SSLSession session, Direction direction) throws IOException {
        return MessageDigest.isEqual(proof, make(session, direction));
    }
}

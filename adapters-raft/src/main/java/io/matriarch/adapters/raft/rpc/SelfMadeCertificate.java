package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A key and a certificate made for this process. The only class that needs the library for certificates: it is not on
 * the class path of the command line, which shows no certificate to anybody.
 */
final class SelfMadeCertificate {

    /**
     * Whoever dials has to verify one signature, a command line for instance: this one is on the curve of the key
     * exchange, whose arithmetic is warm by then, and needs no tables. P-256 costs a tenth of a second more.
     */
    private static final String ALGORITHM = "Ed25519";

    private static final char[] NO_PASSWORD = new char[0];

    private SelfMadeCertificate() {}

    static KeyManager[] keys() throws IOException, GeneralSecurityException {
        KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        store.setKeyEntry("self", pair.getPrivate(), NO_PASSWORD, new Certificate[] {certificate(pair)});
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, NO_PASSWORD);
        return keys.getKeyManagers();
    }

    private static X509Certificate certificate(KeyPair pair) throws GeneralSecurityException {
        var name = new X500Name("CN=matriarch-raft");
        var now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                name,
                new BigInteger(128, new SecureRandom()).add(BigInteger.ONE),
                Date.from(now.minus(Duration.ofDays(1))),
                Date.from(now.plus(Duration.ofDays(3650))),
                name,
                pair.getPublic());
        try {
            var signer = new JcaContentSignerBuilder(ALGORITHM).build(pair.getPrivate());
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e.getMessage(), e);
        }
    }
}

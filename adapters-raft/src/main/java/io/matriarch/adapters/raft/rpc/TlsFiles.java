package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** The TLS context of {@link TransportSecurity.Certificates}, made anew when one of the files changed. */
final class TlsFiles {

    /** The key store lives in memory only; the API wants some password. */
    private static final char[] NO_PASSWORD = new char[0];

    private record Loaded(List<FileTime> stamps, SSLContext context) {}

    private final TransportSecurity.Certificates files;
    private Loaded loaded;

    TlsFiles(TransportSecurity.Certificates files) throws IOException {
        this.files = files;
        this.loaded = load();
    }

    /** The context for the next connection. */
    synchronized SSLContext context() throws IOException {
        if (!loaded.stamps().equals(stamps())) {
            loaded = load();
        }
        return loaded.context();
    }

    private List<FileTime> stamps() throws IOException {
        return List.of(
                Files.getLastModifiedTime(files.caFile()),
                Files.getLastModifiedTime(files.certFile()),
                Files.getLastModifiedTime(files.keyFile()));
    }

    private Loaded load() throws IOException {
        // The times first: a file replaced while we read is then read once more, not missed.
        var stamps = stamps();
        try {
            var keys = KeyStore.getInstance("PKCS12");
            keys.load(null, NO_PASSWORD);
            var chain = chain(files.certFile()).toArray(Certificate[]::new);
            keys.setKeyEntry("self", key(files.keyFile(), chain[0]), NO_PASSWORD, chain);
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, NO_PASSWORD);
            int n = 0;
            for (Certificate authority : chain(files.caFile())) {
                trusted.setCertificateEntry("ca" + n++, authority);
            }
            var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keyManagers.init(keys, NO_PASSWORD);
            var trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trustManagers.init(trusted);
            var context = SSLContext.getInstance("TLSv1.3");
            context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
            return new Loaded(stamps, context);
        } catch (GeneralSecurityException e) {
            throw new IOException("unusable TLS files of the raft section: " + e.getMessage(), e);
        }
    }

    private static Collection<? extends Certificate> chain(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            var chain = CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (chain.isEmpty()) {
                throw new IOException(file + " has no certificate");
            }
            return chain;
        }
    }

    private static PrivateKey key(Path file, Certificate certificate) throws IOException {
        try (var parser = new PEMParser(Files.newBufferedReader(file, StandardCharsets.US_ASCII))) {
            var converter = new JcaPEMKeyConverter();
            for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
                if (part instanceof PrivateKeyInfo info) {
                    return converter.getPrivateKey(info);
                }
                if (part instanceof PEMKeyPair pair) {
                    return converter.getPrivateKey(withCurve(pair.getPrivateKeyInfo(), certificate));
                }
            }
        }
        throw new IOException(file + " has no unencrypted private key");
    }

    /** A SEC 1 key may leave its curve out; the certificate has it. */
    private static PrivateKeyInfo withCurve(PrivateKeyInfo key, Certificate certificate) throws IOException {
        var algorithm = SubjectPublicKeyInfo.getInstance(
                        certificate.getPublicKey().getEncoded())
                .getAlgorithm();
        return algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
                ? new PrivateKeyInfo(algorithm, key.parsePrivateKey())
                : key;
    }
}

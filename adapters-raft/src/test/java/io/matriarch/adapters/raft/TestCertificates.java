package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.rpc.TransportSecurity;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority and certificates for 127.0.0.1, written as PEM files. */
public final class TestCertificates {

    /** How the key file is written. */
    public enum KeyFormat {
        PKCS8,
        TRADITIONAL
    }

    private final Path directory;
    private final String algorithm;
    private final KeyPair authority;
    private final X509Certificate authorityCertificate;
    private final Path caFile;
    private int serial = 1;

    public TestCertificates(Path directory, String algorithm) throws IOException {
        this.directory = directory;
        this.algorithm = algorithm;
        Files.createDirectories(directory);
        authority = keys(algorithm);
        authorityCertificate = certificate("CN=authority", authority, true, authority.getPrivate());
        caFile = write("ca.pem", authorityCertificate);
    }

    public TransportSecurity.Certificates issue(String name, KeyFormat format) throws IOException {
        var pair = keys(algorithm);
        var certificate = certificate("CN=" + name, pair, false, authority.getPrivate());
        var certFile = write(name + ".pem", certificate);
        Object key = pair.getPrivate();
        if (format == KeyFormat.PKCS8) {
            key = new JcaPKCS8Generator(pair.getPrivate(), null);
        }
        return new TransportSecurity.Certificates(caFile, certFile, write(name + ".key", key));
    }

    private static KeyPair keys(String algorithm) throws IOException {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(algorithm.equals("RSA") ? 2048 : 256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private X509Certificate certificate(String name, KeyPair pair, boolean isAuthority, PrivateKey signer)
            throws IOException {
        var now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                new X500Name("CN=authority"),
                BigInteger.valueOf(serial++),
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(Duration.ofDays(1))),
                new X500Name(name),
                pair.getPublic());
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(isAuthority));
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
            var signature = algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(signature).build(signer)));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException(e);
        }
    }

    private Path write(String file, Object what) throws IOException {
        var text = new StringWriter();
        try (var pem = new JcaPEMWriter(text)) {
            pem.writeObject(what);
        }
        return Files.writeString(directory.resolve(file), text.toString());
    }
}

package io.matriarch.app.tls;

import io.matriarch.ports.plugin.Secret;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Reads PEM files: chains of certificates, and keys in PKCS#8 (also encrypted), PKCS#1 and SEC1 form. */
final class PemFile {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \\1-----", Pattern.DOTALL);
    /** version 0, then the algorithm rsaEncryption with its null parameter. */
    private static final byte[] RSA_PREFIX = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

    private PemFile() {}

    private record Block(String label, byte[] content) {}

    static List<X509Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file)) {
            if (block.label().endsWith("CERTIFICATE")) {
                certificates.add(
                        (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.content())));
            }
        }
        if (certificates.isEmpty()) {
            throw new GeneralSecurityException("there is no certificate in " + file);
        }
        return certificates;
    }

    static PrivateKey key(Path file, Optional<Secret> password) throws IOException, GeneralSecurityException {
        for (Block block : blocks(file)) {
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return pkcs8(new PKCS8EncodedKeySpec(block.content()), file);
                }
                case "ENCRYPTED PRIVATE KEY" -> {
                    return pkcs8(decrypted(block.content(), password, file), file);
                }
                case "RSA PRIVATE KEY" -> {
                    byte[] wrapped = sequence(concatenated(RSA_PREFIX, tagged(0x04, block.content())));
                    return pkcs8(new PKCS8EncodedKeySpec(wrapped), file);
                }
                case "EC PRIVATE KEY" -> {
                    return pkcs8(new PKCS8EncodedKeySpec(fromSec1(block.content(), file)), file);
                }
                default -> {
                    // Certificates and EC parameters may stand in the same file.
                }
            }
        }
        throw new GeneralSecurityException("there is no private key in " + file);
    }

    private static List<Block> blocks(Path file) throws IOException {
        Matcher found = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        List<Block> blocks = new ArrayList<>();
        while (found.find()) {
            try {
                blocks.add(new Block(found.group(1), Base64.getMimeDecoder().decode(found.group(2))));
            } catch (IllegalArgumentException e) {
                throw new IOException("a block of " + file + " is no base64", e);
            }
        }
        return blocks;
    }

    private static PrivateKey pkcs8(PKCS8EncodedKeySpec spec, Path file) throws GeneralSecurityException {
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                continue;
            }
        }
        throw new GeneralSecurityException("the key in " + file + " is neither RSA nor EC nor Ed25519");
    }

    private static PKCS8EncodedKeySpec decrypted(byte[] content, Optional<Secret> password, Path file)
            throws IOException, GeneralSecurityException {
        if (password.isEmpty()) {
            throw new GeneralSecurityException("the key in " + file + " is encrypted and no password is configured");
        }
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(content);
        String algorithm = info.getAlgParameters() == null
                ? info.getAlgName()
                : info.getAlgParameters().toString();
        SecretKeyFactory factory = SecretKeyFactory.getInstance(algorithm);
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.DECRYPT_MODE,
                factory.generateSecret(new PBEKeySpec(password.get().reveal().toCharArray())),
                info.getAlgParameters());
        return info.getKeySpec(cipher);
    }

    /** A SEC1 key names its curve in a part of its own, tag A0; PKCS#8 wants it beside the algorithm. */
    private static byte[] fromSec1(byte[] sec1, Path file) throws GeneralSecurityException {
        int at = 0;
        while (at < sec1.length - 2 && !(sec1[at] == (byte) 0xA0 && sec1[at + 2] == 0x06)) {
            at++;
        }
        if (at >= sec1.length - 2) {
            throw new GeneralSecurityException("the EC key in " + file + " does not name its curve");
        }
        byte[] curve = new byte[sec1[at + 1]];
        System.arraycopy(sec1, at + 2, curve, 0, curve.length);
        byte[] ecPublicKey = HexFormat.of().parseHex("06072a8648ce3d0201");
        return sequence(concatenated(
                HexFormat.of().parseHex("020100"), sequence(concatenated(ecPublicKey, curve)), tagged(0x04, sec1)));
    }

    private static byte[] sequence(byte[] content) {
        return tagged(0x30, content);
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] concatenated(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}

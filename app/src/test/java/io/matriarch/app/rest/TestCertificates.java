package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Self-signed certificates as PEM files, made with the JDK's own tool. */
final class TestCertificates {

    private TestCertificates() {}

    /**
     * Makes a certificate, {@code NAME.pem}, and its key, {@code NAME.key}.
     *
     * @return the certificate's file
     */
    static Path make(Path directory, String name, String algorithm) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Files.deleteIfExists(store);
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "one",
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=" + name,
                        "-validity",
                        "2",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "changeit"))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        assertEquals(true, keytool.waitFor(120, TimeUnit.SECONDS));
        assertEquals(0, keytool.exitValue(), () -> read(directory.resolve("keytool.log")));
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        Key key = keys.getKey("one", "changeit".toCharArray());
        Files.writeString(directory.resolve(name + ".key"), pem("PRIVATE KEY", key.getEncoded()));
        Path certificate = directory.resolve(name + ".pem");
        Files.writeString(
                certificate, pem("CERTIFICATE", keys.getCertificate("one").getEncoded()));
        return certificate;
    }

    static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + label
                + "-----\n";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }
}

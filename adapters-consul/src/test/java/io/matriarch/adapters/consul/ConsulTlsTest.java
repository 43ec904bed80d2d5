package io.matriarch.adapters.consul;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.MapSection;
import io.matriarch.ports.testing.NanoClock;
import io.matriarch.ports.testing.ServerProcess;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Consul that asks for a client's certificate. */
class ConsulTlsTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private Path directory;

    @Test
    @DisplayName("cacert, cert, key and verify: both ends prove themselves unless the configuration says otherwise")
    void mutualTls() throws Exception {
        certificate("consul");
        certificate("client");
        certificate("stranger");
        int port = ServerProcess.freePorts(1).getFirst();
        var configuration = ConsulServer.SHORT_SESSIONS + "ports { https = " + port + " }\n"
                + "verify_incoming_https = true\n"
                + "ca_file = \"" + pem("client") + "\"\n"
                + "cert_file = \"" + pem("consul") + "\"\n"
                + "key_file = \"" + pem("consul-key") + "\"\n";
        try (var _ = ConsulServer.start(configuration)) {
            Map<String, Object> ours = Map.of("cert", pem("client"), "key", pem("client-key"));
            assertDone(port, with(ours, "cacert", pem("consul")));
            assertDone(port, Map.of("cert", both("client"), "cacert", pem("consul")));
            assertDone(port, with(ours, "verify", false));

            assertRefused(port, Map.of("cacert", pem("consul")));
            assertRefused(port, Map.of("cacert", pem("consul"), "cert", pem("stranger"), "key", pem("stranger-key")));
            assertRefused(port, with(ours, "cacert", pem("stranger")));
            assertRefused(port, ours);
        }
    }

    private static Map<String, Object> with(Map<String, Object> values, String key, Object value) {
        var more = new HashMap<>(values);
        more.put(key, value);
        return more;
    }

    private static void assertDone(int port, Map<String, Object> values) {
        try (var dcs = client(port, values)) {
            assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
        }
    }

    private static void assertRefused(int port, Map<String, Object> values) {
        try (var dcs = client(port, values)) {
            assertThatThrownBy(dcs::load).isInstanceOf(DcsUnavailableException.class);
        }
    }

    private static Dcs client(int port, Map<String, Object> values) {
        var timing = new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(3));
        var context = new DcsContext(new Scope("service", "tls"), Optional.of(NODE0), timing, new NanoClock());
        var section = with(with(values, "scheme", "https"), "host", "127.0.0.1:" + port);
        return new ConsulProvider().client(new MapSection("consul", section), context);
    }

    private String pem(String name) {
        return directory.resolve(name + ".pem").toString();
    }

    private String both(String name) throws IOException {
        var file = directory.resolve(name + "-both.pem");
        Files.writeString(file, Files.readString(Path.of(pem(name))) + Files.readString(Path.of(pem(name + "-key"))));
        return file.toString();
    }

    /** A self-signed certificate and its key, made by the JDK's own tool. */
    private void certificate(String name) throws IOException, GeneralSecurityException, InterruptedException {
        var store = directory.resolve(name + ".p12");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair"));
        command.addAll(List.of("-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-validity", "2"));
        command.addAll(List.of("-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:c=ca:true"));
        command.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString()));
        command.addAll(List.of("-storepass", new String(PASSWORD)));
        var keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor()).isZero();
        var keys = KeyStore.getInstance("PKCS12");
        try (var input = new FileInputStream(store.toFile())) {
            keys.load(input, PASSWORD);
        }
        write(name + "-key", "PRIVATE KEY", keys.getKey(name, PASSWORD).getEncoded());
        write(name, "CERTIFICATE", keys.getCertificate(name).getEncoded());
    }

    private void write(String name, String kind, byte[] content) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(
                Path.of(pem(name)), "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }
}

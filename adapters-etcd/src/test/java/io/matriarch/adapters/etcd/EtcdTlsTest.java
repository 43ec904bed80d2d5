package io.matriarch.adapters.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.DebianPackage;
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

/** A real etcd that speaks TLS only and asks for a client's certificate. */
class EtcdTlsTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    Path directory;

    @Test
    @DisplayName("cacert, cert and key: both ends prove themselves, and each is needed")
    void mutualTls() throws Exception {
        var authorities = certificate("etcd");
        certificate("client");
        certificate("stranger");
        var ports = ServerProcess.freePorts(2);
        try (var etcd = ServerProcess.start(directory, "etcd", command(ports), Map.of())) {
            etcd.awaitPort(ports.getFirst());
            var host = "127.0.0.1:" + ports.getFirst();
            var good = Map.of("cacert", authorities.toString(), "cert", pem("client"), "key", pem("client-key"));
            try (var dcs = client(host, good)) {
                awaitDone(etcd, dcs);
            }
            try (var dcs = client(host, Map.of("cacert", authorities.toString(), "cert", both("client")))) {
                assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
            }
            assertRefused(host, Map.of("cacert", authorities.toString()));
            assertRefused(
                    host,
                    Map.of("cacert", authorities.toString(), "cert", pem("stranger"), "key", pem("stranger-key")));
            assertRefused(host, Map.of("cert", pem("client"), "key", pem("client-key")));
        }
        assertThatThrownBy(() -> client("127.0.0.1:1", Map.of("cacert", pem("client-key"))))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("etcd3.cacert");
    }

    private static void awaitDone(ServerProcess etcd, Dcs dcs) {
        etcd.await("a write over TLS", () -> dcs.publishMember(NODE0, "{}") instanceof WriteResult.Done);
    }

    private static void assertRefused(String host, Map<String, String> files) {
        try (var dcs = client(host, files)) {
            assertThatThrownBy(dcs::load).isInstanceOf(DcsUnavailableException.class);
        }
    }

    private static Dcs client(String host, Map<String, String> files) {
        var section = new HashMap<String, Object>(files);
        section.put("host", host);
        section.put("protocol", "https");
        var context = new DcsContext(
                new Scope("service", "tls"),
                Optional.of(NODE0),
                new DcsTiming(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(3)),
                new NanoClock());
        return new EtcdProvider().client(new MapSection("etcd3", section), context);
    }

    private List<String> command(List<Integer> ports) {
        var etcd = DebianPackage.unpacked("trixie", "etcd-server").resolve("usr/bin/etcd");
        return List.of(
                etcd.toString(),
                "--name=e0",
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=https://127.0.0.1:" + ports.getFirst(),
                "--advertise-client-urls=https://127.0.0.1:" + ports.getFirst(),
                "--listen-peer-urls=http://127.0.0.1:" + ports.getLast(),
                "--initial-advertise-peer-urls=http://127.0.0.1:" + ports.getLast(),
                "--initial-cluster=e0=http://127.0.0.1:" + ports.getLast(),
                "--cert-file=" + pem("etcd"),
                "--key-file=" + pem("etcd-key"),
                "--client-cert-auth",
                "--trusted-ca-file=" + pem("client"));
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
    private Path certificate(String name) throws IOException, GeneralSecurityException, InterruptedException {
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
        return write(name, "CERTIFICATE", keys.getCertificate(name).getEncoded());
    }

    private Path write(String name, String kind, byte[] content) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                Path.of(pem(name)), "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }
}

package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("a group with a password goes on, whatever comes in at the leader's port")
class PesteredPortTest {

    private static final Duration ASK = Duration.ofSeconds(5);
    private static final String KEY = "/service/pestered/config";

    /**
     * What a client of Bolt sends to make a server read an object by Hessian: request header, the name of a class, and a map
     * whose key is a javax.swing.UIDefaults$ProxyLazyValue, which calls a static method when it is read.
     */
    private static final byte[] HESSIAN_CONTENT = HexFormat.of()
            .parseHex("48"
                    + "43" + "2a" + hex("javax.swing.UIDefaults$ProxyLazyValue") + "93"
                    + "09" + hex("className") + "0a" + hex("methodName") + "04" + hex("args")
                    + "60" + "11" + hex("java.lang.Runtime") + "04" + hex("exec")
                    + "71" + "07" + hex("[string") + "10" + hex("touch /tmp/owned")
                    + "51" + "90" + "5a");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path directory;

    private static final List<MemberProcess> members = new ArrayList<>();
    private static List<String> addresses;
    private static ConsensusAdmin admin;

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    @BeforeAll
    static void start() throws IOException {
        addresses = TestGroup.freeAddresses(3).stream().map(Endpoint::toString).toList();
        for (var self : addresses) {
            var partners =
                    addresses.stream().filter(other -> !other.equals(self)).toList();
            members.add(MemberProcess.start(directory, self, partners, Duration.ofSeconds(5), Optional.of("right")));
        }
        admin = admin("right");
        TestGroup.awaitTrue("a write", () -> admin.put(KEY, "0", ASK) instanceof WriteResult.Done);
    }

    @AfterAll
    static void end() {
        admin.close();
        members.forEach(MemberProcess::close);
    }

    private static ConsensusAdmin admin(String password) {
        return new RaftProvider()
                .admin(MapSection.of(Map.of("partner_addrs", addresses, "password", password)))
                .orElseThrow();
    }

    /** The leader and its term: neither may change. */
    private record Lead(String leader, long term) {}

    private static Lead lead() {
        return TestGroup.await("a leader", () -> {
            try {
                var status = admin.status(addresses.getFirst(), ASK);
                return status.leader().map(leader -> new Lead(leader, status.term()));
            } catch (DcsUnavailableException e) {
                return Optional.empty();
            }
        });
    }

    private interface Pest {
        void at(int port) throws Exception;
    }

    private static void survives(Pest pest) throws Exception {
        var before = lead();
        pest.at(Addresses.parse(before.leader()).orElseThrow().getPort());
        for (int i = 1; i <= 20; i++) {
            assertThat(admin.put(KEY, Integer.toString(i), ASK))
                    .as("write %d", i)
                    .isInstanceOf(WriteResult.Done.class);
        }
        assertThat(admin.get(KEY, ASK)).contains("20");
        assertThat(lead()).isEqualTo(before);
    }

    private static Socket raw(int port) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    /** TLS as far as anybody gets who has no password. */
    private static SSLSocket tls(int port) throws Exception {
        var context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new Anyone()}, new SecureRandom());
        var socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.startHandshake();
        return socket;
    }

    private static void send(Socket socket, byte[] bytes) {
        try (socket) {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        } catch (IOException _) {
            // It may have hung up already.
            return;
        }
    }

    @Test
    @DisplayName("junk, plain and inside of TLS")
    void junk() throws Exception {
        var random = new Random(7);
        survives(port -> {
            for (int i = 0; i < 100; i++) {
                var bytes = new byte[1 + random.nextInt(5000)];
                random.nextBytes(bytes);
                send(raw(port), bytes);
                if (i % 5 == 0) {
                    send(tls(port), bytes);
                }
            }
        });
    }

    @Test
    @DisplayName("lengths of two gigabytes, of less than nothing, and of a hello that never ends")
    void oversized() throws Exception {
        survives(port -> {
            for (int length : new int[] {Integer.MAX_VALUE, -1, 0, 64 * 1024 * 1024}) {
                var bytes = new ByteArrayOutputStream();
                new DataOutputStream(bytes).writeInt(length);
                send(tls(port), bytes.toByteArray());
            }
            var hello = new ByteArrayOutputStream();
            var data = new DataOutputStream(hello);
            data.writeInt(0x4D545257);
            data.writeByte(1);
            data.writeShort(0xFFFF);
            data.write(new byte[0xFFFF]);
            send(tls(port), hello.toByteArray());
        });
    }

    @Test
    @DisplayName("a request of Bolt that carries an object in Hessian, and a serialized object: nobody reads them")
    void gadgets() throws Exception {
        assertThatThrownBy(() -> Class.forName("com.caucho.hessian.io.Hessian2Input"))
                .isInstanceOf(ClassNotFoundException.class);
        assertThatThrownBy(() -> Class.forName("com.alipay.remoting.serialization.HessianSerializer"))
                .isInstanceOf(ClassNotFoundException.class);
        var bolt = new ByteArrayOutputStream();
        var out = new DataOutputStream(bolt);
        var type = "com.alipay.sofa.jraft.rpc.RpcRequests$PingRequest".getBytes(StandardCharsets.US_ASCII);
        out.write(new byte[] {1, 1, 0, 1, 1, 0, 0, 0, 7, 1});
        out.writeInt(5000);
        out.writeShort(type.length);
        out.writeShort(0);
        out.writeInt(HESSIAN_CONTENT.length);
        out.write(type);
        out.write(HESSIAN_CONTENT);
        var java = new ByteArrayOutputStream();
        new java.io.ObjectOutputStream(java).writeObject(new java.util.ArrayList<>(List.of("a")));
        Files.deleteIfExists(Path.of("/tmp/owned"));
        survives(port -> {
            for (var bytes : List.of(bolt.toByteArray(), java.toByteArray())) {
                send(raw(port), bytes);
                send(tls(port), bytes);
            }
        });
        assertThat(Path.of("/tmp/owned")).doesNotExist();
    }

    @Test
    @DisplayName("a thousand connections that say nothing, and fifty whose handshake drips")
    void idleAndSlow() throws Exception {
        var sockets = new ArrayList<Socket>();
        try {
            survives(port -> {
                for (int i = 0; i < 1000; i++) {
                    sockets.add(raw(port));
                }
                for (int i = 0; i < 50; i++) {
                    var slow = raw(port);
                    slow.getOutputStream().write(new byte[] {0x16, 0x03});
                    sockets.add(slow);
                    sockets.add(tls(port));
                }
            });
            // Nobody may sit there without having said who it is.
            for (var socket : List.of(sockets.getFirst(), sockets.get(1000), sockets.getLast())) {
                socket.setSoTimeout(30_000);
                assertThat(hungUp(socket)).isTrue();
            }
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }

    private static boolean hungUp(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    @DisplayName("a wrong password: refused with a line in the log that names the peer")
    void wrongPassword() throws Exception {
        survives(_ -> {
            try (var stranger = admin("wrong")) {
                assertThatThrownBy(() -> stranger.get(KEY, ASK))
                        .isInstanceOf(DcsUnavailableException.class)
                        .hasMessageContaining("wrong secret");
                assertThat(stranger.put(KEY, "stolen", ASK)).isInstanceOf(WriteResult.Unknown.class);
            }
        });
        TestGroup.awaitTrue(
                "a line in a log",
                () -> addresses.stream()
                        .anyMatch(address -> MemberProcess.log(directory, address)
                                .lines()
                                .anyMatch(line -> line.matches(
                                        ".*raft connection 127\\.0\\.0\\.1:[0-9]+ refused: wrong secret.*"))));
    }

    private static final class Anyone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // The certificate is made by the process for itself and proves nothing.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

package io.matriarch.adapters.consul;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.NanoClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Consul that restarts, hangs, breaks connections or has no leader. */
class ConsulOutageTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final DcsTiming TIMING =
            new DcsTiming(Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(3));
    private static final DcsTiming PATIENT =
            new DcsTiming(Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(30));

    private static Lease held(LockResult result) {
        assertThat(result).isInstanceOf(LockResult.Held.class);
        return ((LockResult.Held) result).lease();
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as(what).isLessThan(PATIENCE.toNanos());
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    @Test
    @DisplayName(
            "DCS-061 SAF-021 a server that hangs gives no answer in time, and after it or a restart the hold goes on")
    void hangAndRestart() throws Exception {
        try (var consul = ConsulServer.start(ConsulServer.SHORT_SESSIONS);
                var dcs = consul.client(NODE0, "outage", TIMING, Map.of())) {
            var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE));
            var hints = new AtomicInteger();
            try (var _ = dcs.watch(hints::incrementAndGet)) {
                eventually("the first hint", () -> hints.get() > 0);
                consul.process().suspend();
                assertUnknownInTime(dcs, lease);
                consul.process().resume();
                held(dcs.renewLeaderLock(NODE0, lease));

                consul.restart();
                eventually("the hold goes on", () -> dcs.renewLeaderLock(NODE0, lease) instanceof LockResult.Held);
                assertThat(dcs.load().get(StoreKey.LEADER).orElseThrow().lease())
                        .contains(lease.id());
                int before = hints.get();
                assertThat(dcs.write(Optional.of(lease), Change.NONE.put(StoreKey.SYNC, "{}")))
                        .isInstanceOf(WriteResult.Done.class);
                eventually("hints after the restart", () -> hints.get() > before);
            }
        }
    }

    private static void assertUnknownInTime(Dcs dcs, Lease lease) {
        long start = System.nanoTime();
        assertThat(dcs.renewLeaderLock(NODE0, lease)).isInstanceOf(LockResult.Unknown.class);
        assertThat(dcs.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Unknown.class);
        assertThat(dcs.write(Optional.of(lease), Change.NONE)).isInstanceOf(WriteResult.Unknown.class);
        assertThat(dcs.offerLease(NODE0)).isEmpty();
        assertThatThrownBy(dcs::load).isInstanceOf(DcsUnavailableException.class);
        // Five calls of 3 s each; one that ignored its bound would take 10 s, the client's own timeout, or more.
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
    }

    @Test
    @DisplayName("SAF-012 a request is sent once, also when the connection breaks after it was sent")
    void sentOnce() throws Exception {
        var requests = new AtomicInteger();
        try (var broken = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> breakConnections(broken, requests));
            try (var dcs = ConsulServer.client(broken.getLocalPort(), NODE0, "once", TIMING, Map.of())) {
                var lease = new Lease(new LeaseId("8b8f2b1e-0000-0000-0000-000000000000"), new NanoClock().now());
                assertThat(dcs.renewLeaderLock(NODE0, lease)).isInstanceOf(LockResult.Unknown.class);
                assertThat(requests.get()).isEqualTo(1);
                assertThat(dcs.write(Optional.of(lease), Change.NONE.put(StoreKey.STATUS, "{}")))
                        .isInstanceOf(WriteResult.Unknown.class);
                assertThat(requests.get()).isEqualTo(2);
                assertThatThrownBy(dcs::load).isInstanceOf(DcsUnavailableException.class);
                assertThat(requests.get()).as("a read is repeated").isGreaterThan(3);
            }
        }
    }

    private static void breakConnections(ServerSocket server, AtomicInteger requests) {
        while (!server.isClosed()) {
            try (var connection = server.accept()) {
                if (connection.getInputStream().read(new byte[4096]) > 0) {
                    requests.incrementAndGet();
                }
            } catch (IOException e) {
                // The next connection's turn, or the end of the test.
            }
        }
    }

    @Test
    @DisplayName("DCS-066 a read is repeated after HTTP 500, a renewal is not, nor a read that is not allowed")
    void errors() throws Exception {
        var paths = new CopyOnWriteArrayList<String>();
        var status = new AtomicInteger(500);
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            paths.add(exchange.getRequestURI().getPath());
            var text = "No cluster leader".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status.get(), text.length);
            exchange.getResponseBody().write(text);
            exchange.close();
        });
        server.start();
        int port = server.getAddress().getPort();
        try (var dcs = ConsulServer.client(port, NODE0, "errors", TIMING, Map.of())) {
            var lease = new Lease(new LeaseId("8b8f2b1e-0000-0000-0000-000000000000"), new NanoClock().now());
            assertThat(dcs.renewLeaderLock(NODE0, lease))
                    .isInstanceOfSatisfying(
                            LockResult.Unknown.class,
                            unknown -> assertThat(unknown.why()).contains("500", "No cluster leader"));
            assertThat(paths).hasSize(1);

            paths.clear();
            assertThatThrownBy(dcs::load).isInstanceOf(DcsUnavailableException.class);
            assertThat(paths.size()).isGreaterThan(2);

            status.set(403);
            // A scope of its own: the last request of before may still be on its way.
            try (var denied = ConsulServer.client(port, NODE0, "denied", PATIENT, Map.of())) {
                assertThatThrownBy(denied::load).isInstanceOf(DcsUnavailableException.class);
            }
            assertThat(paths).filteredOn(path -> path.contains("denied")).hasSize(1);
            assertThat(dcs.renewLeaderLock(NODE0, lease))
                    .as("a token that is refused says nothing about the hold")
                    .isInstanceOf(LockResult.Unknown.class);
        } finally {
            server.stop(0);
        }
    }

    @Test
    @DisplayName("the token is sent with every request; without one Consul answers nobody who needs it")
    void token() throws Exception {
        var configuration = ConsulServer.SHORT_SESSIONS
                + "acl { enabled = true  default_policy = \"deny\"  tokens { master = \"secret-of-this-test\" } }\n";
        try (var consul = ConsulServer.start(configuration);
                var dcs = consul.client(NODE0, "acl", TIMING, Map.of("token", "secret-of-this-test"));
                var stranger = consul.client(NODE0, "acl", TIMING, Map.of())) {
            eventually("the token is known", () -> dcs.offerLease(NODE0).isPresent());
            var lease = held(dcs.acquireLeaderLock(NODE0, Change.NONE.put(StoreKey.EPOCH, "1 node0")));
            held(dcs.renewLeaderLock(NODE0, lease));
            assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
            assertThat(dcs.load().keys().keySet()).isEqualTo(Set.of(StoreKey.LEADER, StoreKey.EPOCH));

            assertThat(stranger.acquireLeaderLock(NODE0, Change.NONE)).isInstanceOf(LockResult.Unknown.class);
            assertThat(List.of(stranger.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "{}"))))
                    .noneMatch(WriteResult.Done.class::isInstance);
        }
    }
}

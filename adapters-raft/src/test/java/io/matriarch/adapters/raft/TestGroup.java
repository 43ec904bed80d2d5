package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.rpc.TransportSecurity;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.NanoClock;
import io.matriarch.ports.time.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Real members of one group over loopback, in this process. */
final class TestGroup implements AutoCloseable {

    static final Duration WAIT = Duration.ofSeconds(60);

    final List<Endpoint> addresses;
    final Clock clock;
    private final Path directory;
    private final Duration ttl;
    private final List<Optional<RaftNode>> nodes = new ArrayList<>();

    TestGroup(Path directory, int members, Duration ttl) {
        this(directory, members, ttl, new NanoClock());
    }

    TestGroup(Path directory, int members, Duration ttl, Clock clock) {
        this.directory = directory;
        this.ttl = ttl;
        this.clock = clock;
        this.addresses = freeAddresses(members);
        for (int i = 0; i < members; i++) {
            nodes.add(Optional.empty());
        }
    }

    static List<Endpoint> freeAddresses(int count) {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0));
            }
            var addresses = sockets.stream()
                    .map(socket -> new Endpoint("127.0.0.1", socket.getLocalPort()))
                    .toList();
            for (var socket : sockets) {
                socket.close();
            }
            return addresses;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TestGroup startAll() {
        for (int i = 0; i < addresses.size(); i++) {
            start(i);
        }
        leader();
        return this;
    }

    RaftSettings settings(int member) {
        var self = addresses.get(member);
        var partners = addresses.stream().filter(other -> !other.equals(self)).toList();
        return new RaftSettings(
                Optional.of(self),
                Optional.of(self),
                partners,
                directory.resolve(self.toString()),
                new TransportSecurity.Open(java.util.Set.of("127.0.0.1")),
                true);
    }

    RaftNode start(int member) {
        try {
            var node = RaftNode.start(settings(member), clock, ttl);
            nodes.set(member, Optional.of(node));
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RaftNode node(int member) {
        return nodes.get(member).orElseThrow();
    }

    /** Ends it as if by kill -9, as far as one process can: no leadership is handed on. */
    void crash(int member) {
        node(member).crash();
        nodes.set(member, Optional.empty());
    }

    void stop(int member) {
        node(member).close();
        nodes.set(member, Optional.empty());
    }

    /** The number of the member that leads and has applied an entry of its term. */
    int leader() {
        return await("a leader", () -> {
            for (int i = 0; i < nodes.size(); i++) {
                int number = i;
                if (nodes.get(i)
                        .filter(node -> node.machine().leaderTerm() > 0
                                && node.leads()
                                && nodes.get(number).isPresent())
                        .isPresent()) {
                    return Optional.of(i);
                }
            }
            return Optional.empty();
        });
    }

    RaftDcs dcs(int member, String name, String scope, DcsTiming timing) {
        return new RaftDcs(new LocalGateway(node(member), false), context(name, scope, timing));
    }

    DcsContext context(String name, String scope, DcsTiming timing) {
        return new DcsContext(new Scope("service", scope), Optional.of(new MemberName(name)), timing, clock);
    }

    static DcsTiming timing(Duration ttl) {
        return new DcsTiming(ttl, Duration.ofSeconds(1), Duration.ofSeconds(5));
    }

    static <T> T await(String what, Supplier<Optional<T>> supplier) {
        return RaftNode.poll(WAIT, supplier).orElseThrow(() -> new AssertionError("not within " + WAIT + ": " + what));
    }

    static void awaitTrue(String what, BooleanSupplier condition) {
        await(what, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.ifPresent(RaftNode::close));
    }
}

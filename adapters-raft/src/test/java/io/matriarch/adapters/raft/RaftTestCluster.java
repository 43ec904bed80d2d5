package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.log.FileLogSettings;
import io.matriarch.adapters.raft.log.FileOps;
import io.matriarch.adapters.raft.rpc.PeerRole;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.TransportSecurity;
import io.matriarch.adapters.raft.rpc.TransportSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Real jraft nodes in this JVM, each with its own transport, log and counter. */
final class RaftTestCluster implements AutoCloseable {

    private record Member(RaftGroup group, CounterMachine machine, RaftTransport transport) {
        void close() {
            group.close();
            transport.close();
        }
    }

    private final Path directory;
    private final TransportSecurity security;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Map<Integer, Member> running = new TreeMap<>();
    private final Set<Integer> cut = new TreeSet<>();
    private final Map<Integer, FileOps> disks = new TreeMap<>();

    RaftTestCluster(Path directory, TransportSecurity security, int size) throws IOException {
        this.directory = directory;
        this.security = security;
        var sockets = new ArrayList<ServerSocket>();
        for (int i = 0; i < size; i++) {
            var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            endpoints.add(new Endpoint("127.0.0.1", socket.getLocalPort()));
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
    }

    /** Gives a member another disk from its next start on. */
    void disk(int i, FileOps disk) {
        disks.put(i, disk);
    }

    void startAll() throws IOException {
        for (int i = 0; i < endpoints.size(); i++) {
            start(i);
        }
    }

    void start(int i) throws IOException {
        start(i, security);
    }

    void start(int i, TransportSecurity with) throws IOException {
        var self = endpoints.get(i);
        var transport = new RaftTransport(TransportSettings.of(with, PeerRole.VOTER, self.toString()));
        var machine = new CounterMachine();
        var settings = RaftNodeSettings.of(
                        "counter", self, directory.resolve("n" + i), endpoints, Duration.ofSeconds(4))
                .withBind(new InetSocketAddress("127.0.0.1", self.getPort()));
        try {
            var group = RaftNodes.start(
                    settings,
                    machine,
                    transport,
                    List.of(),
                    FileLogSettings.defaults().withSegmentBytes(4096).withFiles(disks.getOrDefault(i, FileOps.real())));
            running.put(i, new Member(group, machine, transport));
        } catch (IOException e) {
            transport.close();
            throw e;
        }
    }

    void stop(int i) {
        cut.remove(i);
        running.remove(i).close();
    }

    /** Takes the network from a member, which goes on running. */
    void cut(int i) {
        cut.add(i);
        running.get(i).transport().close();
    }

    Endpoint endpoint(int i) {
        return endpoints.get(i);
    }

    RaftGroup group(int i) {
        return running.get(i).group();
    }

    CounterMachine machine(int i) {
        return running.get(i).machine();
    }

    Optional<Integer> leader() {
        return running.entrySet().stream()
                .filter(member -> !cut.contains(member.getKey()))
                .filter(member -> member.getValue().group().node().isLeader())
                .map(Map.Entry::getKey)
                .findFirst();
    }

    int awaitLeader() {
        Await.until("a leader", () -> leader().isPresent());
        return leader().orElseThrow();
    }

    /** Adds through whoever leads, again and again until it is committed once. */
    void add(long amount) {
        Await.until("an addition to be committed", () -> tryAdd(amount));
    }

    boolean tryAdd(long amount) {
        var leader = leader();
        if (leader.isEmpty()) {
            return false;
        }
        var done = new CompletableFuture<Status>();
        group(leader.get()).node().apply(new Task(CounterMachine.command(amount), done::complete));
        return get(done).map(Status::isOk).orElse(false);
    }

    boolean tryRead(int i) {
        var done = new CompletableFuture<Status>();
        group(i).node().readIndex(new byte[0], new ReadIndexClosure() {
            @Override
            public void run(Status status, long index, byte[] context) {
                done.complete(status);
            }
        });
        return get(done).map(Status::isOk).orElse(false);
    }

    void awaitSum(long sum) {
        running.forEach((i, member) -> Await.until(
                "member " + i + " to have " + sum, () -> member.machine().sum() == sum));
    }

    private static Optional<Status> get(CompletableFuture<Status> done) {
        try {
            return Optional.of(done.get(10, TimeUnit.SECONDS));
        } catch (TimeoutException | ExecutionException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        running.values().forEach(Member::close);
        running.clear();
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.NodeStatus;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.NanoClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Three members in processes of their own under load, in elections and at rest, and what that costs. */
final class RaftMeasure implements AutoCloseable {

    private static final Duration ASK = Duration.ofSeconds(10);
    private static final int WRITERS = 64;
    private static final String FOLDER = "/service/measured/";

    private final Path directory;
    private final Duration ttl;
    private final List<String> addresses =
            TestGroup.freeAddresses(3).stream().map(Endpoint::toString).toList();
    private final List<MemberProcess> members = new ArrayList<>();
    private final ConsensusAdmin admin = new RaftProvider()
            .admin(MapSection.of(Map.of("partner_addrs", addresses)))
            .orElseThrow();

    RaftMeasure(Path directory, Duration ttl) throws IOException {
        this.directory = directory;
        this.ttl = ttl;
        for (int i = 0; i < addresses.size(); i++) {
            members.add(start(i));
        }
        awaitWrite();
    }

    /** {@code commands N DIRECTORY} or {@code elections N DIRECTORY} */
    public static void main(String[] arguments) throws Exception {
        int number = Integer.parseInt(arguments[1]);
        var directory = Path.of(arguments[2]);
        switch (arguments[0]) {
            case "commands" -> {
                try (var measure = new RaftMeasure(directory, Duration.ofSeconds(5))) {
                    System.out.println(measure.commands(number, 100));
                }
            }
            case "elections" -> {
                for (var ttl : List.of(Duration.ofSeconds(5), Duration.ofSeconds(3))) {
                    try (var measure = new RaftMeasure(directory.resolve("ttl" + ttl.toSeconds()), ttl)) {
                        System.out.println(measure.elections(number));
                    }
                }
            }
            default -> throw new IllegalArgumentException("commands or elections, not " + arguments[0]);
        }
        System.exit(0);
    }

    private MemberProcess start(int number) throws IOException {
        var self = addresses.get(number);
        var partners = addresses.stream().filter(other -> !other.equals(self)).toList();
        return MemberProcess.start(directory, self, partners, ttl);
    }

    /**
     * @param largestBytes of what a member had on its disk at any moment, log and snapshots
     * @param residentKib of the largest member at the end
     */
    record Load(long commands, long seconds, long largestBytes, long lastBytes, long residentKib) {
        @Override
        public String toString() {
            return "%d commands in %d s (%d/s): a member's directory had at most %.1f MiB, %.1f MiB at the end; RSS %.1f MiB"
                    .formatted(
                            commands,
                            seconds,
                            commands / Math.max(1, seconds),
                            largestBytes / 1048576.0,
                            lastBytes / 1048576.0,
                            residentKib / 1024.0);
        }
    }

    /** Writes by many clients at once until that many are acknowledged. */
    Load commands(long number, int valueBytes) throws Exception {
        var left = new AtomicLong(number);
        var done = new AtomicBoolean();
        var largest = new AtomicLong();
        var watcher = Thread.ofVirtual().start(() -> {
            while (!done.get()) {
                addresses.forEach(address -> largest.accumulateAndGet(bytes(address), Math::max));
                Pause.millis(250);
            }
        });
        long start = System.nanoTime();
        var threads = new ArrayList<Thread>();
        try (var client = client()) {
            for (int i = 0; i < WRITERS; i++) {
                var path = FOLDER + "key" + i;
                threads.add(Thread.ofVirtual().start(() -> {
                    while (left.get() > 0) {
                        var value = Long.toString(left.get()) + "x".repeat(valueBytes);
                        var write = new StoreRequest.Propose(RawKey.of(path).write(Optional.of(value)), ASK, true);
                        if (client.ask(write, ASK).reply() instanceof StoreReply.Decided) {
                            left.decrementAndGet();
                        }
                    }
                }));
            }
            for (var thread : threads) {
                thread.join();
            }
        }
        long seconds = (System.nanoTime() - start) / 1_000_000_000;
        done.set(true);
        watcher.join();
        long resident = 0;
        for (var member : members) {
            resident = Math.max(resident, residentKib(member));
        }
        long last = addresses.stream().mapToLong(this::bytes).max().orElseThrow();
        return new Load(number, seconds, largest.get(), last, resident);
    }

    private RemoteGateway client() throws IOException {
        var settings = RaftSettings.client(MapSection.of(Map.of("partner_addrs", addresses)));
        return new RemoteGateway(StoreTransport.client(settings), settings.nearestFirst(), new NanoClock());
    }

    private long bytes(String address) {
        try (var files = Files.walk(directory.resolve(address))) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException | UncheckedIOException e) {
            // A file was deleted meanwhile; the next look counts again.
            return 0;
        }
    }

    private static long residentKib(MemberProcess member) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(member.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    record Elections(Duration electionTimeout, List<Long> sortedMillis) {
        @Override
        public String toString() {
            int last = sortedMillis.size() - 1;
            return "election timeout %d ms: leader killed, ms to the next acknowledged write, N=%d: min %d, median %d, p90 %d, max %d"
                    .formatted(
                            electionTimeout.toMillis(),
                            sortedMillis.size(),
                            sortedMillis.getFirst(),
                            sortedMillis.get(last / 2),
                            sortedMillis.get(last * 9 / 10),
                            sortedMillis.getLast());
        }
    }

    /** Kills the leader that many times. */
    Elections elections(int number) throws Exception {
        var millis = new ArrayList<Long>();
        for (int i = 0; i < number; i++) {
            int leader = TestGroup.await("a leader that everybody has caught up with", this::settledLeader);
            long start = System.nanoTime();
            members.get(leader).kill();
            awaitWrite();
            millis.add((System.nanoTime() - start) / 1_000_000);
            members.get(leader).awaitEnd();
            members.set(leader, start(leader));
        }
        Collections.sort(millis);
        return new Elections(RaftNodeSettings.electionTimeoutFor(ttl), List.copyOf(millis));
    }

    /** Lets a member stand still that often for half an election timeout; says how often the term changed. */
    long stalls(int number) throws Exception {
        var halfTimeout = RaftNodeSettings.electionTimeoutFor(ttl).dividedBy(2);
        int leader = TestGroup.await("a leader that everybody has caught up with", this::settledLeader);
        long before = term(leader);
        for (int i = 0; i < number; i++) {
            var member = members.get((leader + i) % members.size());
            member.suspend();
            Pause.millis(halfTimeout.toMillis());
            member.resume();
            Pause.millis(halfTimeout.toMillis() * 2);
        }
        return term(leader) - before;
    }

    private long term(int member) throws DcsUnavailableException {
        return admin.status(addresses.get(member), ASK).term();
    }

    private Optional<Integer> settledLeader() {
        var found = Optional.<Integer>empty();
        for (int i = 0; i < addresses.size(); i++) {
            NodeStatus status;
            try {
                status = admin.status(addresses.get(i), ASK);
            } catch (DcsUnavailableException e) {
                return Optional.empty();
            }
            if (status.leader().isEmpty() || status.lastApplied() < status.leaderCommitIndex()) {
                return Optional.empty();
            }
            found = status.state() == 2 ? Optional.of(i) : found;
        }
        return found;
    }

    private void awaitWrite() {
        TestGroup.awaitTrue("a write", () -> admin.put(FOLDER + "probe", "x", ASK) instanceof WriteResult.Done);
    }

    @Override
    public void close() {
        admin.close();
        members.forEach(MemberProcess::close);
    }
}

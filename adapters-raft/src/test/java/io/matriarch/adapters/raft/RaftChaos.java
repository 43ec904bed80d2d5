package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.rpc.JraftDefaults;
import io.matriarch.ports.testing.NanoClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Kills all members at once in the middle of writes, again and again, and looks at what is left: nothing that was
 * acknowledged may be missing, nothing whose end was acknowledged may be back, every member has to say the same, and there
 * has to be a leader soon. Sometimes a member finds half a record behind its log, as a crash of the machine leaves it.
 */
final class RaftChaos implements AutoCloseable {

    private static final Duration ASK = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MEMBERS = 3;
    private static final int WRITERS = 3;
    private static final int VALUE_BYTES = 2000;
    private static final int TORN_BYTES = 300;
    private static final String FOLDER = "/service/chaos/";
    private static final String PROBE = FOLDER + "probe";
    private static final String CUT = "they were never acknowledged";

    /**
     * @param ttl decides the election timeout
     * @param seed chooses what is written, when all are killed, and whose log is torn
     */
    record Plan(Path directory, int rounds, Duration ttl, long seed) {}

    /**
     * What happened.
     *
     * @param unanswered writes that were on their way when everybody was killed
     * @param torn logs that got half a record, each of which its member has to recognise and to report
     * @param leaderMillis of each round: from the start of the last member to the first acknowledged write, sorted
     * @param spawnMillis the same from before the first process was made
     */
    record Figures(
            int rounds,
            long acknowledged,
            long deleted,
            long unanswered,
            int torn,
            int snapshots,
            List<Long> leaderMillis,
            List<Long> spawnMillis,
            Duration electionTimeout) {

        @Override
        public String toString() {
            return """
                    %d rounds: %d writes acknowledged, %d of them deletions, %d without an answer when all were killed, \
                    %d logs torn and cut, %d snapshots
                    ms from the start of the last member to the first acknowledged write, election timeout %d: %s
                    ms from before the first process was made: %s""".formatted(
                            rounds,
                            acknowledged,
                            deleted,
                            unanswered,
                            torn,
                            snapshots,
                            electionTimeout.toMillis(),
                            distribution(leaderMillis),
                            distribution(spawnMillis));
        }

        private static String distribution(List<Long> sorted) {
            int last = sorted.size() - 1;
            return "min %d, median %d, p90 %d, p99 %d, max %d"
                    .formatted(
                            sorted.getFirst(),
                            sorted.get(last / 2),
                            sorted.get(last * 90 / 100),
                            sorted.get(last * 99 / 100),
                            sorted.getLast());
        }
    }

    private final Plan plan;
    private final Random random;
    private final List<String> addresses =
            TestGroup.freeAddresses(MEMBERS).stream().map(Endpoint::toString).toList();
    private final List<MemberProcess> members = new ArrayList<>();
    private final List<Writer> writers = new ArrayList<>();
    private final List<Long> leaderMillis = new ArrayList<>();
    private final List<Long> spawnMillis = new ArrayList<>();
    private int torn;
    private int snapshots;

    RaftChaos(Plan plan) {
        this.plan = plan;
        this.random = new Random(plan.seed());
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new Writer(FOLDER + "writer" + i, random.nextLong()));
        }
    }

    /** {@code ROUNDS TTL_SECONDS SEED DIRECTORY} */
    public static void main(String[] arguments) throws Exception {
        JraftDefaults.set();
        var plan = new Plan(
                Path.of(arguments[3]),
                Integer.parseInt(arguments[0]),
                Duration.ofSeconds(Long.parseLong(arguments[1])),
                Long.parseLong(arguments[2]));
        try (var chaos = new RaftChaos(plan)) {
            var figures = chaos.run();
            System.out.println(figures);
            System.out.println("no acknowledged write lost, no key resurrected");
        }
        System.exit(0);
    }

    /**
     * Runs all rounds.
     *
     * @throws AssertionError that says what was lost, in which round, with which seed
     */
    Figures run() throws Exception {
        for (int round = 0; round < plan.rounds(); round++) {
            startAll(round);
            writeAndKill(round);
        }
        startAll(plan.rounds());
        Collections.sort(leaderMillis);
        Collections.sort(spawnMillis);
        return new Figures(
                plan.rounds(),
                writers.stream().mapToLong(writer -> writer.acknowledgements).sum(),
                writers.stream().mapToLong(writer -> writer.deletions).sum(),
                writers.stream().mapToLong(writer -> writer.unanswered).sum(),
                torn,
                snapshots,
                List.copyOf(leaderMillis),
                List.copyOf(spawnMillis),
                RaftNodeSettings.electionTimeoutFor(plan.ttl()));
    }

    private void startAll(int round) throws IOException {
        long spawned = System.nanoTime();
        members.clear();
        for (var self : addresses) {
            var partners =
                    addresses.stream().filter(other -> !other.equals(self)).toList();
            members.add(MemberProcess.start(plan.directory(), self, partners, plan.ttl()));
        }
        var started = new AtomicLong();
        var watcher = Thread.ofVirtual().start(() -> {
            members.forEach(MemberProcess::awaitStarted);
            started.set(System.nanoTime());
        });
        try (var client = client(addresses)) {
            TestGroup.awaitTrue(
                    "%s: a write after the start".formatted(where(round)),
                    () -> client.ask(write(PROBE, Optional.of("round " + round)), ASK)
                                    .reply()
                            instanceof StoreReply.Decided);
            long now = System.nanoTime();
            join(watcher);
            // Two of three may have elected one before the third was there.
            leaderMillis.add(Math.max(0, now - started.get()) / 1_000_000);
            spawnMillis.add((now - spawned) / 1_000_000);
        }
        long bound = 5 * RaftNodeSettings.electionTimeoutFor(plan.ttl()).toMillis();
        if (leaderMillis.getLast() > bound) {
            throw new AssertionError("%s: no leader within %d ms of the last start, but after %d ms"
                    .formatted(where(round), bound, leaderMillis.getLast()));
        }
        check(round);
    }

    private String where(int round) {
        return "round %d of seed %d in %s".formatted(round, plan.seed(), plan.directory());
    }

    private static RemoteGateway client(List<String> addresses) throws IOException {
        var settings = RaftSettings.client(MapSection.of(Map.of("partner_addrs", addresses)));
        return new RemoteGateway(StoreTransport.client(settings), settings.nearestFirst(), new NanoClock());
    }

    private static StoreRequest write(String path, Optional<String> value) {
        return new StoreRequest.Propose(RawKey.of(path).write(value), ASK, true);
    }

    /** Each member is asked for its own copy, once it has everything that was committed when it was asked. */
    private void check(int round) throws IOException {
        for (var address : addresses) {
            var member = Addresses.parse(address).orElseThrow();
            var settings = RaftSettings.client(MapSection.of(Map.of("partner_addrs", addresses)));
            try (var transport = StoreTransport.client(settings);
                    var links = new PeerLinks(transport, new NanoClock())) {
                var own = new StoreRequest.Read(FOLDER, ASK, false);
                var entries = RaftNode.poll(
                                PATIENCE,
                                () -> links.ask(member, own, ASK)
                                                instanceof Asked.Answered(StoreReply.Entries found, var _)
                                        ? Optional.of(found.entries())
                                        : Optional.empty())
                        .orElseThrow(() -> new AssertionError(where(round) + ": " + address + " cannot be read"));
                writers.forEach(writer ->
                        writer.check(where(round) + " at " + address, Optional.ofNullable(entries.get(writer.path))));
            }
        }
        writers.forEach(Writer::settle);
    }

    private void writeAndKill(int round) throws Exception {
        var stop = new AtomicBoolean();
        long before =
                writers.stream().mapToLong(writer -> writer.acknowledgements).sum();
        var threads = writers.stream().map(writer -> writer.start(stop)).toList();
        TestGroup.awaitTrue(
                where(round) + ": writes",
                () -> writers.stream()
                                .mapToLong(writer -> writer.acknowledgements)
                                .sum()
                        >= before + 3 * WRITERS);
        if (random.nextInt(5) == 0) {
            snapshot(addresses.get(random.nextInt(MEMBERS)));
        }
        Pause.millis(random.nextInt(400));
        MemberProcess.killAll(members);
        for (var member : members) {
            member.awaitEnd();
        }
        stop.set(true);
        for (var thread : threads) {
            join(thread);
        }
        for (var address : addresses) {
            if (random.nextInt(3) == 0) {
                tear(round, address);
            }
        }
    }

    private void snapshot(String address) {
        try (var admin = new RaftProvider()
                .admin(MapSection.of(Map.of("partner_addrs", List.of(address))))
                .orElseThrow()) {
            admin.snapshot(address, ASK);
            snapshots++;
        }
    }

    /** Half a record behind the last whole one; the next start has to cut it off and to say so. */
    private void tear(int round, String address) throws IOException {
        Path last;
        try (var files = Files.list(plan.directory().resolve(address).resolve(RaftNodes.LOG))) {
            last = files.filter(file -> file.getFileName().toString().startsWith("log-"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
        var bytes = new byte[1 + random.nextInt(TORN_BYTES)];
        random.nextBytes(bytes);
        Files.write(last, bytes, StandardOpenOption.APPEND);
        torn++;
    }

    /** How many members have said that they cut a torn end. */
    int cuts() throws IOException {
        int cuts = 0;
        for (var address : addresses) {
            cuts += (int) MemberProcess.log(plan.directory(), address)
                    .lines()
                    .filter(line -> line.contains(CUT))
                    .count();
        }
        return cuts;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        members.forEach(MemberProcess::close);
    }

    /** One key, written by one thread: numbers that grow, and deletions. */
    private final class Writer {
        private final String path;
        private final Random choice;
        /** What the key may hold: the last acknowledged attempt or a later one, by their numbers. */
        private final TreeMap<Long, Optional<String>> possible = new TreeMap<>(Map.of(0L, Optional.empty()));

        private Optional<Long> found = Optional.empty();
        private long number;
        private volatile long acknowledgements;
        private long deletions;
        private long unanswered;

        Writer(String path, long seed) {
            this.path = path;
            this.choice = new Random(seed);
        }

        Thread start(AtomicBoolean stop) {
            return Thread.ofVirtual().start(() -> {
                try (var client = client(addresses)) {
                    while (!stop.get()) {
                        attempt(client);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        private void attempt(RemoteGateway client) {
            long own = ++number;
            var value = choice.nextInt(4) == 0
                    ? Optional.<String>empty()
                    : Optional.of(own + " " + "x".repeat(choice.nextInt(VALUE_BYTES)));
            possible.put(own, value);
            switch (client.ask(write(path, value), ASK).reply()) {
                case StoreReply.Decided(Outcome.Applied _) -> {
                    possible.headMap(own).clear();
                    acknowledgements++;
                    deletions += value.isEmpty() ? 1 : 0;
                }
                // It says that nothing was done for certain, so it must not be seen either.
                case StoreReply.NotLeader _ -> {
                    possible.remove(own);
                    Pause.millis(5);
                }
                case StoreReply.Failed _ -> {
                    unanswered++;
                    Pause.millis(5);
                }
                case StoreReply other -> throw new AssertionError("an answer to something else: " + other);
            }
        }

        void check(String where, Optional<StoreEntry> entry) {
            var value = entry.map(StoreEntry::value);
            var matching = possible.entrySet().stream()
                    .filter(attempt -> attempt.getValue().equals(value))
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (matching.isEmpty()) {
                throw new AssertionError("%s: %s holds %s, which is none of the attempts %s"
                        .formatted(where, path, shown(value), possible.keySet()));
            }
            if (found.isPresent() && !possible.get(found.get()).equals(value)) {
                throw new AssertionError("%s: %s holds %s, another member has attempt %d"
                        .formatted(where, path, shown(value), found.get()));
            }
            found = matching;
        }

        private static String shown(Optional<String> value) {
            return value.map(text -> "attempt " + text.substring(0, text.indexOf(' ')))
                    .orElse("nothing");
        }

        /** What is there now stays until the next attempt. */
        void settle() {
            var value = possible.get(found.orElseThrow());
            possible.clear();
            possible.put(number, value);
            found = Optional.empty();
        }
    }
}

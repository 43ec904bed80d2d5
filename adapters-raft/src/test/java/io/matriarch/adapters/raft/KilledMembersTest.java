package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.NanoClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("members in processes of their own, killed with -9")
class KilledMembersTest {

    private static final Duration TTL = Duration.ofSeconds(3);
    private static final List<StoreKey> KEYS = List.of(StoreKey.STATUS, StoreKey.HISTORY, StoreKey.FAILSAFE);
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int WRITES_A_ROUND = 60;

    @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.ON_SUCCESS)
    Path directory;

    private final List<MemberProcess> processes = new ArrayList<>();
    private final List<String> addresses =
            TestGroup.freeAddresses(3).stream().map(Endpoint::toString).toList();

    @AfterEach
    void killAll() {
        processes.forEach(MemberProcess::close);
    }

    private void startAll() throws IOException {
        processes.clear();
        for (var self : addresses) {
            var partners =
                    addresses.stream().filter(other -> !other.equals(self)).toList();
            processes.add(MemberProcess.start(directory, self, partners, TTL));
        }
    }

    private Dcs client() {
        var section = MapSection.of(Map.of("partner_addrs", addresses));
        var timing = new DcsTiming(TTL, Duration.ofSeconds(1), Duration.ofSeconds(2));
        var context = new DcsContext(
                new Scope("service", "killed"), Optional.of(new MemberName("node0")), timing, new NanoClock());
        return new RaftProvider().client(section, context);
    }

    /**
     * Counts one key up, each time on the revision of the last one: an attempt without an answer may still be applied, but
     * never after a later one.
     */
    private final class Writer {
        private final StoreKey key;
        private final AtomicLong tried = new AtomicLong();
        private final AtomicLong acknowledged = new AtomicLong();

        Writer(StoreKey key) {
            this.key = key;
        }

        Thread start(AtomicBoolean stop) {
            return Thread.ofVirtual().start(() -> {
                try (var dcs = client()) {
                    var revision = Optional.<Revision>empty();
                    while (!stop.get()) {
                        revision = revision.isEmpty()
                                ? read(dcs).map(snapshot -> snapshot.revision(key))
                                : count(dcs, revision.get());
                    }
                }
            });
        }

        private Optional<Revision> count(Dcs dcs, Revision read) {
            long number = tried.incrementAndGet();
            var change = Change.NONE.when(key, read).put(key, Long.toString(number));
            if (dcs.write(Optional.empty(), change) instanceof WriteResult.Done(var revision)) {
                acknowledged.set(number);
                return Optional.of(revision);
            }
            return Optional.empty();
        }
    }

    @Test
    @DisplayName("all members killed at once amid writes, three times: no acknowledged write is lost")
    void allAtOnce() throws Exception {
        var writers = KEYS.stream().map(Writer::new).toList();
        for (int round = 0; round < ROUNDS; round++) {
            startAll();
            var stop = new AtomicBoolean();
            var floor =
                    writers.stream().map(writer -> writer.acknowledged.get()).toList();
            var threads = writers.stream().map(writer -> writer.start(stop)).toList();
            for (int i = 0; i < writers.size(); i++) {
                var writer = writers.get(i);
                long wanted = floor.get(i) + WRITES_A_ROUND;
                TestGroup.awaitTrue("writes of round " + round, () -> writer.acknowledged.get() >= wanted);
            }
            processes.forEach(MemberProcess::kill);
            stop.set(true);
            for (var process : processes) {
                process.awaitEnd();
            }
            for (var thread : threads) {
                thread.join();
            }
            startAll();
            check(writers, round);
            processes.forEach(MemberProcess::kill);
            for (var process : processes) {
                process.awaitEnd();
            }
        }
    }

    private void check(List<Writer> writers, int round) {
        try (var dcs = client()) {
            var snapshot = TestGroup.await("a read after the restart", () -> read(dcs));
            for (var writer : writers) {
                var text = snapshot.get(writer.key).orElseThrow().text();
                assertThat(Long.parseLong(text))
                        .as("round %d, %s", round, writer.key)
                        .isBetween(writer.acknowledged.get(), writer.tried.get());
            }
        }
    }

    private static Optional<StoreSnapshot> read(Dcs dcs) {
        try {
            return Optional.of(dcs.load());
        } catch (DcsUnavailableException e) {
            return Optional.empty();
        }
    }
}

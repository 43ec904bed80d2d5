package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.NanoClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures and judges nothing, so it is no test by name: {@code mvn test -Dtest=RaftFigures}. */
class RaftFigures {

    private static final Logger log = LoggerFactory.getLogger("figures");
    private static final int OPERATIONS = 1000;
    private static final int KILLS = 12;

    @TempDir
    Path directory;

    private final List<MemberProcess> members = new ArrayList<>();
    private final List<String> addresses =
            TestGroup.freeAddresses(3).stream().map(Endpoint::toString).toList();

    @AfterEach
    void end() {
        members.forEach(MemberProcess::close);
    }

    private interface Operation {
        boolean run() throws DcsUnavailableException;
    }

    @Test
    void figures() throws Exception {
        for (var ttl : List.of(Duration.ofSeconds(5), Duration.ofSeconds(3))) {
            var place = directory.resolve("ttl" + ttl.toSeconds());
            for (int i = 0; i < addresses.size(); i++) {
                members.add(start(i, place, ttl));
            }
            var section = MapSection.of(Map.of("partner_addrs", addresses));
            var timing = new DcsTiming(ttl, Duration.ofSeconds(1), Duration.ofSeconds(2));
            var context = new DcsContext(
                    new Scope("service", "figures"), Optional.of(new MemberName("node0")), timing, new NanoClock());
            try (var dcs = new RaftProvider().client(section, context);
                    var admin = new RaftProvider().admin(section).orElseThrow()) {
                TestGroup.awaitTrue("a write", () -> write(dcs, 0));
                if (members.size() == 3 && ttl.toSeconds() == 5) {
                    latency("warm-up", () -> write(dcs, 1));
                    latency("write", () -> write(dcs, 2));
                    latency("load", () -> !dcs.load().keys().isEmpty());
                    memory();
                }
                failover(dcs, admin, place, ttl);
            }
            members.forEach(MemberProcess::close);
            members.clear();
        }
    }

    private MemberProcess start(int number, Path place, Duration ttl) throws IOException {
        var self = addresses.get(number);
        return MemberProcess.start(
                place,
                self,
                addresses.stream().filter(other -> !other.equals(self)).toList(),
                ttl);
    }

    private static boolean write(Dcs dcs, int value) {
        return dcs.write(Optional.empty(), Change.NONE.put(StoreKey.STATUS, "{\"optime\":" + value + "}"))
                instanceof WriteResult.Done;
    }

    private static void latency(String what, Operation operation) throws DcsUnavailableException {
        var micros = new ArrayList<Long>();
        int failed = 0;
        for (int i = 0; i < OPERATIONS; i++) {
            long start = System.nanoTime();
            failed += operation.run() ? 0 : 1;
            micros.add((System.nanoTime() - start) / 1000);
        }
        Collections.sort(micros);
        log.warn(
                "{}: p50 {} us, p99 {} us, max {} us, failed {}",
                what,
                micros.get(OPERATIONS / 2),
                micros.get(OPERATIONS * 99 / 100),
                micros.getLast(),
                failed);
    }

    private void memory() throws IOException {
        for (var member : members) {
            Files.readAllLines(Path.of("/proc", Long.toString(member.pid()), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS") || line.startsWith("Threads"))
                    .forEach(line -> log.warn("member {}", line));
        }
    }

    private void failover(Dcs dcs, ConsensusAdmin admin, Path place, Duration ttl) throws Exception {
        var millis = new ArrayList<Long>();
        for (int i = 0; i < KILLS; i++) {
            int leader = TestGroup.await("a leader", () -> leader(admin));
            long start = System.nanoTime();
            members.get(leader).kill();
            TestGroup.awaitTrue("a write", () -> write(dcs, 3));
            millis.add((System.nanoTime() - start) / 1_000_000);
            members.get(leader).awaitEnd();
            members.set(leader, start(leader, place, ttl));
            TestGroup.awaitTrue("the member is back", () -> isBack(admin, leader));
        }
        Collections.sort(millis);
        log.warn(
                "ttl {}: leader killed, ms until a client's next write, N={}: min {} median {} max {} all {}",
                ttl.toSeconds(),
                KILLS,
                millis.getFirst(),
                millis.get(KILLS / 2),
                millis.getLast(),
                millis);
    }

    private Optional<Integer> leader(ConsensusAdmin admin) {
        for (int i = 0; i < addresses.size(); i++) {
            try {
                if (admin.status(addresses.get(i), Duration.ofSeconds(1)).state() == 2) {
                    return Optional.of(i);
                }
            } catch (DcsUnavailableException e) {
                log.debug("not this one", e);
            }
        }
        return Optional.empty();
    }

    private boolean isBack(ConsensusAdmin admin, int number) {
        try {
            var status = admin.status(addresses.get(number), Duration.ofSeconds(1));
            return status.leader().isPresent() && status.lastApplied() == status.leaderCommitIndex();
        } catch (DcsUnavailableException e) {
            return false;
        }
    }
}

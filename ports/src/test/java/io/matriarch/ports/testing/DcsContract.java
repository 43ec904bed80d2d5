package io.matriarch.ports.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every store owes the agent. A store's test extends it and adds only how a client is opened and which ttl the
 * store can do; the parts about the lock are in {@link DcsLockContract} and {@link DcsHandOverContract}.
 */
public abstract class DcsContract extends DcsHandOverContract {

    private static final Duration HINT = Duration.ofSeconds(30);
    private static final Duration QUIET = Duration.ofMillis(1500);

    @Test
    @DisplayName("an empty scope reads as empty")
    void emptyScope() {
        var snapshot = load(first);

        assertThat(snapshot.keys()).isEmpty();
        assertThat(snapshot.members()).isEmpty();
        assertThat(snapshot.revision(StoreKey.CONFIG)).isEqualTo(Revision.ABSENT);
    }

    @Test
    @DisplayName("DCS-050 a load after an own write sees it, and so does everybody's")
    void readYourWrites() {
        for (int i = 0; i < 20; i++) {
            put(first, StoreKey.STATUS, "{\"optime\":" + i + "}");
            assertThat(text(first, StoreKey.STATUS)).isEqualTo("{\"optime\":" + i + "}");
            assertThat(text(second, StoreKey.STATUS)).isEqualTo("{\"optime\":" + i + "}");
        }
    }

    @Test
    @DisplayName("every key of the layout keeps its own value, empty text included")
    void everyKey() {
        for (var key : StoreKey.values()) {
            if (key != StoreKey.LEADER) {
                put(first, key, key == StoreKey.INITIALIZE ? "" : "value of " + key.path());
            }
        }
        var snapshot = load(second);
        for (var key : StoreKey.values()) {
            if (key != StoreKey.LEADER) {
                assertThat(snapshot.get(key).map(StoredValue::text))
                        .as(key.path())
                        .contains(key == StoreKey.INITIALIZE ? "" : "value of " + key.path());
                assertThat(snapshot.revision(key).exists()).isTrue();
            }
        }
        assertThat(snapshot.get(StoreKey.LEADER)).isEmpty();
    }

    @Test
    @DisplayName("a write is refused when the key changed since it was read, and succeeds on the new revision")
    void compareAndSet() {
        put(first, StoreKey.CONFIG, "a");
        var read = load(first).revision(StoreKey.CONFIG);
        put(second, StoreKey.CONFIG, "b");

        assertRefused(first.write(
                Optional.empty(), Change.NONE.when(StoreKey.CONFIG, read).put(StoreKey.CONFIG, "c")));
        assertThat(text(first, StoreKey.CONFIG)).isEqualTo("b");

        var now = load(first).revision(StoreKey.CONFIG);
        assertThat(now).isNotEqualTo(read);
        assertDone(first.write(
                Optional.empty(), Change.NONE.when(StoreKey.CONFIG, now).put(StoreKey.CONFIG, "c")));
        assertThat(text(second, StoreKey.CONFIG)).isEqualTo("c");
    }

    @Test
    @DisplayName("DCS-062 a write answers with the revision that its keys have from then on")
    void revisionOfWrite() {
        var change = Change.NONE.put(StoreKey.SYNC, "a").put(StoreKey.EPOCH, "1");
        var written = done(first.write(Optional.empty(), change));
        assertThat(load(second).revision(StoreKey.SYNC)).isEqualTo(written);
        assertThat(load(second).revision(StoreKey.EPOCH)).isEqualTo(written);

        var lease = acquired(first, NODE0);
        var fenced = Change.NONE.when(StoreKey.SYNC, written).put(StoreKey.SYNC, "b");
        var again = done(first.write(Optional.of(lease), fenced));
        assertThat(again).isNotEqualTo(written);
        assertThat(load(second).revision(StoreKey.SYNC)).isEqualTo(again);
    }

    @Test
    @DisplayName("a transaction over several keys is applied as a whole or not at all")
    void severalKeys() {
        put(first, StoreKey.SYNC, "s");
        var sync = load(first).revision(StoreKey.SYNC);
        var change = Change.NONE
                .when(StoreKey.SYNC, sync)
                .when(StoreKey.FAILOVER, Revision.ABSENT)
                .put(StoreKey.HISTORY, "[]")
                .put(StoreKey.STATUS, "{}")
                .delete(StoreKey.SYNC);
        put(second, StoreKey.FAILOVER, "{}");
        assertRefused(first.write(Optional.empty(), change));
        assertThat(load(second).keys().keySet()).containsExactlyInAnyOrder(StoreKey.SYNC, StoreKey.FAILOVER);

        assertDone(second.write(Optional.empty(), Change.NONE.delete(StoreKey.FAILOVER)));
        assertDone(first.write(Optional.empty(), change));
        assertThat(load(second).keys().keySet()).containsExactlyInAnyOrder(StoreKey.HISTORY, StoreKey.STATUS);
    }

    @Test
    @DisplayName("DCS-077 of two who create a key at once exactly one wins")
    void createRace() throws Exception {
        var create = Change.NONE.when(StoreKey.INITIALIZE, Revision.ABSENT);
        for (int round = 0; round < 5; round++) {
            List<Callable<WriteResult>> racers = List.of(
                    () -> first.write(Optional.empty(), create.put(StoreKey.INITIALIZE, "")),
                    () -> second.write(Optional.empty(), create.put(StoreKey.INITIALIZE, "")));
            try (var threads = Executors.newFixedThreadPool(2)) {
                var left = threads.submit(racers.get(0));
                var right = threads.submit(racers.get(1));
                assertThat(List.of(left.get(), right.get()))
                        .filteredOn(WriteResult.Done.class::isInstance)
                        .hasSize(1);
                assertThat(List.of(left.get(), right.get()))
                        .filteredOn(WriteResult.Refused.class::isInstance)
                        .hasSize(1);
            }
            assertDone(first.write(Optional.empty(), Change.NONE.delete(StoreKey.INITIALIZE)));
        }
    }

    @Test
    @DisplayName("DCS-078 a deleted key is gone, deleting it again is no error, and a new one has a new revision")
    void delete() {
        put(first, StoreKey.INITIALIZE, "1");
        var old = load(first).revision(StoreKey.INITIALIZE);

        assertDone(second.write(Optional.empty(), Change.NONE.delete(StoreKey.INITIALIZE)));
        assertThat(load(first).get(StoreKey.INITIALIZE)).isEmpty();
        assertDone(second.write(Optional.empty(), Change.NONE.delete(StoreKey.INITIALIZE)));

        put(first, StoreKey.INITIALIZE, "1");
        assertThat(load(first).revision(StoreKey.INITIALIZE)).isNotEqualTo(old);
        var stale = Change.NONE.when(StoreKey.INITIALIZE, old).delete(StoreKey.INITIALIZE);
        assertRefused(second.write(Optional.empty(), stale));
    }

    @Test
    @DisplayName("any member writes unfenced keys while another one holds the lock")
    void unfencedWrites() {
        acquired(first, NODE0);

        put(second, StoreKey.FAILOVER, "{\"leader\":\"node0\"}");
        assertThat(text(first, StoreKey.FAILOVER)).isEqualTo("{\"leader\":\"node0\"}");
    }

    @Test
    @DisplayName("values are UTF-8 text of at least 100 KiB")
    void largeText() {
        var value = "{\"name\":\"Grüße \uD83D\uDC18 \u4E2D\u6587\\n\",\"filler\":\"" + "x".repeat(100 * 1024) + "\"}";
        put(first, StoreKey.CONFIG, value);
        assertThat(text(second, StoreKey.CONFIG)).isEqualTo(value);

        assertDone(first.publishMember(NODE0, "{\"tags\":{\"ort\":\"Köln\"}}"));
        assertThat(load(second).members().get(NODE0).text()).isEqualTo("{\"tags\":{\"ort\":\"Köln\"}}");
    }

    @Test
    @DisplayName("two scopes do not see each other, also where one's name begins with the other's")
    void scopes() {
        var other = client(NODE0, scope() + "2");
        acquired(first, NODE0);
        put(first, StoreKey.CONFIG, "{}");
        assertDone(first.publishMember(NODE0, "{}"));

        assertThat(load(other).keys()).isEmpty();
        assertThat(load(other).members()).isEmpty();
        acquired(other, NODE0);
        assertDone(first.removeCluster());
        assertThat(text(other, StoreKey.LEADER)).isEqualTo("node0");
    }

    @Test
    @DisplayName("DCS-037 member keys appear with their text and lease, and unchanged ones keep their revision")
    void members() {
        assertDone(first.publishMember(NODE0, "{\"state\":\"running\"}"));
        assertDone(second.publishMember(NODE1, "{\"state\":\"starting\"}"));
        var published = load(second).members();
        assertThat(published.keySet()).containsExactly(NODE0, NODE1);
        assertThat(published.get(NODE0).text()).isEqualTo("{\"state\":\"running\"}");
        assertThat(published.get(NODE0).lease()).isPresent();

        assertDone(first.publishMember(NODE0, "{\"state\":\"running\"}"));
        assertDone(second.publishMember(NODE1, "{\"state\":\"running\"}"));
        var again = load(first).members();
        assertThat(again.get(NODE0).revision()).isEqualTo(published.get(NODE0).revision());
        assertThat(again.get(NODE1).text()).isEqualTo("{\"state\":\"running\"}");
    }

    @Test
    @DisplayName(
            "DCS-038 a member's key lives as long as it publishes and ends within ttl and slack after the last time")
    void memberExpires() {
        var end = clock().now().plus(ttl().multipliedBy(2));
        while (!clock().now().hasReached(end)) {
            assertDone(first.publishMember(NODE0, "{}"));
            passTime(ttl().dividedBy(6));
            assertThat(load(second).members()).containsKey(NODE0);
        }
        eventually(
                "the member's key ends",
                ttl().plus(slack()),
                () -> load(second).members().isEmpty());

        assertDone(first.publishMember(NODE0, "{}"));
        assertThat(load(second).members()).containsKey(NODE0);
    }

    @Test
    @DisplayName("a member that nobody renews the lock for keeps its own key, and the other way round")
    void memberAndLockAreApart() {
        acquired(first, NODE0);
        eventually("the leader key ends while the member publishes", ttl().plus(slack()), () -> {
            assertDone(first.publishMember(NODE0, "{}"));
            return load(second).get(StoreKey.LEADER).isEmpty();
        });
        assertThat(load(second).members()).containsKey(NODE0);
    }

    @Test
    @DisplayName("DCS-081 remove ends every key of the cluster; members that live come back")
    void removeCluster() {
        var lease = acquired(first, NODE0);
        put(first, StoreKey.CONFIG, "{}");
        put(first, StoreKey.LEGACY_OPTIME, "1");
        assertDone(first.publishMember(NODE0, "{}"));

        assertDone(second.removeCluster());

        assertThat(load(first).keys()).isEmpty();
        assertThat(load(first).members()).isEmpty();
        assertRefused(first.renewLeaderLock(NODE0, lease));
        assertDone(first.publishMember(NODE0, "{}"));
        assertThat(load(second).members()).containsKey(NODE0);
        acquired(second, NODE1);
    }

    @Test
    @DisplayName(
            "DCS-048 DCS-064 another's change of the leader, configuration, failover, sync or initialize key wakes")
    void watchFires() throws Exception {
        var hints = new AtomicInteger();
        try (var _ = second.watch(hints::incrementAndGet)) {
            settle(hints);
            for (var key : List.of(StoreKey.CONFIG, StoreKey.FAILOVER, StoreKey.SYNC, StoreKey.INITIALIZE)) {
                wakes(hints, key + " created", () -> put(first, key, "1"));
                wakes(hints, key + " changed", () -> put(first, key, "2"));
                wakes(
                        hints,
                        key + " deleted",
                        () -> assertDone(first.write(Optional.empty(), Change.NONE.delete(key))));
            }
            wakes(hints, "leader came", () -> acquired(first, NODE0));
            wakes(hints, "leader ended", () -> letLeaseEnd(first));
        }
    }

    @Test
    @DisplayName("SAF-060 SAF-014 a hand-over, an adoption and a release wake")
    void watchFiresOnChangeOfHands() throws Exception {
        var third = client(NODE2);
        var hints = new AtomicInteger();
        try (var _ = third.watch(hints::incrementAndGet)) {
            settle(hints);
            var lease = acquired(first, NODE0);
            settle(hints, () -> held(first.renewLeaderLock(NODE0, lease)));
            var offered = second.offerLease(NODE1).orElseThrow();
            wakes(hints, "hand-over", () -> assertDone(first.handOverLeaderLock(lease, NODE1, offered, Change.NONE)));
            var adopted = held(second.adoptLeaderLock(NODE1, offered));
            settle(hints, () -> held(second.renewLeaderLock(NODE1, adopted)));
            wakes(hints, "release", () -> assertDone(second.releaseLeaderLock(adopted, Change.NONE)));
        }
    }

    @Test
    @DisplayName("a member that comes or goes wakes; its new positions do not, nor does a renewal")
    void watchOfMembers() throws Exception {
        var lease = acquired(first, NODE0);
        var hints = new AtomicInteger();
        try (var _ = second.watch(hints::incrementAndGet)) {
            Runnable renewal = () -> held(first.renewLeaderLock(NODE0, lease));
            settle(hints, renewal);
            wakes(hints, "member came", () -> assertDone(first.publishMember(NODE0, "{\"xlog_location\":1}")));
            Runnable publication = () -> assertDone(first.publishMember(NODE0, "{\"xlog_location\":1}"));
            settle(hints, () -> {
                renewal.run();
                publication.run();
            });
            int before = hints.get();
            for (int i = 2; i < 6; i++) {
                held(first.renewLeaderLock(NODE0, lease));
                assertDone(first.publishMember(NODE0, "{\"xlog_location\":" + i + "}"));
                assertDone(first.write(Optional.of(lease), Change.NONE.put(StoreKey.STATUS, "{\"optime\":" + i + "}")));
                passTime(Duration.ofMillis(200));
            }
            assertThat(hints.get()).as("hints of renewals and positions").isEqualTo(before);
            assertDone(first.releaseLeaderLock(lease, Change.NONE));
            settle(hints, publication);
            wakes(
                    hints,
                    "member went",
                    () -> eventually(
                            "the member's key ends",
                            ttl().plus(slack()),
                            () -> load(first).members().isEmpty()));
        }
    }

    @Test
    @DisplayName("a watch that is closed calls nobody any more, and others go on")
    void closedWatch() throws Exception {
        var closed = new AtomicInteger();
        var open = new AtomicInteger();
        var watch = second.watch(closed::incrementAndGet);
        try (var _ = second.watch(open::incrementAndGet)) {
            settle(open);
            watch.close();
            int before = closed.get();
            wakes(open, "config", () -> put(first, StoreKey.CONFIG, "{}"));
            assertThat(closed.get()).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("a client that closes leaves what it wrote, and its lock to its lease")
    void close() {
        Dcs third = client(NODE2);
        var lease = acquired(third, NODE2);
        put(third, StoreKey.CONFIG, "{}");
        third.close();

        assertThat(holder(first)).contains(lease.id());
        assertThat(text(first, StoreKey.CONFIG)).isEqualTo("{}");
        letLeaseEnd(first);
    }

    private void wakes(AtomicInteger hints, String what, Runnable change) {
        int before = hints.get();
        change.run();
        eventually("a hint after: " + what, HINT, () -> hints.get() > before);
    }

    /** Hints of earlier changes may come late: until none has come for a while. */
    private void settle(AtomicInteger hints) {
        settle(hints, () -> {});
    }

    /** The same for the holder of a lock, which must go on renewing it meanwhile. */
    private void settle(AtomicInteger hints, Runnable renewal) {
        var quietSince = clock().now();
        int seen = hints.get();
        var end = clock().now().plus(HINT);
        while (!clock().now().hasReached(quietSince.plus(QUIET))) {
            assertThat(clock().now().hasReached(end)).as("hints without end").isFalse();
            passTime(ttl().dividedBy(10));
            renewal.run();
            if (hints.get() != seen) {
                seen = hints.get();
                quietSince = clock().now();
            }
        }
    }
}

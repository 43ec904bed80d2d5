package io.matriarch.adapters.raft.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseNotesTest {

    private static final String SCOPE = "/service/batman/";
    private static final Duration LONG = Duration.ofSeconds(1);

    private final LeaseNotes notes = new LeaseNotes();
    private final ExpiryRule rule = new ExpiryRule(notes);

    private static MonotonicTime at(long millis) {
        return MonotonicTime.ofNanos(millis * 1_000_000);
    }

    private static LeaseRecord lease(long seq, long ttlMillis) {
        return new LeaseRecord("L", "node0", SCOPE + "leader", seq, ttlMillis);
    }

    private boolean isDue(LeaseRecord lease, MonotonicTime now) {
        return !rule.due(List.of(lease), now, LONG).expired().isEmpty();
    }

    @Test
    @DisplayName("SAF-002 SAF-011 a lease is due only after its ttl, a thousandth of it and 20 ms")
    void bound() {
        notes.counted("L", 7, at(1000));
        assertThat(isDue(lease(7, 5000), at(1000 + 5000))).isFalse();
        assertThat(isDue(lease(7, 5000), at(1000 + 5025))).isFalse();
        assertThat(isDue(lease(7, 5000), at(1000 + 5026))).isTrue();
    }

    @Test
    @DisplayName("SAF-002 the slower of the raw and the monotonic clock counts, and the boot clock not at all")
    void slowerClock() {
        notes.counted("L", 7, at(0));
        long late = Duration.ofSeconds(60).toNanos();
        assertThat(isDue(lease(7, 5000), new MonotonicTime(late, late, 1))).isFalse();
        assertThat(isDue(lease(7, 5000), new MonotonicTime(late, 1, late))).isFalse();
        assertThat(isDue(lease(7, 5000), new MonotonicTime(1, late, late))).isTrue();
    }

    @Test
    @DisplayName("SAF-010 no note means now: the first look never ends a lease, however late it comes")
    void noNoteMeansNow() {
        assertThat(isDue(lease(7, 5000), at(1_000_000))).isFalse();
        assertThat(isDue(lease(7, 5000), at(1_004_000))).isFalse();
        assertThat(isDue(lease(7, 5000), at(1_005_026))).isTrue();
    }

    @Test
    @DisplayName("SAF-010 the note of an earlier renewal says nothing about the next one")
    void noteOfPreviousSeq() {
        notes.counted("L", 7, at(0));
        assertThat(isDue(lease(9, 5000), at(60_000))).isFalse();
        notes.counted("L", 11, at(70_000));
        assertThat(isDue(lease(11, 5000), at(71_000))).isFalse();
    }

    @Test
    @DisplayName("SAF-010 a replay after a rebuild keeps the notes: neither does it lose nor prolong")
    void rebuildKeepsNotes() {
        notes.counted("L", 7, at(0));
        notes.counted("L", 9, at(1000));
        // The rebuilt node replays both entries a while later.
        notes.counted("L", 7, at(4000));
        notes.counted("L", 9, at(4000));
        assertThat(isDue(lease(9, 5000), at(1000 + 5026))).isTrue();
        assertThat(isDue(lease(7, 5000), at(60_000))).isFalse();
    }

    @Test
    @DisplayName("SAF-010 a snapshot counts what it holds from when it was loaded, and forgets what it says is gone")
    void snapshot() {
        var table = new LeaseTable();
        table.apply(1, new RaftCommand.Acquire(RequestId.fresh(), SCOPE, "node0", "L", 5000, Edit.NONE));
        notes.counted("gone", 1, at(0));
        notes.loaded(table, at(10_000));
        assertThat(isDue(table.lease("L").orElseThrow(), at(15_000))).isFalse();
        assertThat(isDue(table.lease("L").orElseThrow(), at(15_026))).isTrue();
        assertThat(notes.age("gone", 1, at(20_000))).isEqualTo(Duration.ZERO);
    }

    @Test
    @DisplayName("SAF-010 an older snapshot than what was applied before a rebuild takes no note away")
    void olderSnapshot() {
        notes.counted("L", 9, at(1000));
        notes.loaded(new LeaseTable(), at(3000));
        assertThat(notes.age("L", 9, at(4000))).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    @DisplayName("SAF-015 the ttl of the last renewal's entry decides")
    void ttlFromEntry() {
        notes.counted("L", 7, at(0));
        assertThat(isDue(lease(7, 2000), at(3000))).isTrue();
        assertThat(isDue(lease(7, 5000), at(3000))).isFalse();
    }

    @Test
    @DisplayName("the next look comes when the first lease can be due")
    void next() {
        notes.counted("L", 7, at(0));
        assertThat(rule.due(List.of(lease(7, 1000)), at(900), LONG).next()).isEqualTo(Duration.ofMillis(121));
        assertThat(rule.due(List.of(), at(900), LONG).next()).isEqualTo(LONG);
    }
}

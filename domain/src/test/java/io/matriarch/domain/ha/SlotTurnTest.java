package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.SELF;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.settings.SlotSettings;
import io.matriarch.domain.slot.SlotChange;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SlotTurnTest {

    private static final Lsn EARLY = Lsn.parse("0/1000000");
    private static final PermanentSlot.Logical ORDERS = new PermanentSlot.Logical("orders", "shop", "test_decoding");
    private static final HaSettings WITH_ORDERS = settings(Duration.ofMinutes(30));

    private static HaSettings settings(Duration memberTtl) {
        return HaSettings.DEFAULTS
                .edit()
                .slots(new SlotSettings(true, memberTtl, List.of(ORDERS), List.of()))
                .build();
    }

    private static <D extends Decision> Optional<D> decided(Turn turn, Class<D> kind) {
        return turn.decisions().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst();
    }

    private static Seen leaderWith(SlotView... slots) {
        Seen seen = Seen.leader();
        seen.sql = new SqlView.Primary(Timeline.FIRST, POSITION, List.of(slots), Replication.NONE);
        return seen;
    }

    @Test
    @DisplayName("DCS-018 the leader publishes its slots' positions, a logical one's as confirmed, and its own")
    void publishes() {
        var turn = leaderWith(
                        SlotView.physical("srv2", true, Optional.of(EARLY)),
                        SlotView.logical("orders", "shop", "test_decoding", EARLY.plus(1)))
                .settings(WITH_ORDERS)
                .decide();
        ClusterStatus status =
                decided(turn, Decision.WriteStatus.class).orElseThrow().status();
        assertThat(status.position()).isEqualTo(POSITION);
        assertThat(status.slots()).isEqualTo(Map.of("srv1", POSITION, "srv2", EARLY, "orders", EARLY.plus(1)));
        assertThat(status.retained()).containsExactly("srv1", "srv2");
    }

    @Test
    @DisplayName("DCS-019 with member_slots_ttl 0 only permanent slots are published, and nothing is retained")
    void publishesPermanentOnly() {
        var turn = leaderWith(
                        SlotView.physical("srv2", true, Optional.of(EARLY)),
                        SlotView.logical("orders", "shop", "test_decoding", EARLY))
                .settings(settings(Duration.ZERO))
                .decide();
        ClusterStatus status =
                decided(turn, Decision.WriteStatus.class).orElseThrow().status();
        assertThat(status.slots()).containsOnlyKeys("orders");
        assertThat(status.retained()).isEmpty();
    }

    @Test
    @DisplayName("W-15 the leader's own slot is retained whichever member comes last, and without its key too")
    void ownSlotIsRetained() {
        var missing = leaderWith().without(SELF).decide();
        assertThat(missing.next().retention().orElseThrow().names()).containsExactly("srv1");
        Seen last = leaderWith();
        last.members.add(last.members.removeFirst());
        assertThat(last.decide().next().retention().orElseThrow().names()).containsExactly("srv1");
    }

    @Test
    @DisplayName(
            "DCS-084 L-15 a new leader keeps what was retained before, its predecessor's slot too, for a full time")
    void retention() {
        Seen first = leaderWith();
        first.status = new ClusterStatus(POSITION, new TreeMap<>(Map.of("srv9", EARLY)), List.of("srv2", "srv9"));
        HaState after = first.decide().next();
        assertThat(after.retention().orElseThrow().names()).containsExactly("srv1", "srv2", "srv9");
        Seen later = leaderWith(SlotView.physical("srv9", false, Optional.of(EARLY)))
                .before(after)
                .at(Duration.ofMinutes(30))
                .leaseLeft(Duration.ofMinutes(40));
        Turn turn = later.decide();
        assertThat(turn.next().retention().orElseThrow().names()).containsExactly("srv1");
        assertThat(turn.notes())
                .contains(Note.info("Replication slot 'srv9' for absent cluster member is expired after 1800 sec."));
        assertThat(decided(turn, Decision.ChangeSlots.class).orElseThrow().changes())
                .contains(new SlotChange.Drop("srv9", SlotChange.Cause.UNKNOWN));
    }

    @Test
    @DisplayName("HA-140 C17 a follower copies a logical slot whose position is published, from the leader")
    void copies() {
        Seen seen = Seen.follower().settings(WITH_ORDERS);
        assertThat(decided(seen.decide(), Decision.CopyLogicalSlots.class)).isEmpty();
        seen.status = ClusterStatus.of(POSITION, Map.of("orders", EARLY));
        Turn turn = seen.decide();
        assertThat(turn.reason()).isEqualTo(Reason.COPYING_LOGICAL_SLOTS);
        assertThat(turn.sentence()).isEqualTo("Copying logical slots [orders] from the primary");
        assertThat(turn.decisions().getLast())
                .isEqualTo(new Decision.CopyLogicalSlots(
                        List.of(ORDERS), Seen.upstream(OTHER), HaSettings.DEFAULTS.pgCtlTimeout()));
        assertThat(decided(seen.paused().decide(), Decision.CopyLogicalSlots.class))
                .as("S-18 a paused standby is not stopped for it")
                .isEmpty();
        Seen unknown = Seen.follower().without(OTHER).settings(WITH_ORDERS);
        unknown.status = seen.status;
        assertThat(decided(unknown.decide(), Decision.CopyLogicalSlots.class))
                .as("nobody knows where the leader is")
                .isEmpty();
    }

    @Test
    @DisplayName("HA-140 whoever holds the lock and is about to be promoted copies nothing")
    void promotingCopiesNothing() {
        Seen seen = Seen.replica().holding().settings(WITH_ORDERS);
        seen.status = ClusterStatus.of(POSITION, Map.of("orders", EARLY));
        assertThat(decided(seen.decide(), Decision.CopyLogicalSlots.class)).isEmpty();
        assertThat(decided(seen.promoting().decide(), Decision.CopyLogicalSlots.class))
                .isEmpty();
    }

    private static Seen lacking(Lsn published) {
        Seen seen = Seen.follower().settings(WITH_ORDERS);
        seen.status = ClusterStatus.of(POSITION, Map.of("orders", published));
        return seen;
    }

    @Test
    @DisplayName("HA-140 a copy that failed is tried again when the consumer has moved on, a loop later at the soonest")
    void copyIsNotHurried() {
        var failed = new TaskResult.Failed("its WAL is not here");
        HaState tried = lacking(EARLY).decide().next();
        HaState after = lacking(EARLY)
                .before(tried)
                .ended(TaskKind.COPY_SLOTS, failed)
                .decide()
                .next();
        Duration later = HaSettings.DEFAULTS.loopWait();
        assertThat(copiesAt(lacking(EARLY).before(after).at(later))).isFalse();
        assertThat(copiesAt(lacking(EARLY.plus(1)).before(after).at(later.minusNanos(1))))
                .isFalse();
        assertThat(copiesAt(lacking(EARLY.plus(1)).before(after).at(later))).isTrue();
        assertThat(copiesAt(lacking(EARLY).before(after).at(Duration.ofMinutes(5))))
                .isTrue();
    }

    @Test
    @DisplayName("W-21 a copy that breaks as soon as it is made does not stop the standby turn after turn")
    void copyIsNotRepeated() {
        HaState after = lacking(EARLY)
                .before(lacking(EARLY).decide().next())
                .ended(TaskKind.COPY_SLOTS, new TaskResult.Done())
                .decide()
                .next();
        assertThat(copiesAt(lacking(EARLY.plus(1)).before(after).at(Duration.ofMinutes(4))))
                .isFalse();
        assertThat(copiesAt(lacking(EARLY.plus(1)).before(after).at(Duration.ofMinutes(5))))
                .isTrue();
    }

    private static boolean copiesAt(Seen seen) {
        return decided(seen.decide(), Decision.CopyLogicalSlots.class).isPresent();
    }

    @Test
    @DisplayName("PG-103 feedback is forced when logical slots come, and given back when they go")
    void feedback() {
        Turn on = Seen.follower().settings(WITH_ORDERS).decide();
        assertThat(decided(on, Decision.ForceFeedback.class)).contains(new Decision.ForceFeedback(true));
        Turn still = Seen.follower().settings(WITH_ORDERS).before(on.next()).decide();
        assertThat(decided(still, Decision.ForceFeedback.class))
                .as("whether the last time was carried out is not known here")
                .contains(new Decision.ForceFeedback(true));
        Turn off = Seen.follower().before(on.next()).decide();
        assertThat(decided(off, Decision.ForceFeedback.class)).contains(new Decision.ForceFeedback(false));
        assertThat(decided(Seen.follower().decide(), Decision.ForceFeedback.class))
                .isEmpty();
    }

    @Test
    @DisplayName("W-22 a newcomer whose slot is another member's does not begin, and names both")
    void newcomer() {
        Seen seen = Seen.empty();
        seen.members.add(Seen.member(new MemberName("SRV1")));
        Turn turn = seen.decide();
        assertThat(turn.reason()).isEqualTo(Reason.SLOT_NAME_TAKEN);
        assertThat(turn.decisions())
                .containsExactly(new Decision.Exit(
                        1,
                        "Can't start; the names 'srv1' and 'SRV1' both map to the replication slot 'srv1'\n"
                                + "hint: give one of the two members a name that differs in its letters and digits"));
    }

    @Test
    @DisplayName("W-22 who came first goes on: its key is there, its server runs, or slots are not used")
    void first() {
        Seen known = Seen.crashed();
        known.members.add(Seen.member(new MemberName("SRV1")));
        assertThat(known.decide().reason()).isNotEqualTo(Reason.SLOT_NAME_TAKEN);
        Seen running = Seen.follower().without(SELF);
        running.members.add(Seen.member(new MemberName("SRV1")));
        assertThat(running.decide().reason()).isEqualTo(Reason.FOLLOWING_LEADER);
        Seen unused = Seen.empty()
                .settings(HaSettings.DEFAULTS
                        .edit()
                        .slots(new SlotSettings(false, Duration.ZERO, List.of(), List.of()))
                        .build());
        unused.members.add(Seen.member(new MemberName("SRV1")));
        assertThat(unused.decide().reason()).isNotEqualTo(Reason.SLOT_NAME_TAKEN);
        Seen before = Seen.empty();
        HaState met = before.decide().next();
        before.members.add(Seen.member(new MemberName("SRV1")));
        assertThat(before.before(met).decide().reason()).isNotEqualTo(Reason.SLOT_NAME_TAKEN);
    }

    @Test
    @DisplayName("W-22 a leader that finds two members with one slot says so in every turn")
    void leaderWarns() {
        Seen seen = leaderWith();
        seen.members.add(Seen.member(new MemberName("srv-4")));
        seen.members.add(Seen.member(new MemberName("srv.4")));
        assertThat(seen.decide().notes())
                .contains(Note.error(
                        "Following cluster members share a replication slot name: srv-4, srv.4 map to srv_4"));
    }

    @Test
    @DisplayName("HA-141 slots of all members are on every replica before any of them is promoted")
    void slotsBeforeThePromotion() {
        Seen seen = Seen.follower();
        seen.members.add(Seen.member(new MemberName("srv4")));
        assertThat(decided(seen.decide(), Decision.ChangeSlots.class)
                        .orElseThrow()
                        .changes())
                .containsExactly(new SlotChange.CreatePhysical("srv4"));
    }
}

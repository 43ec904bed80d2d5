package io.matriarch.domain.slot;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.settings.IgnoredSlot;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange.Advance;
import io.matriarch.domain.slot.SlotChange.AdvanceLogical;
import io.matriarch.domain.slot.SlotChange.Cause;
import io.matriarch.domain.slot.SlotChange.CreateLogical;
import io.matriarch.domain.slot.SlotChange.CreatePhysical;
import io.matriarch.domain.slot.SlotChange.Drop;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SlotPlannerTest {

    private static final MonotonicTime NOW = MonotonicTime.ofNanos(0);
    private static final Lsn EARLY = Lsn.parse("0/1000000");
    private static final Lsn LATE = Lsn.parse("0/2000000");
    private static final PermanentSlot.Logical ORDERS = new PermanentSlot.Logical("orders", "shop", "test_decoding");
    private static final IgnoredSlot ANY_LOGICAL =
            new IgnoredSlot(Optional.empty(), Optional.of(SlotView.Kind.LOGICAL), Optional.empty(), Optional.empty());

    @ParameterizedTest
    @DisplayName("DCS-083 CFG-114 the name of a member's slot")
    @CsvSource({"srv1,srv1", "Srv-1.x,srv_1_x", "a b,au0032b", "ä,u0228", "a_9,a_9", "😀,u128512"})
    void names(String member, String slot) {
        assertThat(SlotPlanner.slotName(new MemberName(member))).isEqualTo(slot);
    }

    @Test
    @DisplayName("DCS-083 no slot's name is longer than 63 characters")
    void longNames() {
        assertThat(SlotPlanner.slotName(new MemberName("x".repeat(80)))).hasSize(63);
        assertThat(SlotPlanner.slotName(new MemberName("ä".repeat(40)))).hasSize(63);
    }

    /** One scene and what follows from it. */
    record Row(String name, SceneBuilder scene, List<SlotChange> changes) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static SceneBuilder primary() {
        return SceneBuilder.primary("a").with("b").with("c");
    }

    private static SceneBuilder replica() {
        return SceneBuilder.replica("a", "b").with("b").with("c");
    }

    /** Without slots of members, which have rows of their own. */
    private static SceneBuilder lone() {
        return SceneBuilder.replica("a", "b").memberTtl(Duration.ZERO);
    }

    static Stream<Row> rows() {
        return Stream.of(physicalRows(), cascadeRows(), permanentRows(), logicalRows(), repairRows())
                .flatMap(List::stream);
    }

    private static List<Row> physicalRows() {
        return List.of(
                new Row(
                        "HA-141 primary: one slot for each other member",
                        primary(),
                        List.of(new CreatePhysical("b"), new CreatePhysical("c"))),
                new Row(
                        "HA-141 replica: the same slots, so that they are there before its promotion",
                        replica(),
                        List.of(new CreatePhysical("b"), new CreatePhysical("c"))),
                new Row(
                        "HA-141 member_slots_ttl 0: a replica keeps none for members that do not stream from it",
                        replica().memberTtl(Duration.ZERO),
                        List.of()),
                new Row(
                        "HA-141 member_slots_ttl 0: a primary has one for each that streams",
                        primary().memberTtl(Duration.ZERO),
                        List.of(new CreatePhysical("b"), new CreatePhysical("c"))),
                new Row(
                        "HA-141 replica: a slot nobody uses here follows the leader's word of it, as far as WAL is replayed",
                        replica()
                                .present(idle("b", EARLY), idle("c", EARLY))
                                .published("b", LATE)
                                .published("c", LATE.plus(1000))
                                .position(LATE.plus(100)),
                        List.of(new Advance("b", LATE), new Advance("c", LATE.plus(100)))),
                new Row(
                        "HA-141 primary: the slot of a member that should stream is not moved for it",
                        primary().present(idle("b", EARLY), idle("c", EARLY)).published("b", LATE),
                        List.of()),
                new Row(
                        "PG-094 unused strangers go, those in use stay",
                        primary().present(used("b"), used("c"), idle("old", EARLY), used("busy")),
                        List.of(new Drop("old", Cause.UNKNOWN))),
                new Row(
                        "PG-096 nothing is dropped while paused",
                        primary()
                                .present(used("b"), used("c"), idle("old", EARLY))
                                .paused(),
                        List.of()),
                new Row(
                        "HA-141 use_slots off: no slot is wanted",
                        primary().useSlots(false).present(idle("b", EARLY)),
                        List.of(new Drop("b", Cause.UNKNOWN))),
                new Row(
                        "L-15 the slot of an absent member is kept while it is retained, and never our own",
                        SceneBuilder.primary("a").present(idle("z", EARLY)).retained("a", "z"),
                        List.of()),
                new Row(
                        "L-15 and goes when it no longer is",
                        SceneBuilder.primary("a").present(idle("z", EARLY)),
                        List.of(new Drop("z", Cause.UNKNOWN))),
                new Row(
                        "HA-141 replica: a leader that has gone keeps its slot",
                        SceneBuilder.replica("a", "b")
                                .with("b")
                                .retained("a", "z")
                                .present(idle("b", EARLY)),
                        List.of(new CreatePhysical("z"))),
                new Row(
                        "HA-100 nostream: no slot for it anywhere",
                        SceneBuilder.primary("a").with("b").with("archive", tags -> tags.nostream(true)),
                        List.of(new CreatePhysical("b"))));
    }

    private static List<Row> cascadeRows() {
        return List.of(
                new Row(
                        "HA-141 cascade: the upstream serves its replica, the primary keeps its slot moving by its own word",
                        SceneBuilder.primary("a")
                                .with("b")
                                .with("c", tags -> tags.replicatefrom("b"), LATE)
                                .present(used("b"), idle("c", EARLY))
                                .published("c", EARLY)
                                .position(LATE),
                        List.of(new Advance("c", LATE))),
                new Row(
                        "HA-141 cascade: on the upstream the slot is its user's to move",
                        SceneBuilder.replica("a", "b")
                                .with("b")
                                .with("c", tags -> tags.replicatefrom("a"), LATE)
                                .present(idle("b", LATE), idle("c", EARLY)),
                        List.of()),
                new Row(
                        "HA-141 cascade without retention: only the upstream has a slot for it",
                        SceneBuilder.primary("a")
                                .memberTtl(Duration.ZERO)
                                .with("b")
                                .with("c", tags -> tags.replicatefrom("b")),
                        List.of(new CreatePhysical("b"))),
                new Row(
                        "HA-141 cascade: from a member that is gone means from the leader",
                        SceneBuilder.primary("a")
                                .memberTtl(Duration.ZERO)
                                .with("c", tags -> tags.replicatefrom("gone")),
                        List.of(new CreatePhysical("c"))),
                new Row(
                        "HA-141 nofailover: slots only for those that stream from it",
                        SceneBuilder.replica("a", "b")
                                .nofailover()
                                .with("b")
                                .with("c", tags -> tags.replicatefrom("a"))
                                .with("d")
                                .retained("z")
                                .permanent(new PermanentSlot.Physical("backup", Optional.empty()), ORDERS)
                                .published("orders", EARLY),
                        List.of(new CreatePhysical("c"))),
                new Row(
                        "HA-141 nofailover given to a leader takes nobody's slot away",
                        SceneBuilder.primary("a").nofailover().with("b").permanent(ORDERS),
                        List.of(new CreatePhysical("b"), new CreateLogical("orders", "shop", "test_decoding"))));
    }

    private static List<Row> permanentRows() {
        var backup = new PermanentSlot.Physical("backup", Optional.empty());
        var own = new PermanentSlot.Physical("a", Optional.empty());
        return List.of(
                new Row(
                        "HA-141 permanent slots on the primary, never one with its own name",
                        SceneBuilder.primary("a").permanent(backup, own, ORDERS),
                        List.of(new CreatePhysical("backup"), new CreateLogical("orders", "shop", "test_decoding"))),
                new Row(
                        "HA-141 permanent physical slots on a replica move by the leader's word",
                        lone().permanent(backup)
                                .present(idle("backup", EARLY))
                                .published("backup", LATE)
                                .position(LATE),
                        List.of(new Advance("backup", LATE))),
                new Row(
                        "HA-141 cluster_type: a slot for standby clusters is not for this one",
                        SceneBuilder.primary("a")
                                .permanent(
                                        new PermanentSlot.Physical(
                                                "there", Optional.of(PermanentSlot.ClusterType.STANDBY)),
                                        new PermanentSlot.Physical(
                                                "here", Optional.of(PermanentSlot.ClusterType.PRIMARY))),
                        List.of(new CreatePhysical("here"))),
                new Row(
                        "HA-141 standby cluster: its leader has the physical ones that are for it, no logical ones",
                        SceneBuilder.standbyLeader("a")
                                .permanent(
                                        ORDERS,
                                        backup,
                                        new PermanentSlot.Physical(
                                                "here", Optional.of(PermanentSlot.ClusterType.STANDBY)),
                                        new PermanentSlot.Physical(
                                                "there", Optional.of(PermanentSlot.ClusterType.PRIMARY)))
                                .published("orders", EARLY),
                        List.of(new CreatePhysical("backup"), new CreatePhysical("here"))),
                new Row(
                        "HA-141 a permanent slot with the name of a member stays when the member has gone",
                        SceneBuilder.primary("a")
                                .permanent(new PermanentSlot.Physical("b", Optional.empty()))
                                .present(idle("b", EARLY)),
                        List.of()),
                new Row(
                        "PG-095 CFG-093 ignored slots are nobody's here to drop",
                        SceneBuilder.primary("a")
                                .ignored(ANY_LOGICAL)
                                .present(logical("theirs", EARLY), idle("old", EARLY)),
                        List.of(new Drop("old", Cause.UNKNOWN))),
                new Row(
                        "PG-095 a logical slot that nobody wants goes as any other",
                        SceneBuilder.primary("a").present(logical("theirs", EARLY)),
                        List.of(new Drop("theirs", Cause.UNKNOWN))));
    }

    private static List<Row> logicalRows() {
        return List.of(
                new Row(
                        "HA-141 replica: a logical slot moves to what is confirmed",
                        lone().permanent(ORDERS)
                                .present(logical("orders", EARLY))
                                .published("orders", LATE)
                                .position(LATE.plus(1)),
                        List.of(new AdvanceLogical("orders", "shop", LATE))),
                new Row(
                        "PG-100 never further than is replayed",
                        lone().permanent(ORDERS)
                                .present(logical("orders", EARLY))
                                .published("orders", LATE)
                                .position(EARLY.plus(5)),
                        List.of(new AdvanceLogical("orders", "shop", EARLY.plus(5)))),
                new Row(
                        "HA-141 never backwards",
                        lone().permanent(ORDERS)
                                .present(logical("orders", LATE))
                                .published("orders", EARLY)
                                .position(LATE),
                        List.of()),
                new Row(
                        "HA-141 on the primary it is its consumer's to move",
                        SceneBuilder.primary("a")
                                .permanent(ORDERS)
                                .present(logical("orders", EARLY))
                                .published("orders", LATE)
                                .position(LATE),
                        List.of()),
                new Row(
                        "PG-102 W-21 a slot that PostgreSQL takes along itself is left to it",
                        lone().permanent(ORDERS)
                                .present(nativeFailover("orders"), nativeFailover("other"))
                                .published("orders", LATE)
                                .position(LATE),
                        List.of()),
                new Row(
                        "HA-141 a slot of another plugin is replaced where nobody uses it",
                        SceneBuilder.primary("a")
                                .permanent(ORDERS)
                                .present(SlotView.logical("orders", "shop", "pgoutput", EARLY)),
                        List.of(
                                new Drop("orders", Cause.CHANGED),
                                new CreateLogical("orders", "shop", "test_decoding"))));
    }

    private static List<Row> repairRows() {
        return List.of(
                new Row(
                        "PG-099 a slot that has reserved nothing is made anew",
                        primary().present(used("b"), SlotView.physical("c", false, Optional.empty())),
                        List.of(new Drop("c", Cause.NOTHING_RESERVED), new CreatePhysical("c"))),
                new Row(
                        "PG-097 a slot that has lost its WAL is made anew",
                        primary().present(used("b"), lost("c")),
                        List.of(new Drop("c", Cause.LOST), new CreatePhysical("c"))),
                new Row(
                        "PG-098 a former primary's slot holds back no vacuum",
                        replica().present(idle("b", LATE), xmin("c")),
                        List.of(new Drop("c", Cause.HOLDS_XMIN), new CreatePhysical("c"))),
                new Row(
                        "PG-098 but not before somebody leads",
                        replica().unlocked().present(idle("b", LATE), xmin("c")),
                        List.of()),
                new Row(
                        "PG-098 on the primary its user comes back to it",
                        primary().present(used("b"), xmin("c")),
                        List.of()),
                new Row(
                        "PG-098 and so may an absent member",
                        primary().present(used("b"), used("c"), xmin("z")).retained("z"),
                        List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void changes(Row row) {
        assertThat(SlotPlanner.plan(row.scene().build()).changes()).containsExactlyElementsOf(row.changes());
    }

    @Test
    @DisplayName("HA-140 a logical slot is copied once the leader has published its position, and never on a leader")
    void copies() {
        var replica = SceneBuilder.replica("a", "b").permanent(ORDERS);
        assertThat(SlotPlanner.plan(replica.build()).toCopy()).isEmpty();
        assertThat(SlotPlanner.plan(replica.published("orders", EARLY).build()).toCopy())
                .containsExactly(ORDERS);
        assertThat(SlotPlanner.plan(replica.unlocked().build()).toCopy()).isEmpty();
        var leader = SceneBuilder.standbyLeader("a").permanent(ORDERS).published("orders", EARLY);
        assertThat(SlotPlanner.plan(leader.build()).toCopy()).isEmpty();
    }

    @Test
    @DisplayName("HA-140 what has lost its WAL is copied over; what cannot be safe for want of feedback is not")
    void copiesOver() {
        var broken = SceneBuilder.replica("a", "b")
                .permanent(ORDERS)
                .published("orders", EARLY)
                .present(lostLogical("orders"));
        assertThat(SlotPlanner.plan(broken.build()).toCopy()).containsExactly(ORDERS);
        var cutOff = SceneBuilder.replica("a", "b")
                .replicatefrom("archive")
                .with("archive", tags -> tags.nostream(true))
                .permanent(ORDERS)
                .published("orders", EARLY);
        assertThat(SlotPlanner.plan(cutOff.build()).toCopy()).isEmpty();
    }

    @Test
    @DisplayName("HA-143 a leader below 4.0.0, or with no version to read, says nothing of slots: members do")
    void oldLeader() {
        for (String version : List.of("3.3.2", "", "unknown", "x.1")) {
            var scene = SceneBuilder.replica("a", "b")
                    .version("b", version)
                    .with("c", tags -> tags, LATE)
                    .present(idle("b", LATE), idle("c", EARLY))
                    .published("c", EARLY)
                    .position(LATE);
            assertThat(SlotPlanner.plan(scene.build()).changes()).as(version).containsExactly(new Advance("c", LATE));
        }
        var modern = SceneBuilder.replica("a", "b")
                .version("b", "4.0.0")
                .with("c", tags -> tags, LATE)
                .present(idle("b", LATE), idle("c", EARLY))
                .published("c", EARLY)
                .position(LATE);
        assertThat(SlotPlanner.plan(modern.build()).changes()).isEmpty();
    }

    @Test
    @DisplayName("W-22 two members with one slot are named")
    void collision() {
        var scene = SceneBuilder.primary("a").with("b-1").with("b.1");
        assertThat(SlotPlanner.plan(scene.build()).warnings())
                .containsExactly("Following cluster members share a replication slot name: b-1, b.1 map to b_1");
        assertThat(SlotPlanner.plan(scene.build()).changes()).containsExactly(new CreatePhysical("b_1"));
    }

    @Test
    @DisplayName("PG-103 feedback is forced where logical slots are kept, or below")
    void feedback() {
        assertThat(DesiredSlots.needFeedback(replica().build())).isFalse();
        assertThat(DesiredSlots.needFeedback(replica().permanent(ORDERS).build()))
                .isTrue();
        assertThat(DesiredSlots.needFeedback(primary().permanent(ORDERS).build()))
                .isTrue();
        assertThat(DesiredSlots.needFeedback(
                        replica().permanent(ORDERS).nofailover().build()))
                .isFalse();
        assertThat(DesiredSlots.needFeedback(replica()
                        .permanent(ORDERS)
                        .nofailover()
                        .with("d", tags -> tags.replicatefrom("c"))
                        .with("c", tags -> tags.replicatefrom("a").nofailover(true))
                        .build()))
                .as("a cascade below it keeps them")
                .isTrue();
        assertThat(DesiredSlots.needFeedback(
                        replica().permanent(ORDERS).nostream().build()))
                .isFalse();
        assertThat(DesiredSlots.needFeedback(
                        SceneBuilder.standbyLeader("a").permanent(ORDERS).build()))
                .isFalse();
    }

    @Test
    @DisplayName(
            "DCS-020 W-15 retained are those who stream and have a slot, and the leader itself; permanent ones are not")
    void retainable() {
        var scene = SceneBuilder.primary("a")
                .with("b")
                .with("c")
                .with("d")
                .with("archive", tags -> tags.nostream(true))
                .permanent(new PermanentSlot.Physical("d", Optional.empty()))
                .present(used("b"), used("d"), used("archive"), used("stranger"));
        assertThat(SlotPlanner.retainable(scene.build())).containsExactly("b", "a");
        assertThat(SlotPlanner.retainable(scene.memberTtl(Duration.ZERO).build()))
                .isEmpty();
    }

    @Test
    @DisplayName("DCS-020 a slot is retained for member_slots_ttl after it was last wanted")
    void retention() {
        Duration ttl = Duration.ofMinutes(30);
        var first = SlotRetention.begin(List.of(), NOW).refresh(List.of("b", "c"), NOW, ttl);
        var almost = first.refresh(List.of("c"), NOW.plus(ttl).minus(Duration.ofNanos(1)), ttl);
        assertThat(almost.names()).containsExactly("b", "c");
        var over = almost.refresh(List.of("c"), NOW.plus(ttl), ttl);
        assertThat(over.names()).containsExactly("c");
        assertThat(over.expiredSince(almost)).containsExactly("b");
        assertThat(over.refresh(List.of("b"), NOW.plus(ttl), ttl).names()).containsExactly("b", "c");
    }

    @Test
    @DisplayName("DCS-084 a new leader gives the retained slots their full time; a ttl of zero keeps present ones only")
    void newLeader() {
        Duration ttl = Duration.ofMinutes(30);
        assertThat(SlotRetention.begin(List.of("z"), NOW)
                        .refresh(List.of(), NOW.plus(Duration.ofMinutes(29)), ttl)
                        .names())
                .containsExactly("z");
        assertThat(SlotRetention.begin(List.of("z"), NOW)
                        .refresh(List.of("b"), NOW, Duration.ZERO)
                        .names())
                .containsExactly("b");
    }

    private static SlotView used(String name) {
        return SlotView.physical(name, true, Optional.of(EARLY));
    }

    private static SlotView idle(String name, Lsn restart) {
        return SlotView.physical(name, false, Optional.of(restart));
    }

    private static SlotView logical(String name, Lsn confirmed) {
        return SlotView.logical(name, "shop", "test_decoding", confirmed);
    }

    private static SlotView lost(String name) {
        return flagged(idle(name, EARLY), false, true, false);
    }

    private static SlotView xmin(String name) {
        return flagged(idle(name, EARLY), true, false, false);
    }

    private static SlotView lostLogical(String name) {
        return flagged(logical(name, EARLY), false, true, false);
    }

    private static SlotView nativeFailover(String name) {
        return flagged(logical(name, EARLY), false, false, true);
    }

    private static SlotView flagged(SlotView slot, boolean xmin, boolean lost, boolean failover) {
        return new SlotView(
                slot.name(),
                slot.kind(),
                slot.active(),
                slot.restartLsn(),
                slot.confirmed(),
                slot.database(),
                slot.plugin(),
                xmin,
                lost,
                failover);
    }
}

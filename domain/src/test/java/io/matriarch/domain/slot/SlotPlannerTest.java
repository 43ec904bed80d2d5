package io.matriarch.domain.slot;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlotPlannerTest {

    private static final MemberName SELF = new MemberName("a");
    private static final MonotonicTime NOW = MonotonicTime.ofNanos(0);

    @ParameterizedTest
    @DisplayName("DCS-083 the name of a member's slot")
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

    @Test
    @DisplayName("HA-141 one slot for each other member; unused strangers go, logical and active ones stay")
    void primary() {
        var present = List.of(
                slot("b", SlotView.Kind.PHYSICAL, true),
                slot("old", SlotView.Kind.PHYSICAL, false),
                slot("busy", SlotView.Kind.PHYSICAL, true),
                slot("logical", SlotView.Kind.LOGICAL, false));
        assertThat(SlotPlanner.forPrimary(SELF, members("a", "b", "c"), List.of(), present))
                .containsExactly(new SlotChange.CreatePhysical("c"), new SlotChange.Drop("old"));
    }

    @Test
    @DisplayName("L-15 the slot of an absent member is kept while it is retained, and never our own")
    void retained() {
        var present = List.of(slot("b", SlotView.Kind.PHYSICAL, false));
        assertThat(SlotPlanner.forPrimary(SELF, members("a"), List.of("a", "b"), present))
                .isEmpty();
        assertThat(SlotPlanner.forPrimary(SELF, members("a"), List.of(), present))
                .containsExactly(new SlotChange.Drop("b"));
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

    private static List<Member> members(String... names) {
        return java.util.Arrays.stream(names)
                .map(name -> Member.named(new MemberName(name)))
                .toList();
    }

    private static SlotView slot(String name, SlotView.Kind kind, boolean active) {
        return new SlotView(name, kind, active, Optional.empty(), Optional.empty());
    }
}

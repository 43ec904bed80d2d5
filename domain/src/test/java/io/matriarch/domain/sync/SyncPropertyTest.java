package io.matriarch.domain.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.settings.SyncSettings.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The planners against the naive model, whatever happens between two of their changes. */
class SyncPropertyTest {

    private static final int WORLDS = 3_000;
    private static final int EVENTS = 60;

    @Test
    @DisplayName("S-7, S-8, S-9, SAF-051, HA-115 I-Q holds after every change and nothing acknowledged can be lost")
    void nothingIsLost() {
        for (int seed = 0; seed < WORLDS; seed++) {
            var random = new Random(seed);
            var world = new SyncWorld();
            world.settings = settings(random, Mode.values()[1 + seed % 2]);
            List<String> story = new ArrayList<>();
            for (int event = 0; event < EVENTS; event++) {
                String what = happen(random, world, seed % 3 == 0);
                story.add(what + ": " + world);
                check(world, "seed " + seed, story);
            }
        }
    }

    @Test
    @DisplayName("L-9, L-17 once nothing changes any more, everybody is listed and waited for as wanted")
    void itSettles() {
        for (int seed = 0; seed < WORLDS; seed++) {
            var random = new Random(seed);
            var world = new SyncWorld();
            world.settings = settings(random, Mode.values()[1 + seed % 2]);
            for (int event = 0; event < EVENTS / 2; event++) {
                happen(random, world, seed % 3 == 0);
            }
            List<String> story = new ArrayList<>();
            world.connected.addAll(SyncWorld.ALL);
            world.now = world.now.plus(Duration.ofSeconds(10));
            SyncStep last = new SyncStep.Nothing();
            int quiet = 0;
            for (int turn = 0; turn < 80 && quiet < 8; turn++) {
                world.now = world.now.plus(Duration.ofMillis(60));
                SyncWorld.ALL.forEach(name -> world.receive(name, Long.MAX_VALUE));
                last = world.turn();
                story.add(last + ": " + world);
                check(world, "seed " + seed, story);
                quiet = last instanceof SyncStep.Nothing ? quiet + 1 : 0;
            }
            settled(world, "seed " + seed + "\n" + String.join("\n", story));
        }
    }

    private static void settled(SyncWorld world, String story) {
        List<MemberName> able = SyncWorld.ALL.stream()
                .filter(name -> !name.equals(world.primary))
                .filter(name -> !world.tags.get(name).nosync())
                .toList();
        int wanted = Math.min(world.settings.nodeCount(), able.size());
        List<MemberName> voters = world.register.voters();
        assertThat(world.register.leader()).describedAs(story).contains(world.primary);
        assertThat(voters).describedAs(story).isEqualTo(world.names.names()).isSubsetOf(able);
        if (world.settings.mode() == Mode.PRIORITY) {
            assertThat(voters).describedAs(story).hasSize(wanted);
            assertThat(world.names.number())
                    .describedAs(story)
                    .isEqualTo(Math.max(wanted, able.isEmpty() && world.settings.strict() ? 1 : wanted));
            return;
        }
        long electable =
                able.stream().filter(name -> !world.tags.get(name).nofailover()).count();
        assertThat(voters).describedAs(story).hasSize((int) Math.max(electable, wanted));
        if (wanted > 0) {
            assertThat(world.names.number()).describedAs(story).isEqualTo(wanted);
            assertThat(world.register.quorum()).describedAs(story).isEqualTo(voters.size() - wanted);
        }
    }

    private static SyncSettings settings(Random random, Mode mode) {
        return new SyncSettings(mode, random.nextInt(4) == 0, 1 + random.nextInt(3), -1, Optional.empty());
    }

    private static String happen(Random random, SyncWorld world, boolean changesMode) {
        MemberName any = SyncWorld.ALL.get(random.nextInt(SyncWorld.ALL.size()));
        switch (random.nextInt(20)) {
            case 0, 1, 2 -> {
                world.write();
                return "write";
            }
            case 3, 4, 5 -> {
                world.receive(any, world.position.get(any) + 1 + random.nextInt(4));
                return "receive " + any;
            }
            case 6, 7 -> {
                world.connected.add(any);
                return "connect " + any;
            }
            case 8 -> {
                world.connected.remove(any);
                return "disconnect " + any;
            }
            case 9 -> {
                world.now = world.now.plus(Duration.ofMillis(random.nextInt(400)));
                return "time";
            }
            case 10 -> {
                return change(random, world, any, changesMode);
            }
            case 11 -> {
                return fail(random, world);
            }
            default -> {
                return "turn " + world.turn();
            }
        }
    }

    private static String change(Random random, SyncWorld world, MemberName any, boolean changesMode) {
        if (random.nextInt(3) == 0) {
            world.tags.put(
                    any,
                    random.nextBoolean()
                            ? Tags.NONE
                            : SyncWorld.tags(random.nextBoolean(), random.nextBoolean(), 1 + random.nextInt(3)));
            return "tags of " + any;
        }
        Mode mode =
                changesMode && random.nextInt(3) == 0 ? Mode.values()[1 + random.nextInt(2)] : world.settings.mode();
        world.settings = settings(random, mode);
        return "settings";
    }

    /** The primary dies; it comes back as it was, or whoever can wins in a race in which not everybody answers. */
    private static String fail(Random random, SyncWorld world) {
        if (random.nextInt(3) == 0) {
            world.begin();
            return "restart";
        }
        Set<MemberName> answering = new TreeSet<>();
        SyncWorld.ALL.stream().filter(_ -> random.nextInt(4) > 0).forEach(answering::add);
        for (int i = 0; i < 5; i++) {
            MemberName next = SyncWorld.ALL.get(random.nextInt(SyncWorld.ALL.size()));
            if (!next.equals(world.primary) && !world.tags.get(next).nofailover() && world.wins(next, answering)) {
                world.promote(next);
                return "failover to " + next;
            }
        }
        return "nobody wins";
    }

    private static void check(SyncWorld world, String seed, List<String> story) {
        if (world.register.leader().isEmpty()) {
            return;
        }
        String why = seed + "\n" + String.join("\n", story);
        Set<MemberName> all = new TreeSet<>(SyncWorld.ALL);
        for (MemberName name : SyncWorld.ALL) {
            if (!name.equals(world.primary) && world.wins(name, all)) {
                assertThat(world.position.get(name))
                        .describedAs("S-7, S-8: %s could win without a commit. %s", name, why)
                        .isGreaterThanOrEqualTo(world.acknowledged);
            }
        }
        SyncState register = world.register;
        var state = new QuorumState(
                world.primary,
                register.leader().orElseThrow(),
                register.quorum(),
                new TreeSet<>(register.voters()),
                world.names.names().isEmpty() && world.names.number() > 0 ? 99 : world.names.number(),
                new TreeSet<>(world.names.names()));
        assertThat(state.intersects()).describedAs("I-Q: %s", why).isTrue();
        if (register.quorum() == 0 && !register.voters().isEmpty() && world.settings.mode() == Mode.PRIORITY) {
            Set<MemberName> others = new TreeSet<>(register.voters());
            others.remove(world.primary);
            assertThat(world.names.names()).describedAs("S-9: %s", why).containsAll(others);
            assertThat(world.names.waitsForAll()).describedAs("S-9: %s", why).isTrue();
        }
        assertThat(register.revision()).isNotEqualTo(Revision.ABSENT);
    }
}

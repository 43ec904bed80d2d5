package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Seen.MINE;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.dead;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.ha.Decision.AbortTask;
import io.matriarch.domain.ha.Decision.AcquireLeaderLock;
import io.matriarch.domain.ha.Decision.ArmGuard;
import io.matriarch.domain.ha.Decision.ArmWatchdog;
import io.matriarch.domain.ha.Decision.DropLease;
import io.matriarch.domain.ha.Decision.Promote;
import io.matriarch.domain.ha.Decision.ReleaseLeaderLock;
import io.matriarch.domain.ha.Decision.RenewLeaderLock;
import io.matriarch.domain.ha.Decision.RunPrePromote;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PrePromoteTest {

    private static final HaSettings SCRIPT =
            HaSettings.DEFAULTS.edit().prePromote(true).build();

    private static Seen winner() {
        return Seen.replica().holding().settings(SCRIPT).before(HaState.INITIAL.withWonRace(true));
    }

    private static List<Class<?>> kinds(Turn turn) {
        return Rules.kinds(turn.decisions());
    }

    @Test
    @DisplayName(
            "HA-077 the script runs under the lock before anything is promoted, and no guard ends the standby for it")
    void runs() {
        Turn turn = winner().decide();
        assertThat(turn.reason()).isEqualTo(Reason.RUNNING_PRE_PROMOTE);
        assertThat(turn.decisions()).containsExactly(new RenewLeaderLock(), new RunPrePromote());
        Turn busy = winner().task(TaskKind.PRE_PROMOTE, "promote").decide();
        assertThat(busy.sentence()).isEqualTo("updated leader lock during promote");
        assertThat(busy.decisions()).containsExactly(new RenewLeaderLock());
    }

    @Test
    @DisplayName("PG-074 once it has passed the promotion follows, and it is not run again for the same lock")
    void passes() {
        Turn turn = winner().ended(TaskKind.PRE_PROMOTE, new TaskResult.Done())
                .before(winner().decide().next())
                .decide();
        assertThat(turn.reason()).isEqualTo(Reason.PROMOTING_AFTER_RACE);
        assertThat(kinds(turn))
                .containsExactly(RenewLeaderLock.class, ArmGuard.class, ArmWatchdog.class, Promote.class);
        assertThat(kinds(winner().before(turn.next()).decide())).contains(Promote.class);
        HaState lost = winner().lease(new LeaseView.None())
                .before(turn.next())
                .decide()
                .next();
        assertThat(kinds(winner().before(lost).decide())).contains(RunPrePromote.class);
    }

    @Test
    @DisplayName("HA-077 CFG-091 R1 a failure gives the lock back, and keeps this member out of races for a ttl")
    void fails() {
        Turn turn = winner().ended(TaskKind.PRE_PROMOTE, new TaskResult.Failed("exit 1"))
                .decide();
        assertThat(turn.sentence()).isEqualTo("Promotion cancelled because the pre-promote script failed");
        assertThat(turn.notes())
                .containsExactly(
                        Note.warning("Releasing the leader key voluntarily because the pre-promote script failed"));
        assertThat(turn.decisions()).containsExactly(new ReleaseLeaderLock(Optional.empty(), Optional.empty()));
        Seen race = Seen.replica().settings(SCRIPT).peers(dead(OTHER)).before(turn.next());
        Turn back = race.decide();
        assertThat(back.decisions()).doesNotHaveAnyElementsOfTypes(AcquireLeaderLock.class);
        assertThat(back.notes())
                .extracting(Note::text)
                .containsExactly("backoff: skip leader race after pre_promote script failure and releasing the lock"
                        + " voluntarily");
        assertThat(kinds(race.at(SCRIPT.ttl().minusNanos(1)).decide())).doesNotContain(AcquireLeaderLock.class);
        assertThat(kinds(race.at(SCRIPT.ttl()).decide()))
                .as("L-13 it may try again then")
                .contains(AcquireLeaderLock.class);
    }

    @Test
    @DisplayName("HA-024 the lock is lost while the script runs: it is ended, and nothing is promoted")
    void lost() {
        for (LeaderLock now : List.of(new LeaderLock.Free(), new LeaderLock.Held(OTHER, Seen.THEIRS))) {
            Turn turn = winner().lock(now).task(TaskKind.PRE_PROMOTE, "promote").decide();
            assertThat(turn.sentence()).isEqualTo("lost leader before promote");
            assertThat(kinds(turn)).containsExactly(DropLease.class, AbortTask.class);
        }
        Turn paused = winner().lock(new LeaderLock.Free())
                .paused()
                .task(TaskKind.PRE_PROMOTE, "promote")
                .decide();
        assertThat(paused.reason()).as("HA-026 not while paused").isEqualTo(Reason.TASK_RUNNING);
    }

    @Test
    @DisplayName("HA-077 whom the lock was handed over to runs its script too")
    void handedOver() {
        Turn turn = Seen.replica()
                .settings(SCRIPT)
                .lock(new LeaderLock.Held(SELF, MINE))
                .lease(new LeaseView.Offered(MINE))
                .decide();
        assertThat(turn.decisions()).containsExactly(new RenewLeaderLock(), new RunPrePromote());
    }

    @Test
    @DisplayName("HA-077 the named candidate of a paused cluster runs it as well, and gives the lock back if it fails")
    void paused() {
        Seen seen = winner().switchover(OTHER, SELF).paused();
        assertThat(seen.decide().decisions()).containsExactly(new RenewLeaderLock(), new RunPrePromote());
        Turn failed = seen.ended(TaskKind.PRE_PROMOTE, new TaskResult.Failed("exit 1"))
                .decide();
        assertThat(kinds(failed)).containsExactly(ReleaseLeaderLock.class);
        Turn after = Seen.replica()
                .settings(SCRIPT)
                .switchover(OTHER, SELF)
                .paused()
                .before(failed.next())
                .at(Duration.ofSeconds(1))
                .decide();
        assertThat(kinds(after)).doesNotContain(AcquireLeaderLock.class);
    }
}

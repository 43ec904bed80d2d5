package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.RewindProgress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The server does not run, and automation is on: bring it back in the role it may have (ha-decisions §7). */
final class Recovery {

    private Recovery() {}

    static Turn decide(Situation now, StopProof proof) {
        if (now.seen().requests().stream().anyMatch(OperatorRequest.Reinitialize.class::isInstance)) {
            Optional<Turn> asked = Requests.reinitialize(now);
            if (asked.isPresent()) {
                return asked.get();
            }
        }
        return now.holdsLock() ? withLock(now, proof) : withoutLock(now, proof);
    }

    private static Turn withLock(Situation now, StopProof proof) {
        if (now.state().startFailed()) {
            return Turn.of(
                    now.state().withStartFailed(false),
                    Reason.START_FAILED_WITH_LOCK,
                    new Decision.DisarmWatchdog(),
                    new Decision.MarkDemoted(),
                    new Decision.ReleaseLeaderLock(Optional.of(proof), Optional.empty()));
        }
        if (now.settings().isStandbyCluster()) {
            return StandbyRecovery.decide(now, proof);
        }
        WatchdogView dog = now.seen().watchdog();
        if (dog.required() && !dog.running() && !dog.usable()) {
            return now.turn(
                    Reason.WATCHDOG_LOST_STOPPED, new Decision.ReleaseLeaderLock(Optional.of(proof), Optional.empty()));
        }
        boolean crashed = now.postgres().state() == ServerState.CRASHED
                && now.postgres().role() == Role.PRIMARY
                && !now.postgres().recoverySignal();
        if (crashed && now.settings().primaryStartTimeout().isZero()) {
            Optional<Turn> failover = failOver(now, proof);
            if (failover.isPresent()) {
                return failover.get();
            }
        }
        if (mayStartAsPrimary(now)) {
            Reason reason = crashed ? Reason.STARTING_PRIMARY_AFTER_FAILURE : Reason.STARTING_PRIMARY_WITH_LOCK;
            return startPrimary(now, reason, List.of());
        }
        return now.startStandby(
                Reason.STARTING_READONLY_WITH_LOCK, proof, new Upstream.Nobody(), new Decision.RenewLeaderLock());
    }

    static Turn startPrimary(Situation now, Reason reason, List<String> facts) {
        return now.turn(
                reason,
                facts,
                now.writable(new Decision.StartPrimary(startTimeout(now), "starting primary after failure"))
                        .toArray(Decision[]::new));
    }

    private static Duration startTimeout(Situation now) {
        var configured = now.settings().primaryStartTimeout();
        return configured.isZero() ? now.settings().pgCtlTimeout() : configured;
    }

    /**
     * The holder of the lock that was a primary when it stopped, and whom nobody has followed in the lock since, goes on
     * on its own timeline: no promotion, nobody has to be rewound.
     */
    private static boolean mayStartAsPrimary(Situation now) {
        boolean wasPrimary = now.postgres()
                .controlData()
                .map(ControlData::state)
                .map(state -> state == ControlData.State.SHUT_DOWN || state.isUncleanPrimary())
                .orElse(false);
        return wasPrimary
                && !now.postgres().recoverySignal()
                && now.cluster().epoch().wasHeldBy(now.self())
                && !now.state().wonRace();
    }

    /** Gives the lock to others right after a crash, if there is anybody to take it. */
    private static Optional<Turn> failOver(Situation now, StopProof proof) {
        Candidates candidates = Candidates.of(now, Optional.empty());
        if (candidates.members().isEmpty()) {
            return Optional.empty();
        }
        if (now.seen().peers().isEmpty()) {
            return Optional.of(now.turn(
                    Reason.POLLING_MEMBERS,
                    new Decision.RenewLeaderLock(),
                    new Decision.PollMembers(candidates.members(), Optional.empty())));
        }
        Candidates.Fit fit = candidates.fit("crash failover", now);
        return fit.members().isEmpty()
                ? Optional.empty()
                : Optional.of(now.turn(
                                Reason.CRASH_FAILOVER,
                                new Decision.DisarmWatchdog(),
                                new Decision.ReleaseLeaderLock(Optional.of(proof), Optional.empty()))
                        .with(fit.notes()));
    }

    private static Turn withoutLock(Situation now, StopProof proof) {
        Reason reason = now.settings().isStandbyCluster() && !now.cluster().isLocked()
                ? Reason.FOLLOWING_REMOTE_WITHOUT_LEADER
                : Reason.STARTING_AS_SECONDARY;
        Situation checked = now.with(firstCheck(now));
        return needsCrashRecovery(checked) ? recoverCrash(checked, proof) : mendOrStart(checked, proof, reason);
    }

    /** A divergence that cannot be judged yet is judged again while the server runs as a standby. */
    static Turn mendOrStart(Situation now, StopProof proof, Reason reason) {
        Situation checked = now.with(firstCheck(now));
        return mend(checked, proof).orElseGet(() -> checked.startStandby(reason, proof, checked.upstream()));
    }

    /** A guard that is still armed for a lost lease would end the recovery as it ends any server. */
    private static Turn recoverCrash(Situation now, StopProof proof) {
        return now.turn(
                Reason.RECOVERING_CRASH,
                new Decision.DisarmGuard(proof),
                new Decision.DisarmWatchdog(),
                new Decision.RecoverCrash(proof));
    }

    /** A standby that ended in the middle of replay is as unclean for pg_rewind as a crashed primary. */
    private static boolean crashedInRecovery(Situation now) {
        return now.rewindPossible()
                && !now.state().crashRecoveryTried()
                && !now.postgres().backupLabel()
                && now.postgres()
                        .controlData()
                        .filter(data -> data.state() == ControlData.State.IN_ARCHIVE_RECOVERY)
                        .isPresent();
    }

    private static HaState firstCheck(Situation now) {
        return now.state().rewind() == RewindProgress.UNCHECKED ? now.divergenceSuspected() : now.state();
    }

    /** pg_rewind refuses an unclean directory, and what it replays tells how far it reaches. */
    private static boolean needsCrashRecovery(Situation now) {
        boolean unclean = now.postgres()
                .controlData()
                .map(data -> data.state().isUncleanPrimary())
                .orElse(false);
        return unclean
                && !now.state().crashRecoveryTried()
                && !now.postgres().backupLabel()
                && (now.rewindPossible() || !now.cluster().isLocked());
    }

    private static Optional<Turn> mend(Situation now, StopProof proof) {
        Optional<Upstream.Source> leader = Upstreams.authority(now);
        if (leader.isEmpty() || !now.mayMendDivergence()) {
            return Optional.empty();
        }
        String name = leader.get().title();
        return switch (now.state().rewind()) {
            case CHECK, UNSURE -> compare(now, leader.get(), name);
            case NEEDED ->
                Optional.of(
                        crashedInRecovery(now)
                                ? recoverCrash(now, proof)
                                : now.rewindPossible()
                                        ? now.turn(
                                                Reason.REWINDING,
                                                List.of(name),
                                                new Decision.Rewind(leader.get(), proof))
                                        : now.turn(
                                                Reason.REINITIALIZING_DIVERGED,
                                                new Decision.CopyFrom(
                                                        leader.get(),
                                                        "reinitializing due to diverged timelines",
                                                        "it has diverged, cannot be rewound, and"
                                                                + " remove_data_directory_on_diverged_timelines is set")));
            case FAILED ->
                removalOption(now)
                        .map(option -> now.turn(
                                Reason.REMOVING_AFTER_REWIND_FAILURE,
                                new Decision.RemoveDataDirectory(proof, "pg_rewind failed and " + option + " is set")));
            case UNCHECKED, NOT_NEEDED, DONE -> Optional.empty();
        };
    }

    static boolean justCompared(Situation now) {
        return now.seen().task() instanceof TaskView.Ended ended && ended.kind() == TaskKind.COMPARE_TIMELINES;
    }

    private static Optional<String> removalOption(Situation now) {
        if (now.holdsLock()) {
            // What the holder has may be all there is (S-15).
            return Optional.empty();
        }
        if (now.settings().removeOnRewindFailure()) {
            return Optional.of("remove_data_directory_on_rewind_failure");
        }
        return now.settings().removeOnDivergedTimelines() && !now.settings().isStandbyCluster()
                ? Optional.of("remove_data_directory_on_diverged_timelines")
                : Optional.empty();
    }

    /** Once while the server is down; undecided, it starts as a standby and is compared again there. */
    private static Optional<Turn> compare(Situation now, Upstream.Source leader, String name) {
        return justCompared(now)
                ? Optional.empty()
                : Optional.of(
                        now.turn(Reason.COMPARING_TIMELINES, List.of(name), new Decision.CompareTimelines(leader)));
    }
}

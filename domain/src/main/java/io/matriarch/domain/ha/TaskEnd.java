package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.rewind.RewindCheck;
import io.matriarch.domain.rewind.RewindProgress;
import java.util.Optional;

/** What a member remembers of a background task that has just ended. */
final class TaskEnd {

    private static final int MOST_REWINDS = 3;

    private TaskEnd() {}

    static HaState remember(HaState before, TaskView.Ended ended, Observation seen) {
        PostgresView server = seen.postgres();
        HaState state = before.withFailedTask(
                failed(ended.result())
                        ? Optional.of(new HaState.FailedTask(ended.kind(), seen.now()))
                        : Optional.empty());
        return switch (ended.kind()) {
            case INITIALIZE -> bootstrapStep(state, ended.result(), BootstrapStep.CREATING_ROLES);
            case POST_BOOTSTRAP -> bootstrapStep(state, ended.result(), BootstrapStep.TAKING_LOCK);
            case START_PRIMARY, START_STANDBY, RESTART -> started(state, ended.result());
            case STOP -> stopped(state, ended.result());
            case COMPARE_TIMELINES -> compared(state, ended.result(), server);
            case REWIND -> rewound(state, ended.result());
            case RECOVER_CRASH -> state.withCrashRecoveryTried(true);
            // Of a bootstrap, it is the one of a standby leader: the copy is all there is to make.
            case COPY -> bootstrapStep(emptied(state), ended.result(), BootstrapStep.TAKING_LOCK);
            case REMOVE_DATA -> emptied(state);
            case CHECKPOINT -> prepared(state);
            case AWAIT_CANDIDATE -> candidateAnswered(state, ended.result());
            case PRE_PROMOTE ->
                state.withPromotion(state.promotion()
                        .with(failed(ended.result()) ? PromotionMemory.Script.FAILED : PromotionMemory.Script.PASSED));
            case ARCHIVE_WAL -> archived(state, ended.result());
            case COPY_SLOTS ->
                failed(ended.result()) ? state : state.withSlots(state.slots().copied());
            case FOLLOW, PROBE_WRITE -> state;
        };
    }

    private static boolean failed(TaskResult result) {
        return result instanceof TaskResult.Failed;
    }

    private static HaState bootstrapStep(HaState state, TaskResult result, BootstrapStep next) {
        if (state.bootstrapStep() == BootstrapStep.NONE) {
            return state;
        }
        return state.withBootstrap(failed(result) ? BootstrapStep.FAILED : next, state.bootstrapKey());
    }

    private static HaState emptied(HaState state) {
        return state.withRewind(RewindProgress.UNCHECKED)
                .withCrashRecoveryTried(false)
                .withStartFailed(false);
    }

    /** A file that could not be archived is in pg_wal for a person to copy: that keeps nobody from going on. */
    private static HaState archived(HaState state, TaskResult result) {
        return state.withDemotion(
                state.demotion() instanceof ClusterDemotion.Stopped(ShutdownPosition position)
                                && result instanceof TaskResult.NotArchiving
                        ? new ClusterDemotion.Unarchived(position)
                        : new ClusterDemotion.None());
    }

    private static HaState started(HaState state, TaskResult result) {
        if (failed(result)) {
            return state.withStartFailed(true);
        }
        return state.withStartFailed(false).withDemotedOffline(false);
    }

    private static HaState stopped(HaState state, TaskResult result) {
        if (state.demotion() instanceof ClusterDemotion.Stopping) {
            return demoted(state, result);
        }
        if (!(state.handover() instanceof HandoverPhase.Stopping stopping)) {
            return state;
        }
        return switch (result) {
            case TaskResult.Stopped done
            when !done.escalated() && done.shutdown().isPresent() ->
                state.withHandover(new HandoverPhase.Awaiting(
                        stopping.action(),
                        stopping.candidate(),
                        done.proof(),
                        done.shutdown().get()));
            case TaskResult.Stopped _ ->
                state.withHandover(new HandoverPhase.Abandoned(stopping.action(), "the stop was not a clean one"));
            case TaskResult.Failed why ->
                state.withHandover(new HandoverPhase.Abandoned(stopping.action(), "the stop failed: " + why.why()));
            case TaskResult.Done _,
                    TaskResult.StillStarting _,
                    TaskResult.Compared _,
                    TaskResult.NotArchiving _,
                    TaskResult.Candidate _ -> state;
        };
    }

    /** A stop that was forced has written no checkpoint: there is no position to publish. */
    private static HaState demoted(HaState state, TaskResult result) {
        if (!(result instanceof TaskResult.Stopped stopped)) {
            return state;
        }
        return state.withDemotion(stopped.shutdown()
                .filter(_ -> !stopped.escalated())
                .<ClusterDemotion>map(ClusterDemotion.Stopped::new)
                .orElseGet(ClusterDemotion.None::new));
    }

    private static HaState compared(HaState state, TaskResult result, PostgresView server) {
        boolean failedBefore = state.rewind() == RewindProgress.UNSURE;
        if (!(result instanceof TaskResult.Compared(LeaderTimeline.Primary leader, Optional<Lsn> endOfCheckpoint))) {
            // An unreachable leader explains a failed pg_rewind: everything from the beginning.
            return failedBefore ? state.withRewind(RewindProgress.CHECK) : state;
        }
        if (!leader.checkpointed()) {
            // Until its control file is on its timeline pg_rewind would compare with the wrong one, and nothing is
            // settled.
            return state;
        }
        return RewindCheck.localPosition(server)
                .map(local -> switch (RewindCheck.compare(local, leader, endOfCheckpoint)) {
                    case NEEDED -> state.withRewind(needed(state));
                    case NOT_NEEDED -> state.withRewind(RewindProgress.NOT_NEEDED);
                    case UNDECIDED -> state;
                })
                .orElse(state);
    }

    private static HaState rewound(HaState state, TaskResult result) {
        if (state.rewind() != RewindProgress.NEEDED) {
            // Another leader has come meanwhile: whatever this one has done is to be compared with that one.
            return state.withRewind(RewindProgress.CHECK);
        }
        return failed(result) ? state.withFailedRewind() : state.withRewind(RewindProgress.DONE);
    }

    /**
     * A leader that answers again may have been down for a moment while pg_rewind ran. Where it fails time after time it is
     * not the leader that it fails for.
     */
    private static RewindProgress needed(HaState state) {
        boolean enough = state.rewind() == RewindProgress.UNSURE && state.failedRewinds() >= MOST_REWINDS;
        return enough ? RewindProgress.FAILED : RewindProgress.NEEDED;
    }

    private static HaState prepared(HaState state) {
        // A checkpoint that failed only makes the shutdown longer.
        return state.handover() instanceof HandoverPhase.Preparing preparing
                ? state.withHandover(new HandoverPhase.Stopping(preparing.action(), preparing.candidate()))
                : state;
    }

    private static HaState candidateAnswered(HaState state, TaskResult result) {
        if (!(state.handover() instanceof HandoverPhase.Awaiting waiting)) {
            return state;
        }
        if (result instanceof TaskResult.Candidate(HandoverAnswer.Ready ready)
                && ready.timeline().equals(waiting.position().timeline())
                && ready.flushed().isAtLeast(waiting.position().end())) {
            return state.withHandover(new HandoverPhase.HandingOver(
                    waiting.action(), waiting.candidate(), waiting.proof(), waiting.position(), ready.offered()));
        }
        String why = switch (result) {
            case TaskResult.Candidate(HandoverAnswer.NotReady notReady) -> notReady.why();
            case TaskResult.Candidate(HandoverAnswer.Ready ready) ->
                waiting.candidate().name() + " has timeline "
                        + ready.timeline() + " up to " + ready.flushed() + ", not "
                        + waiting.position().timeline()
                        + " up to " + waiting.position().end();
            case TaskResult.Failed failed -> failed.why();
            case TaskResult.Done _,
                    TaskResult.StillStarting _,
                    TaskResult.Stopped _,
                    TaskResult.NotArchiving _,
                    TaskResult.Compared _ -> "it gave no answer";
        };
        return state.withHandover(new HandoverPhase.Abandoned(waiting.action(), why));
    }
}

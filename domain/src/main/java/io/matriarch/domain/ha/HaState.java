package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.time.MonotonicTime;
import java.util.List;
import java.util.Optional;

/**
 * What a member remembers from turn to turn: only what cannot be observed again.
 *
 * @param lastLeader who held the lock when it was last seen held
 * @param lastMembers the members of that moment: their keys may expire together with the leader's
 * @param wasPaused whether the turn before was paused
 * @param joined whether the server has been seen healthy and belonging here
 * @param bootstrapStep how far our bootstrap has come
 * @param bootstrapKey revision of the initialize key it began with
 * @param rewind whether the data directory has diverged
 * @param crashRecoveryTried whether single-user recovery has run since the server was last up
 * @param startFailed whether the last attempt to start the server failed
 * @param demotedOffline whether the server was stopped because the store was not reachable
 * @param startingSince since when the server has been starting up
 * @param wonRace whether the lock was acquired by a race and the promotion is still to come
 * @param checkpointAsked whether the checkpoint after a promotion has been asked for
 * @param handover the planned hand-over
 * @param pendingReply number of the request the running task belongs to
 */
public record HaState(
        Optional<MemberName> lastLeader,
        List<Member> lastMembers,
        boolean wasPaused,
        boolean joined,
        BootstrapStep bootstrapStep,
        Optional<Revision> bootstrapKey,
        RewindProgress rewind,
        boolean crashRecoveryTried,
        boolean startFailed,
        boolean demotedOffline,
        Optional<MonotonicTime> startingSince,
        boolean wonRace,
        boolean checkpointAsked,
        HandoverPhase handover,
        Optional<Long> pendingReply) {

    /** What a process begins with. */
    public static final HaState INITIAL = new HaState(
            Optional.empty(),
            List.of(),
            false,
            false,
            BootstrapStep.NONE,
            Optional.empty(),
            RewindProgress.UNCHECKED,
            false,
            false,
            false,
            Optional.empty(),
            false,
            false,
            new HandoverPhase.None(),
            Optional.empty());

    public HaState {
        lastMembers = List.copyOf(lastMembers);
    }

    public HaState withLastLocked(MemberName leader, List<Member> members) {
        return new HaState(
                Optional.of(leader),
                members,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withPaused(boolean paused) {
        return new HaState(
                lastLeader,
                lastMembers,
                paused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withJoined() {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                true,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withBootstrap(BootstrapStep step, Optional<Revision> key) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                step,
                key,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withRewind(RewindProgress progress) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                progress,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withCrashRecoveryTried(boolean tried) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                tried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withStartFailed(boolean failed) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                failed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withDemotedOffline(boolean offline) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                offline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withStartingSince(Optional<MonotonicTime> since) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                since,
                wonRace,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withWonRace(boolean won) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                won,
                checkpointAsked,
                handover,
                pendingReply);
    }

    public HaState withCheckpointAsked(boolean asked) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                asked,
                handover,
                pendingReply);
    }

    public HaState withHandover(HandoverPhase phase) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                phase,
                pendingReply);
    }

    public HaState withPendingReply(Optional<Long> number) {
        return new HaState(
                lastLeader,
                lastMembers,
                wasPaused,
                joined,
                bootstrapStep,
                bootstrapKey,
                rewind,
                crashRecoveryTried,
                startFailed,
                demotedOffline,
                startingSince,
                wonRace,
                checkpointAsked,
                handover,
                number);
    }
}

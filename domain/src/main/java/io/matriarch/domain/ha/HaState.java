package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.rewind.RewindProgress;
import io.matriarch.domain.slot.SlotRetention;
import io.matriarch.domain.time.MonotonicTime;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a member remembers from turn to turn: only what cannot be observed again.
 *
 * @param lastLeader who held the lock when it was last seen held
 * @param lastEpoch number of the acquisition by which it held it
 * @param lastMembers the members of that moment: their keys may expire together with the leader's
 * @param wasPaused whether the turn before was paused
 * @param joined whether the server has been seen healthy and belonging here
 * @param bootstrapStep how far our bootstrap has come
 * @param bootstrapKey revision of the initialize key it began with
 * @param abandonedKey an initialize key that nobody seems to be at work for
 * @param rewind whether the data directory has diverged
 * @param failedRewinds how often pg_rewind has failed against this leader
 * @param crashRecoveryTried whether single-user recovery has run since the server was last up
 * @param startFailed whether the last attempt to start the server failed
 * @param demotedOffline whether the server was stopped because the store was not reachable
 * @param startingSince since when the server has been starting up
 * @param wonRace whether the lock was acquired by a race and the promotion is still to come
 * @param race what is remembered for the next race
 * @param handover the planned hand-over
 * @param demotion of the primary of what has become a standby cluster
 * @param retention when the slots of absent members were last wanted; empty while somebody else leads
 * @param promotion what the script before the promotion has said
 * @param slots what is remembered of replication slots
 * @param failedTask the long action that failed last, until another one ends
 * @param sync what is remembered for synchronous replication
 * @param pendingReply number of the request the running task belongs to
 * @param failsafe what there is of failsafe mode when the store is away
 */
public record HaState(
        Optional<MemberName> lastLeader,
        long lastEpoch,
        List<Member> lastMembers,
        boolean wasPaused,
        boolean joined,
        BootstrapStep bootstrapStep,
        Optional<Revision> bootstrapKey,
        Optional<AbandonedKey> abandonedKey,
        RewindProgress rewind,
        int failedRewinds,
        boolean crashRecoveryTried,
        boolean startFailed,
        boolean demotedOffline,
        Optional<MonotonicTime> startingSince,
        boolean wonRace,
        RaceMemory race,
        HandoverPhase handover,
        ClusterDemotion demotion,
        Optional<SlotRetention> retention,
        PromotionMemory promotion,
        SlotMemory slots,
        Optional<FailedTask> failedTask,
        SyncProgress sync,
        Optional<Long> pendingReply,
        FailsafeMemory failsafe) {

    /** What a process begins with. */
    public static final HaState INITIAL = new HaState(
            Optional.empty(),
            0,
            List.of(),
            false,
            false,
            BootstrapStep.NONE,
            Optional.empty(),
            Optional.empty(),
            RewindProgress.UNCHECKED,
            0,
            false,
            false,
            false,
            Optional.empty(),
            false,
            RaceMemory.NONE,
            new HandoverPhase.None(),
            new ClusterDemotion.None(),
            Optional.empty(),
            PromotionMemory.NONE,
            SlotMemory.NONE,
            Optional.empty(),
            SyncProgress.NONE,
            Optional.empty(),
            FailsafeMemory.NONE);

    /**
     * An empty initialize key without a member that initializes.
     *
     * @param since when it was first seen like this
     */
    public record AbandonedKey(Revision revision, MonotonicTime since) {}

    /** A long action that has failed. */
    public record FailedTask(TaskKind kind, MonotonicTime at) {}

    public HaState {
        lastMembers = List.copyOf(lastMembers);
    }

    public HaState withLastLocked(MemberName leader, long epoch, List<Member> members) {
        boolean another = lastLeader.filter(leader::equals).isEmpty() || epoch != lastEpoch;
        return edit(next -> {
            if (another) {
                // What was found out before says nothing about this leader, nor about its next promotion (HA-056).
                next.rewind = rewind.isOpen() || rewind == RewindProgress.FAILED
                        ? RewindProgress.CHECK
                        : RewindProgress.UNCHECKED;
                next.failedRewinds = 0;
            }
            next.lastLeader = Optional.of(leader);
            next.lastEpoch = epoch;
            next.lastMembers = members;
        });
    }

    public HaState withBootstrap(BootstrapStep step, Optional<Revision> key) {
        return edit(next -> {
            next.bootstrapStep = step;
            next.bootstrapKey = key;
        });
    }

    public HaState withAbandonedKey(Optional<AbandonedKey> key) {
        return edit(next -> next.abandonedKey = key);
    }

    public HaState withJoined() {
        return edit(next -> next.joined = true);
    }

    public HaState withPaused(boolean paused) {
        return edit(next -> next.wasPaused = paused);
    }

    public HaState withRewind(RewindProgress progress) {
        return edit(next -> next.rewind = progress);
    }

    /** Counts one more failure of pg_rewind; the next comparison tells whether it is to be tried again. */
    public HaState withFailedRewind() {
        return edit(next -> {
            next.rewind = RewindProgress.UNSURE;
            next.failedRewinds = failedRewinds + 1;
        });
    }

    public HaState withCrashRecoveryTried(boolean tried) {
        return edit(next -> next.crashRecoveryTried = tried);
    }

    public HaState withStartFailed(boolean failed) {
        return edit(next -> next.startFailed = failed);
    }

    public HaState withDemotedOffline(boolean offline) {
        return edit(next -> next.demotedOffline = offline);
    }

    public HaState withStartingSince(Optional<MonotonicTime> since) {
        return edit(next -> next.startingSince = since);
    }

    public HaState withWonRace(boolean won) {
        return edit(next -> next.wonRace = won);
    }

    public HaState withRace(RaceMemory memory) {
        return edit(next -> next.race = memory);
    }

    public HaState withHandover(HandoverPhase phase) {
        return edit(next -> next.handover = phase);
    }

    public HaState withDemotion(ClusterDemotion phase) {
        return edit(next -> next.demotion = phase);
    }

    public HaState withRetention(Optional<SlotRetention> slots) {
        return edit(next -> next.retention = slots);
    }

    public HaState withPromotion(PromotionMemory memory) {
        return edit(next -> next.promotion = memory);
    }

    public HaState withSlots(SlotMemory memory) {
        return edit(next -> next.slots = memory);
    }

    public HaState withFailedTask(Optional<FailedTask> failed) {
        return edit(next -> next.failedTask = failed);
    }

    public HaState withSync(SyncProgress progress) {
        return edit(next -> next.sync = progress);
    }

    public HaState withPendingReply(Optional<Long> number) {
        return edit(next -> next.pendingReply = number);
    }

    HaState withFailsafe(FailsafeMemory memory) {
        return edit(next -> next.failsafe = memory);
    }

    private HaState edit(Consumer<Edit> change) {
        var next = new Edit(this);
        change.accept(next);
        return next.build();
    }

    /** A copy that can be changed field by field, for as long as a {@code with} method takes. */
    private static final class Edit {
        private Optional<MemberName> lastLeader;
        private long lastEpoch;
        private List<Member> lastMembers;
        private boolean wasPaused;
        private boolean joined;
        private BootstrapStep bootstrapStep;
        private Optional<Revision> bootstrapKey;
        private Optional<AbandonedKey> abandonedKey;
        private RewindProgress rewind;
        private int failedRewinds;
        private boolean crashRecoveryTried;
        private boolean startFailed;
        private boolean demotedOffline;
        private Optional<MonotonicTime> startingSince;
        private boolean wonRace;
        private RaceMemory race;
        private HandoverPhase handover;
        private ClusterDemotion demotion;
        private Optional<SlotRetention> retention;
        private PromotionMemory promotion;
        private SlotMemory slots;
        private Optional<FailedTask> failedTask;
        private SyncProgress sync;
        private Optional<Long> pendingReply;
        private FailsafeMemory failsafe;

        private Edit(HaState from) {
            lastLeader = from.lastLeader;
            lastEpoch = from.lastEpoch;
            lastMembers = from.lastMembers;
            wasPaused = from.wasPaused;
            joined = from.joined;
            bootstrapStep = from.bootstrapStep;
            bootstrapKey = from.bootstrapKey;
            abandonedKey = from.abandonedKey;
            rewind = from.rewind;
            failedRewinds = from.failedRewinds;
            crashRecoveryTried = from.crashRecoveryTried;
            startFailed = from.startFailed;
            demotedOffline = from.demotedOffline;
            startingSince = from.startingSince;
            wonRace = from.wonRace;
            race = from.race;
            handover = from.handover;
            demotion = from.demotion;
            retention = from.retention;
            promotion = from.promotion;
            slots = from.slots;
            failedTask = from.failedTask;
            sync = from.sync;
            pendingReply = from.pendingReply;
            failsafe = from.failsafe;
        }

        private HaState build() {
            return new HaState(
                    lastLeader,
                    lastEpoch,
                    lastMembers,
                    wasPaused,
                    joined,
                    bootstrapStep,
                    bootstrapKey,
                    abandonedKey,
                    rewind,
                    failedRewinds,
                    crashRecoveryTried,
                    startFailed,
                    demotedOffline,
                    startingSince,
                    wonRace,
                    race,
                    handover,
                    demotion,
                    retention,
                    promotion,
                    slots,
                    failedTask,
                    sync,
                    pendingReply,
                    failsafe);
        }
    }
}

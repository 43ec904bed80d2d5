package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the member does next. Pure data: the application carries it out. */
public sealed interface Decision {

    /** Whether carrying it out is a long action of this kind. */
    default boolean begins(TaskKind kind) {
        return task().filter(kind::equals).isPresent();
    }

    /** The long action it is, if it is one. */
    private Optional<TaskKind> task() {
        return switch (this) {
            case InitializeDatabase _ -> Optional.of(TaskKind.INITIALIZE);
            case RunPostBootstrap _ -> Optional.of(TaskKind.POST_BOOTSTRAP);
            case StartPrimary _ -> Optional.of(TaskKind.START_PRIMARY);
            case StartStandby _ -> Optional.of(TaskKind.START_STANDBY);
            case RestartServer _ -> Optional.of(TaskKind.RESTART);
            case StopServer _ -> Optional.of(TaskKind.STOP);
            case Follow _ -> Optional.of(TaskKind.FOLLOW);
            case Checkpoint _ -> Optional.of(TaskKind.CHECKPOINT);
            case CopyFrom _ -> Optional.of(TaskKind.COPY);
            case Rewind _ -> Optional.of(TaskKind.REWIND);
            case RecoverCrash _ -> Optional.of(TaskKind.RECOVER_CRASH);
            case CompareTimelines _ -> Optional.of(TaskKind.COMPARE_TIMELINES);
            case RemoveDataDirectory _ -> Optional.of(TaskKind.REMOVE_DATA);
            case RunPrePromote _ -> Optional.of(TaskKind.PRE_PROMOTE);
            case CopyLogicalSlots _ -> Optional.of(TaskKind.COPY_SLOTS);
            case ArchiveWal _ -> Optional.of(TaskKind.ARCHIVE_WAL);
            case AwaitCandidate _ -> Optional.of(TaskKind.AWAIT_CANDIDATE);
            case ProbeWrite _ -> Optional.of(TaskKind.PROBE_WRITE);
            case KillRemains _,
                    Promote _,
                    SetDataDirectoryAside _,
                    ChangeSlots _,
                    ForceFeedback _,
                    MarkDemoted _,
                    EndBootstrap _,
                    ResumeReplay _,
                    SetStandbyNames _ -> Optional.empty();
            case OnLock _, OnWatchdog _, OnDcs _, OnAgent _, PollMembers _, AskFailsafe _ -> Optional.empty();
        };
    }

    /** On the leader lock and our lease. */
    sealed interface OnLock extends Decision {}

    /** On the local server. */
    sealed interface OnPostgres extends Decision {}

    /** On the guard and the watchdog. */
    sealed interface OnWatchdog extends Decision {}

    /** On the other keys of the store. */
    sealed interface OnDcs extends Decision {}

    /** On other members. */
    sealed interface OnPeers extends Decision {}

    /** On the agent itself. */
    sealed interface OnAgent extends Decision {}

    /**
     * Create the leader key; the store refuses while anyone holds it, or if a register it was decided on has changed
     * (SAF-017).
     *
     * @param epoch the epoch to write with it
     * @param sync revision of the synchronous register
     * @param failover revision of the failover key
     */
    record AcquireLeaderLock(Epoch epoch, Revision sync, Revision failover) implements OnLock {}

    /** The same at the end of a bootstrap, with the identifier and the configuration in one transaction (SAF-018). */
    record InitializeCluster(Revision ours, SystemIdentifier identifier, Epoch epoch) implements OnLock {}

    /** Prolong our hold; the mandate of the renewals between turns comes with it. */
    record RenewLeaderLock() implements OnLock {}

    /** Compare-and-set from the lease of our former self to a fresh one (SAF-014). */
    record AdoptLeaderLock(LeaseId former) implements OnLock {}

    /**
     * Count our hold as ending at {@code until} at the earliest, with or without the store: everybody who could lead has
     * promised not to until then (SAF-047). In vain once the hold has ended.
     */
    record ProlongLease(LeaseId lease, MonotonicTime until) implements OnLock {}

    /** Believe no longer in a lease that the store does not show. */
    record DropLease() implements OnLock {}

    /**
     * Give the lock back. The server has stopped, or it never was more than a standby.
     *
     * @param proof that it has stopped; empty for a standby
     * @param position what to publish with it
     */
    record ReleaseLeaderLock(Optional<StopProof> proof, Optional<Lsn> position) implements OnLock {}

    /** Hand the lock to the candidate's lease, publish the position and clear the request, all in one (SAF-060). */
    record HandOverLeaderLock(
            StopProof proof, MemberName receiver, LeaseId offered, Lsn position, Revision failover, Epoch epoch)
            implements OnLock {}

    /** initdb and first start. */
    record InitializeDatabase() implements OnPostgres {}

    /** Roles and the post-bootstrap script. */
    record RunPostBootstrap() implements OnPostgres {}

    /** Start as primary, crash recovery included. Comes after the guard has been armed (SAF-041). */
    record StartPrimary(Duration timeout, String label) implements OnPostgres {}

    /** Start as standby. */
    record StartStandby(Upstream upstream, Role role, Duration timeout, String label) implements OnPostgres {}

    /** Restart in the same role. */
    record RestartServer(Duration timeout) implements OnPostgres {}

    /** Stop and prove it. */
    record StopServer(StopMode mode, boolean checkpointFirst, Optional<Duration> escalateAfter, String label)
            implements OnPostgres {}

    /** End whatever is left of a server whose postmaster is gone. */
    record KillRemains() implements OnPostgres {}

    /**
     * Make the standby a primary.
     *
     * @param skipped timelines that others may have written and that this promotion must not write
     */
    record Promote(List<Timeline> skipped) implements OnPostgres {
        public Promote {
            skipped = List.copyOf(skipped);
        }
    }

    /** Follow another upstream. */
    record Follow(Upstream upstream, Role role) implements OnPostgres {}

    /** CHECKPOINT here and, for a hand-over, on the candidate. */
    record Checkpoint(Optional<Member> candidate) implements OnPostgres {}

    /**
     * Make the data directory a copy of the source, or, of nobody, by the methods that need none; {@code why} is logged
     * before anything goes.
     */
    record CopyFrom(Upstream source, String label, String why) implements OnPostgres {}

    record Rewind(Upstream.Source source, StopProof proof) implements OnPostgres {}

    /** Single-user crash recovery. */
    record RecoverCrash(StopProof proof) implements OnPostgres {}

    /** Ask the leader for its timeline and history. */
    record CompareTimelines(Upstream.Source leader) implements OnPostgres {}

    /** Archive the file that holds the shutdown checkpoint. */
    record ArchiveWal(ShutdownPosition position, StopProof proof) implements OnPostgres {}

    record RemoveDataDirectory(StopProof proof, String why) implements OnPostgres {}

    /** Rename the data directory of a failed bootstrap. */
    record SetDataDirectoryAside(StopProof proof) implements OnPostgres {}

    record ChangeSlots(List<SlotChange> changes) implements OnPostgres {
        public ChangeSlots {
            changes = List.copyOf(changes);
        }
    }

    /**
     * Stop the standby for as long as it takes to give it copies of the leader's logical slots.
     *
     * @param timeout how long the start may take
     */
    record CopyLogicalSlots(List<PermanentSlot.Logical> slots, Upstream.Of leader, Duration timeout)
            implements OnPostgres {
        public CopyLogicalSlots {
            slots = List.copyOf(slots);
        }
    }

    /** Whether the server tells its upstream which old rows it needs, whatever its configuration says. */
    record ForceFeedback(boolean on) implements OnPostgres {}

    /** Run the operator's script that may forbid the promotion. */
    record RunPrePromote() implements OnPostgres {}

    /** The new cluster is there: its server's callbacks begin. */
    record EndBootstrap() implements OnPostgres {}

    /** What was a primary is none any more, although nothing was stopped: its start has failed. */
    record MarkDemoted() implements OnPostgres {}

    record ResumeReplay() implements OnPostgres {}

    /** Make commits wait for these, the value of {@code synchronous_standby_names}; nothing for the configuration's. */
    record SetStandbyNames(Optional<String> names) implements OnPostgres {}

    /** Commit a transaction that waits for no standby, to see whether the server can. */
    record ProbeWrite(Duration patience) implements OnPostgres {}

    /** The guard has our lease's deadline and has said so. */
    record ArmGuard() implements OnWatchdog {}

    /** Nothing is left to guard. */
    record DisarmGuard(StopProof proof) implements OnWatchdog {}

    /** Automation is off: guard and watchdog let the server live. */
    record PauseGuard() implements OnWatchdog {}

    record ArmWatchdog() implements OnWatchdog {}

    /** Only after the lock has been renewed. */
    record KeepWatchdogAlive() implements OnWatchdog {}

    record DisarmWatchdog() implements OnWatchdog {}

    /** Create the initialize key, empty: whoever succeeds may initialize the cluster. */
    record CreateInitializeKey() implements OnDcs {}

    /** Write our identifier where there is none or none that is valid. */
    record WriteInitializeKey(SystemIdentifier identifier, Revision seen) implements OnDcs {}

    /** Take back the initialize key of a bootstrap that failed. */
    record CancelInitializeKey(Revision ours) implements OnDcs {}

    /** Put the configuration in force back where it is missing or no document, unless somebody else has by now. */
    record RestoreConfig(Revision seen) implements OnDcs {}

    record WriteStatus(ClusterStatus status) implements OnDcs {}

    /** Register who takes part in failsafe mode, unless somebody else has by now. */
    record WriteFailsafe(SortedMap<MemberName, String> members, Revision seen) implements OnDcs {
        public WriteFailsafe {
            members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        }
    }

    /** Bring the history up to the timeline we write. */
    record PublishHistory(Timeline timeline) implements OnDcs {}

    /** Write the epoch of the holder anew, with a timeline that nobody can have written: a promotion follows. */
    record ReserveTimeline(Epoch epoch) implements OnDcs {}

    /**
     * Write the register of who may be elected without loss, unless it has changed since {@code wanted.revision()}.
     *
     * @param done the line for the log when it is written, empty for none
     * @param refused the line for the log when somebody else has changed it
     */
    record WriteSync(SyncState wanted, String done, String refused) implements OnDcs {}

    /** Remove that register, unless it has changed since. */
    record DeleteSync(Revision seen) implements OnDcs {}

    /** Empty the failover key if it is still the one we saw. */
    record ClearRequest(Revision seen) implements OnDcs {}

    /**
     * Ask members for their state; the answers are in the next observation.
     *
     * @param suspect who is not waited for
     */
    record PollMembers(List<Member> members, Optional<MemberName> suspect) implements OnPeers {
        public PollMembers {
            members = List.copyOf(members);
        }
    }

    /**
     * Ask members whether we may go on leading without the store; the answers are in the next observation.
     *
     * @param patience for each of at most two tries
     */
    record AskFailsafe(List<Member> members, FailsafeClaim claim, LeaseId lease, Duration patience) implements OnPeers {
        public AskFailsafe {
            members = List.copyOf(members);
        }
    }

    /** Wait until the candidate has everything up to the end of our WAL. */
    record AwaitCandidate(Member candidate, ShutdownPosition position, Duration patience) implements OnPeers {}

    /** Interrupt the background task. */
    record AbortTask(String why) implements OnAgent {}

    /** Answer a request: {@code ok} or not, with the text people and scripts know. */
    record Reply(long number, boolean ok, String text) implements OnAgent {}

    /** End the agent. */
    record Exit(int code, String why) implements OnAgent {}
}

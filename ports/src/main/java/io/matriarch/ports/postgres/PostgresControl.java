package io.matriarch.ports.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Changes the local server. Every call is idempotent: asked for what is already so, it does nothing and says it is done.
 * Calls marked <em>long</em> run as the agent's one background task, may take minutes and end early when their thread is
 * interrupted, leaving nothing half done behind that a later call could mistake for whole; the others return within the
 * retry timeout. The state and role that {@link PostgresProbe} reports follow these calls (spec/postgres.md §23).
 */
public interface PostgresControl {

    /** Long: initdb (or the custom bootstrap), first configuration, start as primary. */
    ControlResult initialize();

    /** The new cluster is there: from now on callbacks are run, {@code on_start} first. */
    void bootstrapped();

    /** Long: creates the three roles and runs {@code post_bootstrap} on the new primary. */
    ControlResult postBootstrap();

    /**
     * Long: starts the server as primary, crash recovery included. It comes up writable, so the caller holds the lock.
     *
     * @param timeout how long to wait for it to accept connections
     */
    ControlResult startPrimary(Duration timeout);

    /** Long: starts the server as a standby of {@code upstream}. */
    ControlResult startStandby(Upstream upstream, Role role, Duration timeout);

    /** Long: stops and starts it again in the role it has. */
    ControlResult restart(Duration timeout);

    /** Long: stops it and proves that it has stopped. The role is {@code demoted} afterwards if it was a primary. */
    StopResult stop(StopOrder order);

    /** Whether it has stopped for certain, looked up now; does not block longer than a few milliseconds. */
    Optional<StopProof> stopProof();

    /** Sends the signal of a fast shutdown and returns: the first rung of the ladder (SAF-040). */
    void signalFast();

    /** Sends the signal of an immediate shutdown and returns: a courtesy before the kill. */
    void signalImmediate();

    /**
     * Kills the postmaster first, then every process of the server, until none is left (SAF-031).
     *
     * @return the proof, or nothing when a process still could not be seen to end after a second
     */
    Optional<StopProof> kill();

    /**
     * Promotes the standby; returns as soon as the server has been told.
     *
     * @param skipped timelines that it must not take for its own, whether or not it has heard of them
     */
    ControlResult promote(List<Timeline> skipped);

    /** Long: runs the operator's script before a promotion; done where there is none. Ended when interrupted. */
    ControlResult prePromote();

    /** Nothing was stopped, but what was a primary is none any more: role and {@code on_role_change} say so. */
    void markDemoted();

    /** Long: points the running standby to another upstream, by a reload where the version can, else by a restart. */
    ControlResult follow(Upstream upstream, Role role);

    /** Long: CHECKPOINT, or on a standby a restart point. */
    ControlResult checkpoint();

    /**
     * Long: makes the data directory a copy of {@code source}; what was in it is removed first, and the log says why. Of
     * nobody, only the methods with {@code no_leader} are tried.
     */
    ControlResult copyFrom(Upstream source, String why);

    /** Long: pg_rewind against {@code source}. */
    ControlResult rewind(Upstream.Source source, StopProof proof);

    /** Long: single-user crash recovery of an unclean primary, so that it can be rewound. */
    ControlResult recoverCrash(StopProof proof);

    /** Asks a possible leader for its timeline and history; returns after {@code patience} at the latest. */
    LeaderTimeline timelineOf(Upstream.Source leader, Duration patience);

    /**
     * First byte after the WAL record that begins at {@code checkpoint}, read from the local WAL; empty when it cannot
     * be read.
     */
    Optional<Lsn> endOfRecord(Timeline timeline, Lsn checkpoint);

    /**
     * Long: archives the file with the last record of a cleanly stopped primary, which its server never does itself, and
     * what waits for it besides, by {@code archive_command}.
     */
    ArchiveResult archiveEnd(ShutdownPosition position, StopProof proof);

    /** Long: removes the data directory; the log says why. */
    ControlResult removeDataDirectory(String why, StopProof proof);

    /** Renames the data directory of a failed bootstrap to {@code .failed}. */
    ControlResult setDataDirectoryAside(StopProof proof);

    /**
     * Creates, advances and drops replication slots. Logical ones that are moved forward go on moving behind the call. One
     * step that fails does not keep the others from being taken; a slot in use is left alone.
     */
    ControlResult changeSlots(List<SlotChange> changes);

    /**
     * Long: stops the standby, gives it copies of the leader's logical slots and starts it again. It is not stopped where
     * none of them could be used.
     *
     * @param timeout how long to wait for it to accept connections
     */
    ControlResult copyLogicalSlots(List<PermanentSlot.Logical> slots, Upstream.Of leader, Duration timeout);

    /**
     * Whether {@code hot_standby_feedback} is on whatever the configuration says, now and for every later start; returns
     * without waiting until a running server has read it.
     */
    ControlResult forceFeedback(boolean on);

    /**
     * Sets {@code synchronous_standby_names}, now and for every later start until it is set anew; of a running server it
     * returns when the server has loaded it.
     *
     * @param names the parameter's value, empty for none; nothing to give it back to the configuration
     */
    ControlResult synchronousStandbyNames(Optional<String> names);

    /** The history file of {@code timeline} in the local WAL directory; empty when there is none. */
    Optional<List<HistoryLine>> localHistory(Timeline timeline);

    /** When that file was written, which the promotion does; empty when there is none. */
    Optional<Instant> historyWritten(Timeline timeline);

    /** Long: commits a tiny transaction that waits for no standby; failed after {@code patience} at the latest. */
    ControlResult probeWrite(Duration patience);

    /** Lets replay that was paused by a parameter change go on. */
    ControlResult resumeReplay();
}

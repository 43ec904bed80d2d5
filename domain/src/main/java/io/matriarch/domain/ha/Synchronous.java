package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.sync.StandbyNames;
import io.matriarch.domain.sync.SyncMemory;
import io.matriarch.domain.sync.SyncPlanner;
import io.matriarch.domain.sync.SyncStep;
import io.matriarch.domain.sync.SyncView;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Synchronous replication on the member that holds the lock: every order that the two registers need is in here. */
public final class Synchronous {

    private static final Duration CATCHING_UP = Duration.ofMillis(100);
    /** How long a standby is waited for at the shorter interval: one that lags for good is looked at as any other. */
    private static final Duration HASTE = Duration.ofSeconds(10);

    private static final Duration WATCHING = Duration.ofMillis(500);

    private Synchronous() {}

    /** What a turn has to do about it. */
    record Step(HaState next, List<Decision> decisions, List<Note> notes) {

        static Step none(HaState state) {
            return new Step(state, List.of(), List.of());
        }
    }

    /** Whether {@code /sync} says who may be elected (ha-decisions §1). */
    static boolean isActive(Situation now) {
        return now.settings().sync().isOn() && now.cluster().sync().leader().isPresent();
    }

    /** Whether votes are counted: what the register says holds, whatever the mode has become meanwhile. */
    static boolean countsVotes(Situation now) {
        return isActive(now)
                && (now.settings().sync().mode() == SyncSettings.Mode.QUORUM
                        || now.cluster().sync().quorum() > 0);
    }

    /** The next change, for a primary with the lock; one a turn. */
    static Step lead(Situation now) {
        if (!(now.postgres().sql() instanceof SqlView.Primary primary)) {
            return Step.none(now.state());
        }
        return now.settings().sync().isOn() ? change(now, primary) : turnOff(now, primary);
    }

    private static Step change(Situation now, SqlView.Primary primary) {
        SyncProgress progress = now.state().sync();
        SyncPlanner.Next next = SyncPlanner.next(
                view(now, primary.replication(), primary.flushed()),
                now.seen().now(),
                progress.memory(),
                progress.settledAt());
        List<Decision> decisions = new ArrayList<>();
        Optional<MonotonicTime> settledAt = progress.settledAt();
        switch (next.advice().step()) {
            case SyncStep.Register register -> {
                boolean taken = now.cluster()
                        .sync()
                        .leader()
                        .filter(leader -> !leader.matchesIgnoringCase(now.self()))
                        .isPresent();
                if (taken) {
                    settledAt = Optional.of(now.seen().now().plus(now.settings().loopWait()));
                }
                decisions.add(write(now, register));
            }
            case SyncStep.Server server ->
                decisions.add(
                        new Decision.SetStandbyNames(Optional.of(server.names().text())));
            case SyncStep.Nothing _ -> {}
        }
        List<Note> notes = new ArrayList<>();
        next.advice().warnings().forEach(text -> notes.add(Note.warning(text)));
        next.advice().infos().forEach(text -> notes.add(Note.info(text)));
        return new Step(
                now.state().withSync(progress.leading(Optional.of(next.memory()), settledAt, next.pending())),
                decisions,
                notes);
    }

    private static Decision write(Situation now, SyncStep.Register register) {
        return new Decision.WriteSync(
                new SyncState(
                        Optional.of(register.leader()),
                        register.voters(),
                        register.quorum(),
                        now.cluster().sync().revision()),
                register.done(),
                register.refused());
    }

    /** The register goes first: who is not asked for any more must not be counted on (HA-117). */
    private static Step turnOff(Situation now, SqlView.Primary primary) {
        StandbyNames loaded = StandbyNames.parse(primary.replication().synchronousNames());
        Optional<SyncMemory> memory = now.state().sync().memory();
        if (now.cluster().sync().leader().isPresent()) {
            SyncMemory ours =
                    memory.orElseGet(() -> new SyncMemory(loaded, now.seen().now(), Optional.empty(), List.of()));
            return new Step(
                    now.state().withSync(now.state().sync().leading(Optional.of(ours), Optional.empty(), false)),
                    List.of(new Decision.DeleteSync(now.cluster().sync().revision())),
                    List.of());
        }
        boolean ours = memory.filter(known -> matches(known.names(), loaded)).isPresent()
                || !now.state().sync().givenBack();
        boolean differs = !primary.replication()
                .synchronousNames()
                .equals(now.settings().sync().ownNames().orElse(""));
        HaState next = now.state().withSync(now.state().sync().off());
        return ours && differs
                ? new Step(
                        memory.isPresent() ? now.state() : next,
                        List.of(new Decision.SetStandbyNames(Optional.empty())),
                        List.of())
                : Step.none(next);
    }

    /** The names in memory are spelled as the members are, the server's as they were written. */
    private static boolean matches(StandbyNames known, StandbyNames loaded) {
        return loaded.spelledLike(known.names()).equals(known);
    }

    /**
     * What has to be done before our server may become writable, the register before the names (ha-decisions §10.6): the
     * register's write is refused if somebody else has changed it, and then nothing is promoted (HA-104).
     */
    static List<Decision> beforeWritable(Situation now) {
        if (!now.settings().sync().isOn()) {
            return now.cluster().sync().leader().isEmpty()
                    ? List.of()
                    : List.of(
                            new Decision.DeleteSync(now.cluster().sync().revision()),
                            new Decision.SetStandbyNames(Optional.empty()));
        }
        SyncPlanner.Beginning beginning = SyncPlanner.beginning(view(now, Replication.NONE, Lsn.ZERO));
        List<Decision> decisions = new ArrayList<>();
        beginning.register().ifPresent(register -> decisions.add(write(now, register)));
        decisions.add(new Decision.SetStandbyNames(Optional.of(beginning.names().text())));
        return decisions;
    }

    /** A standby's commits wait for nobody, and it must not begin with old names once it is promoted (HA-118). */
    static List<Decision> asStandby(Situation now) {
        return now.settings().sync().isOn() ? List.of(new Decision.SetStandbyNames(Optional.of(""))) : List.of();
    }

    private static SyncView view(Situation now, Replication replication, Lsn flushed) {
        return new SyncView(
                now.self(),
                now.settings().sync(),
                now.cluster().members(),
                now.cluster().sync(),
                replication,
                flushed,
                now.settings().slots().use());
    }

    /**
     * How soon the next turn must come: commits may wait for a standby that is gone (W-19), a standby for being listed, a
     * race for promises, a stop for the primary's word.
     *
     * @param state what is remembered after the turn
     * @return empty where nothing of it needs an early turn
     */
    public static Optional<Duration> lookAgainWithin(HaState state, Observation seen) {
        if (!seen.settings().sync().isOn()) {
            return Optional.empty();
        }
        SyncProgress progress = state.sync();
        boolean leads = seen.postgres().isPrimary()
                && seen.dcs() instanceof DcsView.Read(ClusterView cluster)
                && new Situation(state, seen, cluster).holdsLock();
        boolean catchingUp = progress.pending()
                && progress.memory()
                        .filter(memory -> seen.now().since(memory.since()).compareTo(HASTE) < 0)
                        .isPresent();
        if (progress.voting() || progress.leavingSince().isPresent() || leads && catchingUp) {
            return Optional.of(CATCHING_UP);
        }
        return leads ? Optional.of(WATCHING) : Optional.empty();
    }
}

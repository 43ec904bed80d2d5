package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ArchiveResult;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A server and its disk. It lives on when its agent does not; its log is a list of records, and one server can stream
 * from another while its own list is the beginning of the other's.
 */
final class FakePostgres implements PostgresControl, PostgresProbe {

    private static final Lsn FIRST = Lsn.parse("0/3000000");
    private static final int CHECKPOINT_SIZE = 120;
    private static final Duration WAL_SENDER_TIMEOUT = Duration.ofSeconds(5);

    /** What the processes are doing. */
    enum Phase {
        DOWN,
        STARTING,
        UP,
        STOPPING
    }

    private final World world;
    private final MemberName self;
    private final SimGuard guard;
    private final List<Runnable> exitListeners = new ArrayList<>();

    // The disk.
    private boolean present;
    private boolean complete;
    private boolean backupLabel;
    private boolean standbySignal;
    private Optional<SystemIdentifier> identifier = Optional.empty();
    private List<WalRecord> log = new ArrayList<>();
    private ControlData.State control = ControlData.State.SHUT_DOWN;
    private WalRecord checkpoint;
    private Timeline checkpointTimeline = Timeline.UNKNOWN;
    private Upstream upstream = new Upstream.Nobody();

    // The processes.
    private Phase phase = Phase.DOWN;
    private boolean primary;
    private long incarnation;
    private Optional<MemberName> attachedTo = Optional.empty();
    private long lastHeard;
    private boolean toldDivergence;

    // What the agent's adapter knows.
    private boolean upstreamConfigured;
    private ServerState state = ServerState.STOPPED;
    private Role role = Role.UNINITIALIZED;

    FakePostgres(World world, MemberName self, SimGuard guard) {
        this.world = world;
        this.self = self;
        this.guard = guard;
    }

    // --- what the world sees

    boolean isWritable() {
        return phase == Phase.UP && primary;
    }

    boolean isUp() {
        return phase == Phase.UP;
    }

    boolean isEmpty() {
        return !present;
    }

    boolean isDown() {
        return phase == Phase.DOWN;
    }

    boolean isStandby() {
        return !primary;
    }

    List<WalRecord> log() {
        return log;
    }

    Timeline timeline() {
        return log.isEmpty() ? Timeline.UNKNOWN : log.getLast().timeline;
    }

    Lsn end() {
        return log.isEmpty() ? Lsn.ZERO : log.getLast().end;
    }

    boolean streamsFrom(MemberName name) {
        return phase == Phase.UP && !primary && attachedTo.filter(name::equals).isPresent();
    }

    /** Whether everything on the other server is here too. */
    boolean contains(FakePostgres other) {
        int size = other.log.size();
        return size <= log.size() && (size == 0 || log.get(size - 1) == other.log.get(size - 1));
    }

    /** A client's transaction; it is acknowledged when this returns. */
    void write(long transaction) {
        append(transaction, 100, false);
    }

    private void append(long transaction, int size, boolean isCheckpoint) {
        log.add(new WalRecord(log.isEmpty() ? FIRST : end(), size, timeline(), transaction, isCheckpoint));
    }

    private void writeCheckpoint() {
        append(0, CHECKPOINT_SIZE, true);
        checkpoint = log.getLast();
        checkpointTimeline = timeline();
    }

    /** The processes end as by kill -9. */
    void crash(String why) {
        if (phase != Phase.DOWN) {
            world.say(self.value(), "server ends: " + why);
            gone();
        }
    }

    private void gone() {
        phase = Phase.DOWN;
        incarnation++;
        attachedTo = Optional.empty();
        for (FakePostgres other : world.servers.values()) {
            if (other.attachedTo.filter(self::equals).isPresent()) {
                other.attachedTo = Optional.empty();
            }
        }
        List.copyOf(exitListeners).forEach(Runnable::run);
    }

    /** The agent was started anew: what it kept in memory is gone. */
    void forgetAgent() {
        exitListeners.clear();
        upstreamConfigured = false;
        if (present && !complete) {
            // A copy that its agent did not finish is removed by the next one.
            wipe();
        }
        state = phase == Phase.DOWN ? ServerState.STOPPED : ServerState.RUNNING;
        role = !present
                ? Role.UNINITIALIZED
                : standbySignal ? Role.REPLICA : phase == Phase.DOWN ? Role.DEMOTED : Role.PRIMARY;
    }

    private void wipe() {
        present = false;
        complete = false;
        backupLabel = false;
        standbySignal = false;
        identifier = Optional.empty();
        log = new ArrayList<>();
        role = Role.UNINITIALIZED;
    }

    /** Streams what there is to stream. */
    void tick() {
        if (phase != Phase.UP || primary) {
            attachedTo = Optional.empty();
            return;
        }
        if (!(upstream instanceof Upstream.Of(MemberName name, String _))) {
            attachedTo = Optional.empty();
            return;
        }
        FakePostgres source = world.servers.get(name);
        boolean serves =
                source != null && (source.phase == Phase.UP || source.phase == Phase.STOPPING && source.primary);
        if (!serves || source.phase == Phase.STOPPING && attachedTo.isEmpty()) {
            attachedTo = Optional.empty();
            return;
        }
        if (!world.network.linked(self, name)) {
            if (world.now() - lastHeard > WAL_SENDER_TIMEOUT.toNanos()) {
                attachedTo = Optional.empty();
            }
            return;
        }
        if (!source.contains(this)) {
            tellDivergence(source);
            attachedTo = Optional.empty();
            return;
        }
        toldDivergence = false;
        attachedTo = Optional.of(name);
        lastHeard = world.now();
        int most = world.chance(0.1) ? world.random.nextInt(3) : Integer.MAX_VALUE;
        for (int i = log.size(); i < source.log.size() && most > 0; i++, most--) {
            log.add(source.log.get(i));
        }
    }

    /**
     * Whether both have a timeline of the same number that is not the same one. PostgreSQL compares numbers only, so
     * nothing would mend such a divergence by itself.
     */
    boolean sharesNumberWith(FakePostgres other) {
        int common = common(other);
        var ours = new TreeSet<Timeline>();
        log.subList(common, log.size()).forEach(one -> ours.add(one.timeline));
        return other.log.subList(common, other.log.size()).stream().anyMatch(one -> ours.contains(one.timeline));
    }

    private int common(FakePostgres other) {
        int common = 0;
        int least = Math.min(log.size(), other.log.size());
        while (common < least && log.get(common) == other.log.get(common)) {
            common++;
        }
        return common;
    }

    private void tellDivergence(FakePostgres source) {
        if (!toldDivergence) {
            world.say(self.value(), "cannot stream from " + describe(source));
        }
        toldDivergence = true;
    }

    /** How two servers' logs differ. */
    String describe(FakePostgres other) {
        int common = common(other);
        return other.self + ": " + phase + (primary ? " primary" : " standby of " + upstream) + ", own timeline "
                + timeline() + " to " + end() + ", its " + other.timeline() + " to " + other.end()
                + ", common up to " + (common == 0 ? "nothing" : log.get(common - 1).end)
                + "; own next " + (common < log.size() ? log.get(common) : "none")
                + ", its next " + (common < other.log.size() ? other.log.get(common) : "none");
    }

    // --- PostgresProbe

    @Override
    public PostgresView observe(Duration patience) {
        world.scheduler.sleep(world.between(1, 5));
        if (phase == Phase.DOWN && (state == ServerState.RUNNING || state == ServerState.STARTING)) {
            state = ServerState.CRASHED;
        }
        if (isWritable() && (role == Role.PROMOTED || role == Role.DEMOTED)) {
            role = Role.PRIMARY;
        }
        return new PostgresView(
                present ? new DataDirectory.Present() : new DataDirectory.Empty(),
                controlData(),
                phase == Phase.DOWN ? new ServerProcess.Stopped(proof()) : new ServerProcess.Alive(),
                state,
                role,
                sql(),
                upstreamConfigured ? Optional.of(upstream) : Optional.empty(),
                standbySignal,
                backupLabel,
                true,
                List.of(),
                Optional.empty());
    }

    private SqlView sql() {
        if (phase != Phase.UP) {
            return new SqlView.NoAnswer("not up");
        }
        return primary
                ? new SqlView.Primary(timeline(), end(), List.of(), Replication.NONE)
                : new SqlView.Standby(
                        end(),
                        end(),
                        Optional.of(timeline()),
                        attachedTo.isPresent() ? WalReceiver.STREAMING : WalReceiver.NONE,
                        false,
                        false,
                        List.of());
    }

    private Optional<ControlData> controlData() {
        if (!present || !complete) {
            return Optional.empty();
        }
        boolean recovery =
                control == ControlData.State.IN_ARCHIVE_RECOVERY || control == ControlData.State.SHUT_DOWN_IN_RECOVERY;
        return Optional.of(new ControlData(
                control,
                identifier.orElseThrow(),
                checkpoint.start,
                checkpointTimeline,
                recovery ? end() : Lsn.ZERO,
                recovery ? timeline() : Timeline.UNKNOWN,
                true,
                true));
    }

    private static StopProof proof() {
        return new StopProof("simulated");
    }

    @Override
    public int serverVersion() {
        return 0;
    }

    @Override
    public ServerReport report(Duration patience) {
        return new ServerReport.NoAnswer("not simulated");
    }

    @Override
    public void onServerExit(Runnable listener) {
        exitListeners.add(listener);
    }

    @Override
    public void close() {
        exitListeners.clear();
    }

    // --- PostgresControl

    @Override
    public ControlResult initialize() {
        world.scheduler.sleep(world.between(500, 2000));
        present = true;
        complete = true;
        identifier = Optional.of(world.newSystemIdentifier());
        log = new ArrayList<>();
        log.add(new WalRecord(FIRST, CHECKPOINT_SIZE, Timeline.FIRST, 0, true));
        checkpoint = log.getLast();
        checkpointTimeline = Timeline.FIRST;
        return startPrimary(Duration.ofSeconds(30));
    }

    @Override
    public ControlResult postBootstrap() {
        world.scheduler.sleep(world.between(50, 300));
        return isWritable() ? new ControlResult.Done() : new ControlResult.Failed("not a primary");
    }

    @Override
    public ControlResult startPrimary(Duration timeout) {
        world.scheduler.sleep(world.between(1, 300));
        if (phase == Phase.DOWN) {
            if (!present || guard.refusesStart()) {
                return new ControlResult.Failed("refused");
            }
            standbySignal = false;
            role = Role.PRIMARY;
            begin(true, control.isUncleanPrimary() ? world.between(300, 6000) : world.between(80, 600));
        }
        return awaitUp(timeout);
    }

    @Override
    public ControlResult startStandby(Upstream from, Role as, Duration timeout) {
        world.scheduler.sleep(world.between(1, 200));
        if (!present || !complete) {
            return new ControlResult.Failed("no data directory");
        }
        if (phase == Phase.DOWN) {
            upstream = from;
            upstreamConfigured = true;
            standbySignal = true;
            role = as;
            begin(false, world.between(80, 1500));
        }
        return awaitUp(timeout);
    }

    private void begin(boolean asPrimary, Duration startup) {
        phase = Phase.STARTING;
        state = ServerState.STARTING;
        primary = asPrimary;
        long mine = ++incarnation;
        world.say(self.value(), "server starts as " + (asPrimary ? "primary" : "standby") + " at " + end());
        world.scheduler.after(startup, () -> {
            if (incarnation == mine && phase == Phase.STARTING) {
                phase = Phase.UP;
                backupLabel = false;
                control = asPrimary ? ControlData.State.IN_PRODUCTION : ControlData.State.IN_ARCHIVE_RECOVERY;
                if (asPrimary) {
                    writeCheckpoint();
                }
                world.say(self.value(), "server is up" + (asPrimary ? ", writable, timeline " + timeline() : ""));
            }
        });
    }

    private ControlResult awaitUp(Duration timeout) {
        long end = world.now() + timeout.toNanos();
        Scheduler.Fiber fiber = world.scheduler.current();
        while (phase == Phase.STARTING && world.now() < end) {
            if (fiber.interrupted) {
                crash("the start is interrupted");
                return new ControlResult.Failed("interrupted");
            }
            world.scheduler.await(Duration.ofMillis(100));
        }
        if (phase == Phase.UP) {
            state = ServerState.RUNNING;
            return new ControlResult.Done();
        }
        if (phase == Phase.STARTING) {
            return new ControlResult.StillRunning("starting");
        }
        state = ServerState.START_FAILED;
        return new ControlResult.Failed("it did not come up");
    }

    @Override
    public ControlResult restart(Duration timeout) {
        boolean asPrimary = primary;
        var order = new StopOrder(StopMode.FAST, false, Optional.of(Duration.ofSeconds(10)), "restart");
        if (stop(order) instanceof StopResult.NotStopped(String why)) {
            return new ControlResult.Failed(why);
        }
        return asPrimary ? startPrimary(timeout) : startStandby(upstream, Role.REPLICA, timeout);
    }

    @Override
    public StopResult stop(StopOrder order) {
        world.scheduler.sleep(world.between(1, 20));
        boolean escalated = order.mode() == StopMode.IMMEDIATE;
        if (phase != Phase.DOWN) {
            state = ServerState.STOPPING;
            if (escalated) {
                world.scheduler.sleep(world.between(1, 30));
                crash("immediate stop, " + order.why());
            } else {
                beginFastStop();
                long end = world.now()
                        + order.escalateAfter().orElse(Duration.ofDays(1)).toNanos();
                while (phase != Phase.DOWN && world.now() < end) {
                    world.scheduler.sleep(Duration.ofMillis(20));
                }
                if (phase != Phase.DOWN) {
                    escalated = true;
                    crash("escalated stop, " + order.why());
                }
            }
        }
        if (role.isPrimary()) {
            role = Role.DEMOTED;
        }
        state = ServerState.STOPPED;
        Optional<ShutdownPosition> position = control == ControlData.State.SHUT_DOWN && !log.isEmpty()
                ? Optional.of(new ShutdownPosition(timeline(), end()))
                : Optional.empty();
        return new StopResult.Stopped(proof(), escalated, position);
    }

    /** Sessions end at once; then the checkpoint; then everything goes to the standbys that stream. */
    private void beginFastStop() {
        if (phase == Phase.STOPPING || phase == Phase.DOWN) {
            return;
        }
        boolean wasUp = phase == Phase.UP;
        phase = Phase.STOPPING;
        long mine = incarnation;
        world.say(self.value(), "fast shutdown begins");
        Duration needed = world.chance(0.05) ? world.between(3000, 40000) : world.between(30, 800);
        world.scheduler.after(needed, () -> {
            if (incarnation == mine && phase == Phase.STOPPING) {
                if (!wasUp) {
                    gone();
                    return;
                }
                if (primary) {
                    writeCheckpoint();
                }
                control = primary ? ControlData.State.SHUT_DOWN : ControlData.State.SHUT_DOWN_IN_RECOVERY;
                finishFastStop(mine);
            }
        });
    }

    private void finishFastStop(long mine) {
        if (incarnation != mine || phase != Phase.STOPPING) {
            return;
        }
        boolean sent = !primary
                || world.servers.values().stream().noneMatch(other -> other.streamsFrom(self) && !other.contains(this));
        if (sent) {
            world.say(self.value(), "fast shutdown done at " + end());
            gone();
        } else {
            world.scheduler.after(Duration.ofMillis(10), () -> finishFastStop(mine));
        }
    }

    @Override
    public Optional<StopProof> stopProof() {
        return phase == Phase.DOWN ? Optional.of(proof()) : Optional.empty();
    }

    @Override
    public void signalFast() {
        beginFastStop();
    }

    @Override
    public void signalImmediate() {
        crash("immediate stop by the agent's guard");
    }

    @Override
    public Optional<StopProof> kill() {
        crash("killed by the agent's guard");
        return Optional.of(proof());
    }

    @Override
    public ControlResult promote(List<Timeline> skipped) {
        if (phase != Phase.UP || primary) {
            return primary ? new ControlResult.Done() : new ControlResult.Failed("not up");
        }
        if (guard.refusesStart()) {
            return new ControlResult.Failed("the guard's deadline has passed");
        }
        role = Role.PROMOTED;
        long mine = incarnation;
        world.say(self.value(), "promotion begins");
        world.scheduler.after(world.between(20, 800), () -> {
            if (incarnation == mine && phase == Phase.UP && !primary) {
                Timeline next = skipped.isEmpty()
                        ? timeline().next()
                        : skipped.getLast().next();
                log.add(new WalRecord(end(), 80, next, 0, false));
                primary = true;
                standbySignal = false;
                attachedTo = Optional.empty();
                control = ControlData.State.IN_PRODUCTION;
                world.say(self.value(), "promoted to timeline " + next + " at " + end());
            }
        });
        return new ControlResult.Done();
    }

    @Override
    public ControlResult follow(Upstream from, Role as) {
        world.scheduler.sleep(world.between(1, 30));
        upstream = from;
        upstreamConfigured = true;
        attachedTo = Optional.empty();
        return new ControlResult.Done();
    }

    @Override
    public ControlResult checkpoint() {
        world.scheduler.sleep(world.chance(0.05) ? world.between(1000, 8000) : world.between(20, 500));
        if (isWritable()) {
            writeCheckpoint();
        }
        return new ControlResult.Done();
    }

    @Override
    public ControlResult copyFrom(Upstream source, String why) {
        crash("its directory is copied anew");
        wipe();
        present = true;
        state = ServerState.CREATING_REPLICA;
        FakePostgres from = world.servers.get(name(source));
        int steps = 5 + world.random.nextInt(20);
        for (int i = 0; i < steps; i++) {
            world.scheduler.sleep(Duration.ofMillis(100));
            if (from == null
                    || !from.isUp()
                    || !world.network.linked(self, source.name())
                    || world.scheduler.current().interrupted) {
                wipe();
                state = ServerState.STOPPED;
                return new ControlResult.Failed("the copy has failed");
            }
        }
        adopt(from);
        backupLabel = true;
        control = ControlData.State.IN_PRODUCTION;
        complete = true;
        role = Role.REPLICA;
        state = ServerState.STOPPED;
        standbySignal = true;
        world.say(self.value(), "copied from " + name(source));
        return new ControlResult.Done();
    }

    /** A cluster here follows no other one. */
    private static MemberName name(Upstream source) {
        return ((Upstream.Of) source).name();
    }

    @Override
    public ArchiveResult archiveEnd(ShutdownPosition position, StopProof stopped) {
        return new ArchiveResult.NotConfigured();
    }

    private void adopt(FakePostgres from) {
        log = new ArrayList<>(from.log);
        identifier = from.identifier;
        checkpoint = from.checkpoint;
        checkpointTimeline = from.checkpointTimeline;
    }

    @Override
    public ControlResult rewind(Upstream.Source source, StopProof stopped) {
        world.scheduler.sleep(world.between(100, 2000));
        FakePostgres from = world.servers.get(name(source));
        boolean possible = from.isWritable()
                && world.network.linked(self, source.name())
                && from.checkpointTimeline.equals(from.timeline());
        if (!possible || control.isUncleanPrimary() || world.scheduler.current().interrupted) {
            return new ControlResult.Failed("pg_rewind has failed");
        }
        adopt(from);
        control = ControlData.State.IN_ARCHIVE_RECOVERY;
        world.say(self.value(), "rewound from " + name(source));
        return new ControlResult.Done();
    }

    @Override
    public ControlResult recoverCrash(StopProof stopped) {
        world.scheduler.sleep(world.between(100, 2000));
        if (!present || !complete || phase != Phase.DOWN || world.scheduler.current().interrupted) {
            return new ControlResult.Failed("single-user recovery has failed");
        }
        writeCheckpoint();
        control = ControlData.State.SHUT_DOWN;
        return new ControlResult.Done();
    }

    @Override
    public LeaderTimeline timelineOf(Upstream.Source leader, Duration patience) {
        world.scheduler.sleep(world.between(1, 20));
        FakePostgres from = world.servers.get(leader.name());
        if (from == null || !from.isUp() || !world.network.linked(self, leader.name())) {
            world.scheduler.sleep(patience);
            return new LeaderTimeline.NoAnswer("not reachable");
        }
        return from.primary
                ? new LeaderTimeline.Primary(
                        from.timeline(), from.history(), from.checkpointTimeline.equals(from.timeline()))
                : new LeaderTimeline.InRecovery();
    }

    private List<HistoryLine> history() {
        List<HistoryLine> lines = new ArrayList<>();
        for (int i = 1; i < log.size(); i++) {
            if (!log.get(i).timeline.equals(log.get(i - 1).timeline)) {
                lines.add(new HistoryLine(log.get(i - 1).timeline, log.get(i - 1).end, "simulated"));
            }
        }
        return lines;
    }

    @Override
    public Optional<Lsn> endOfRecord(Timeline timeline, Lsn start) {
        return log.stream()
                .filter(one -> one.start.equals(start))
                .map(one -> one.end)
                .findFirst();
    }

    @Override
    public ControlResult removeDataDirectory(String why, StopProof stopped) {
        world.scheduler.sleep(world.between(10, 200));
        wipe();
        return new ControlResult.Done();
    }

    @Override
    public ControlResult setDataDirectoryAside(StopProof stopped) {
        wipe();
        return new ControlResult.Done();
    }

    @Override
    public void bootstrapped() {}

    @Override
    public void markDemoted() {
        role = Role.DEMOTED;
    }

    @Override
    public ControlResult prePromote() {
        return new ControlResult.Done();
    }

    @Override
    public ControlResult copyLogicalSlots(List<PermanentSlot.Logical> slots, Upstream.Of leader, Duration timeout) {
        return new ControlResult.Done();
    }

    @Override
    public ControlResult forceFeedback(boolean on) {
        return new ControlResult.Done();
    }

    @Override
    public ControlResult changeSlots(List<SlotChange> changes) {
        return new ControlResult.Done();
    }

    @Override
    public Optional<List<HistoryLine>> localHistory(Timeline timeline) {
        return Optional.of(history());
    }

    @Override
    public Optional<java.time.Instant> historyWritten(Timeline timeline) {
        return Optional.empty();
    }

    @Override
    public ControlResult synchronousStandbyNames(Optional<String> names) {
        return new ControlResult.Done();
    }

    @Override
    public ControlResult probeWrite(Duration patience) {
        world.scheduler.sleep(world.between(1, 5));
        return isWritable() ? new ControlResult.Done() : new ControlResult.Failed("not writable");
    }

    @Override
    public ControlResult resumeReplay() {
        return new ControlResult.Done();
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A server and its disk, which live on when their agent does not. */
final class SimServer {

    private static final int CHECKPOINT_SIZE = 120;
    private static final int TRANSACTION_SIZE = 100;

    /** What the processes are doing. */
    enum Phase {
        DOWN,
        STARTING,
        UP,
        STOPPING
    }

    /** The disk. */
    static final class Disk {
        boolean present;
        boolean complete;
        boolean backupLabel;
        boolean standbySignal;

        /** Made by a bootstrap that has not become the cluster: whatever it writes is nobody's. */
        boolean unborn;

        Optional<SystemIdentifier> identifier = Optional.empty();
        ControlData.State control = ControlData.State.SHUT_DOWN;
        WalNode checkpoint = WalNode.NOTHING;
        Upstream upstream = new Upstream.Nobody();

        /** Everything after it is missing: a crash loses what had not been replayed from the log yet. */
        WalNode tip = WalNode.NOTHING;
    }

    private final World world;
    private final MemberName name;
    private final SimReceiver receiver;
    private final SyncCommits commits;
    private final Ending ending;
    private final FastStop fastStop;
    private final List<SimSender> senders = new ArrayList<>();
    private final List<Runnable> exitListeners = new ArrayList<>();
    private final List<Scheduler.Fiber> waiting = new ArrayList<>();
    private Disk disk = new Disk();
    private Phase phase = Phase.DOWN;
    private boolean primary;
    private boolean frozen;
    private long incarnation;
    private Optional<Fault> full = Optional.empty();
    private Optional<Fault> slow = Optional.empty();
    private Optional<WalNode> replayStopped = Optional.empty();
    private Duration slowness = Duration.ZERO;
    private Optional<Fault> hung = Optional.empty();
    private long hungSince;
    private SimGuard guard;
    private Optional<Fault> backlog = Optional.empty();
    private Duration toReplay = Duration.ZERO;
    private Optional<Fault> rewindFails = Optional.empty();

    /** Whether it logs hint bits or has checksums. */
    private boolean rewindable = true;

    private boolean laterHistory;

    SimServer(World world, MemberName name, Duration senderTimeout) {
        this.world = world;
        this.name = name;
        this.receiver = new SimReceiver(world, this, senderTimeout);
        this.commits = new SyncCommits(world, this);
        this.ending = new Ending(world, this);
        this.fastStop = new FastStop(world, this);
        world.network.onHealed(this::linksChanged);
    }

    /** It has fetched the history of a timeline that its own WAL does not lead to. */
    void hasSeen(Timeline later) {
        laterHistory |= timeline().isBefore(later);
    }

    boolean hasLaterHistory() {
        return laterHistory;
    }

    /** Its directory is one that pg_rewind does nothing for. */
    void cannotBeRewound() {
        rewindable = false;
    }

    boolean isRewindable() {
        return rewindable;
    }

    /** Its next start takes longer. */
    void hasToReplay(Optional<Fault> fault, Duration more) {
        backlog = fault;
        toReplay = more;
    }

    void failRewinds(Optional<Fault> fault) {
        rewindFails = fault;
    }

    boolean failsRewind() {
        rewindFails.ifPresent(Fault::hadEffect);
        return rewindFails.isPresent();
    }

    void guardedBy(SimGuard by) {
        guard = by;
    }

    // --- what there is to see

    MemberName name() {
        return name;
    }

    Disk disk() {
        return disk;
    }

    SimReceiver receiver() {
        return receiver;
    }

    SyncCommits commits() {
        return commits;
    }

    Ending ending() {
        return ending;
    }

    List<SimSender> senders() {
        return senders;
    }

    long incarnation() {
        return incarnation;
    }

    Phase phase() {
        return phase;
    }

    boolean isWritable() {
        return phase == Phase.UP && primary && !frozen;
    }

    boolean isPrimary() {
        return primary;
    }

    boolean isUp() {
        return phase == Phase.UP;
    }

    boolean isDown() {
        return phase == Phase.DOWN;
    }

    boolean isStopping() {
        return phase == Phase.STOPPING;
    }

    boolean isStandby() {
        return !primary;
    }

    /** How long it has not answered anybody. */
    Optional<Duration> hungFor() {
        hung.ifPresent(Fault::hadEffect);
        return hung.map(fault -> Duration.ofNanos(world.now() - hungSince));
    }

    boolean isHung() {
        return hung.isPresent();
    }

    boolean isFrozen() {
        return frozen;
    }

    /** Whether a standby may connect. */
    boolean serves() {
        return phase == Phase.UP && !frozen;
    }

    WalNode tip() {
        return disk.tip;
    }

    Timeline timeline() {
        return disk.tip.timeline;
    }

    Lsn end() {
        return disk.tip.endLsn();
    }

    Lsn replayed() {
        return replayStopped.orElse(disk.tip).endLsn();
    }

    boolean isReplayStopped() {
        return replayStopped.isPresent();
    }

    Timeline checkpointTimeline() {
        return disk.checkpoint.timeline;
    }

    Duration slowness() {
        slow.ifPresent(Fault::hadEffect);
        return slowness;
    }

    boolean isFull() {
        full.ifPresent(Fault::hadEffect);
        return full.isPresent();
    }

    // --- what is done to it

    void onServerExit(Runnable listener) {
        exitListeners.add(listener);
    }

    void forgetListeners() {
        exitListeners.clear();
        waiting.clear();
    }

    /** Waits on the present fiber until something of the server changes. */
    void awaitChange(Duration atMost) {
        waiting.add(world.scheduler.current());
        world.scheduler.await(atMost);
        waiting.remove(world.scheduler.current());
    }

    void changed() {
        for (Scheduler.Fiber fiber : List.copyOf(waiting)) {
            fiber.wake();
        }
    }

    /** Its storage does not come back: whoever asks it anything waits. */
    void hang(Optional<Fault> fault) {
        hung = fault;
        hungSince = world.now();
    }

    void full(Optional<Fault> fault) {
        full = fault;
    }

    void slow(Optional<Fault> fault, Duration delay) {
        slow = fault;
        slowness = delay;
    }

    void stopReplay() {
        replayStopped = Optional.of(disk.tip);
    }

    void resumeReplay() {
        replayStopped = Optional.empty();
    }

    /** The machine sleeps: everything stands still, and connections are not told. */
    void freeze(boolean now) {
        frozen = now;
        if (!now) {
            if (isWritable()) {
                world.onWritable.accept(this);
            }
            linksChanged();
        }
    }

    private void linksChanged() {
        senders.forEach(SimSender::poke);
    }

    /**
     * A client's transaction.
     *
     * @param client hears true when it is acknowledged, false when nobody will ever say
     * @return its record; empty when it has failed for certain
     */
    Optional<WalNode> write(long transaction, Consumer<Boolean> client) {
        if (!isWritable() || isHung()) {
            return Optional.empty();
        }
        if (isFull()) {
            crash("no space left on device");
            return Optional.empty();
        }
        WalNode node = append(transaction, TRANSACTION_SIZE);
        commits.committed(node, client);
        return Optional.of(node);
    }

    private WalNode append(long transaction, int size) {
        Timeline on = disk.tip.depth == 0 ? Timeline.FIRST : timeline();
        disk.tip = disk.tip.then(size, on, transaction);
        senders.forEach(SimSender::poke);
        return disk.tip;
    }

    void writeCheckpoint() {
        disk.checkpoint = append(0, CHECKPOINT_SIZE);
    }

    /** What a WAL receiver writes. */
    void receive(WalNode until) {
        if (until == disk.tip) {
            return;
        }
        if (isFull()) {
            crash("no space left on device");
            return;
        }
        disk.tip = until;
        senders.forEach(SimSender::poke);
        changed();
    }

    void initialize() {
        disk = new Disk();
        disk.present = true;
        disk.complete = true;
        disk.unborn = true;
        disk.identifier = Optional.of(world.newSystemIdentifier());
        commits.configure("");
        writeCheckpoint();
    }

    void wipe() {
        disk = new Disk();
    }

    /** The disk becomes what the other one's is at this moment. */
    void adopt(SimServer from) {
        disk.tip = from.disk.tip;
        disk.identifier = from.disk.identifier;
        disk.checkpoint = from.disk.checkpoint;
        laterHistory = false;
    }

    // --- the processes

    /** The processes end as by kill -9. */
    void crash(String why) {
        if (phase != Phase.DOWN) {
            world.say(name.value(), "server ends: " + why);
            gone();
        }
    }

    /** Nothing of the processes is left. */
    void gone() {
        phase = Phase.DOWN;
        hung = Optional.empty();
        incarnation++;
        replayStopped = Optional.empty();
        receiver.stop();
        commits.ended();
        List.copyOf(senders).forEach(SimSender::disconnect);
        changed();
        List.copyOf(exitListeners).forEach(Runnable::run);
    }

    void begin(boolean asPrimary, Duration startup) {
        phase = Phase.STARTING;
        primary = asPrimary;
        long mine = ++incarnation;
        world.say(name.value(), "server starts as " + (asPrimary ? "primary" : "standby") + ", " + disk.tip);
        if (guard.refusesStart()) {
            // Whatever comes up past the deadline is ended again.
            world.scheduler.after(Duration.ofMillis(10), () -> {
                if (incarnation == mine && guard.refusesStart()) {
                    crash("started past the guard's deadline");
                }
            });
        }
        backlog.ifPresent(Fault::hadEffect);
        Duration length = startup.plus(toReplay);
        hasToReplay(Optional.empty(), Duration.ZERO);
        world.scheduler.after(length, () -> {
            if (incarnation == mine && phase == Phase.STARTING) {
                up(asPrimary);
            }
        });
    }

    private void up(boolean asPrimary) {
        if (isFull()) {
            crash("no space left on device");
            return;
        }
        phase = Phase.UP;
        disk.backupLabel = false;
        disk.control = asPrimary ? ControlData.State.IN_PRODUCTION : ControlData.State.IN_ARCHIVE_RECOVERY;
        commits.started();
        if (asPrimary) {
            writeCheckpoint();
            world.onWritable.accept(this);
        } else {
            receiver.start(disk.upstream);
        }
        world.say(name.value(), "server is up" + (asPrimary ? ", writable, timeline " + timeline() : ""));
        changed();
    }

    void beginFastStop() {
        if (phase == Phase.STOPPING || phase == Phase.DOWN) {
            return;
        }
        boolean wasUp = phase == Phase.UP;
        world.onStop.accept(this);
        phase = Phase.STOPPING;
        commits.ended();
        receiver.stop();
        fastStop.begin(wasUp);
    }

    /** A standby has confirmed something, or is gone. */
    void sent() {
        fastStop.sent();
    }

    /** The order to promote: it takes effect after a while. */
    void promote(List<Timeline> skipped) {
        long mine = incarnation;
        world.say(name.value(), "promotion begins");
        world.scheduler.after(world.chance(0.3) ? world.between(5, 60) : world.between(20, 800), () -> {
            if (incarnation == mine && phase == Phase.UP && !primary) {
                receiver.stop();
                replayStopped = Optional.empty();
                Timeline next = skipped.isEmpty()
                        ? timeline().next()
                        : skipped.getLast().next();
                disk.tip = disk.tip.then(80, next, 0);
                primary = true;
                disk.standbySignal = false;
                disk.control = ControlData.State.IN_PRODUCTION;
                commits.started();
                world.say(name.value(), "promoted to timeline " + next + " at " + end());
                world.onWritable.accept(this);
                senders.forEach(SimSender::poke);
                changed();
                checkpointLater(mine);
            }
        });
    }

    /** The checkpoint that a promoted server writes without being asked. */
    private void checkpointLater(long mine) {
        world.scheduler.after(world.between(200, 4000), () -> {
            if (incarnation == mine && isWritable() && !checkpointTimeline().equals(timeline())) {
                writeCheckpoint();
            }
        });
    }

    void connected(SimSender sender) {
        senders.add(sender);
    }

    void removed(SimSender sender) {
        senders.remove(sender);
        sent();
    }

    /** How two servers' logs differ. */
    String describe(SimServer other) {
        return other.name + ": " + other.phase + (other.primary ? " primary, " : " standby, ") + other.disk.tip
                + ", own " + disk.tip + ", common " + disk.tip.common(other.disk.tip);
    }
}

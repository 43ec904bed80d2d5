package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.cluster.TimelineHistory;
import io.matriarch.domain.failsafe.FailsafeView;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StandbyCluster;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An observation of srv1 in a cluster with srv2 and srv3, changed step by step into the one that a row needs. */
final class Seen {

    static final MemberName SELF = new MemberName("srv1");
    static final MemberName OTHER = new MemberName("srv2");
    static final MemberName THIRD = new MemberName("srv3");
    static final SystemIdentifier OURS = new SystemIdentifier("7000000000000000001");
    static final SystemIdentifier FOREIGN = new SystemIdentifier("7000000000000000002");
    static final MonotonicTime NOW = MonotonicTime.ofNanos(Duration.ofHours(1).toNanos());
    static final Instant WALL = Instant.parse("2026-01-01T12:00:00Z");
    static final StopProof PROOF = new StopProof("test");
    static final LeaseId MINE = new LeaseId("mine");
    static final LeaseId THEIRS = new LeaseId("theirs");
    static final StandbyCluster REMOTE = new StandbyCluster(
            List.of(new StandbyCluster.Server("10.0.0.9", 5432)),
            Optional.of("matriarch"),
            List.of(),
            Optional.of("fetch %f %p"),
            Optional.empty(),
            Optional.of("5min"));
    static final Lsn POSITION = Lsn.parse("0/5000000");

    /** A standby keeps those of the others from its first turn on. */
    static final List<SlotView> SLOTS = List.of(
            SlotView.physical("srv2", false, Optional.of(POSITION)),
            SlotView.physical("srv3", false, Optional.of(POSITION)));

    Tags tags = Tags.NONE;
    HaSettings settings = HaSettings.DEFAULTS;
    boolean reachable = true;
    LeaseView lease = new LeaseView.None();
    InitializeKey initialize = new InitializeKey.Done(OURS, new Revision(1));
    LeaderLock lock = new LeaderLock.Free();
    List<Member> members = new ArrayList<>(List.of(member(SELF), member(OTHER), member(THIRD)));
    Optional<SwitchoverRequest> request = Optional.empty();
    SyncState sync = SyncState.NONE;
    ClusterStatus status = ClusterStatus.of(POSITION, Map.of());
    TimelineHistory history = new TimelineHistory(true, List.of());
    Epoch epoch = new Epoch(1, Optional.of(SELF), Timeline.FIRST, new Revision(5));
    boolean nameTaken = false;
    boolean hasConfig = true;
    Revision configRevision = new Revision(3);
    DataDirectory directory = new DataDirectory.Present();
    Optional<ControlData> control = Optional.of(control(ControlData.State.IN_PRODUCTION));
    ServerProcess process = new ServerProcess.Alive();
    ServerState state = ServerState.RUNNING;
    Role role = Role.PRIMARY;
    SqlView sql = new SqlView.Primary(Timeline.FIRST, POSITION, List.of(), Replication.NONE);
    Optional<Upstream> upstream = Optional.empty();
    boolean recoverySignal;
    boolean backupLabel;
    Optional<Duration> stalled = Optional.empty();
    boolean laterHistory;
    boolean rewindConfigured = true;
    int version = 150000;
    TaskView task = new TaskView.Idle();
    Optional<List<PeerAnswer>> peers = Optional.empty();
    WatchdogView watchdog = WatchdogView.OFF;
    List<OperatorRequest> requests = List.of();
    Optional<Revision> created = Optional.empty();
    boolean shutdown;
    MonotonicTime now = NOW;
    Instant wall = WALL;
    FailsafeMap failsafeMap = FailsafeMap.NONE;
    FailsafeView failsafe = FailsafeView.since(NOW.minus(Duration.ofMinutes(30)));
    HaState before = HaState.INITIAL;

    private Seen() {}

    static Member member(MemberName name) {
        return member(name, Tags.NONE, Role.REPLICA, Timeline.FIRST);
    }

    static Member member(MemberName name, Tags tags, Role role, Timeline timeline) {
        return new Member(
                name,
                Optional.of(url(name)),
                Optional.of("http://" + name + ":8008/patroni"),
                "running",
                Optional.of(role),
                Optional.of("4.1.4"),
                tags,
                Optional.of(POSITION),
                Optional.empty(),
                Optional.empty(),
                Optional.of("streaming"),
                timeline,
                false,
                List.of(),
                false,
                Optional.empty(),
                Optional.empty());
    }

    static String url(MemberName name) {
        return "postgres://" + name + ":5432/postgres";
    }

    static Upstream.Of upstream(MemberName name) {
        return new Upstream.Of(name, url(name));
    }

    static ControlData control(ControlData.State state) {
        return new ControlData(
                state, OURS, Lsn.parse("0/4000028"), Timeline.FIRST, Lsn.ZERO, Timeline.UNKNOWN, true, false);
    }

    static Tags nofailover() {
        return new Tags(true, 1, false, false, false, 1, Optional.empty(), false, Map.of());
    }

    static Tags priority(int priority) {
        return new Tags(false, priority, false, false, false, 1, Optional.empty(), false, Map.of());
    }

    /** A standby that receives nothing: from a primary that does not answer nobody does. */
    static PeerAnswer silentPeer(MemberName name, Lsn position) {
        return new PeerAnswer.Reachable(name, true, position, Timeline.FIRST, false, Tags.NONE, false);
    }

    static PeerAnswer peer(MemberName name, Lsn position) {
        return new PeerAnswer.Reachable(name, true, position, Timeline.FIRST, true, Tags.NONE, false);
    }

    static PeerAnswer dead(MemberName name) {
        return new PeerAnswer.Unreachable(name, "test");
    }

    /** A primary that holds the lock. */
    static Seen leader() {
        Seen seen = new Seen();
        seen.holding();
        seen.members.set(0, member(SELF, Tags.NONE, Role.PRIMARY, Timeline.FIRST));
        return seen;
    }

    /** A primary, the lock free. */
    static Seen primary() {
        return new Seen();
    }

    /** A standby, the lock free. */
    static Seen replica() {
        Seen seen = new Seen();
        seen.asStandby();
        seen.epoch = new Epoch(1, Optional.of(OTHER), Timeline.FIRST, new Revision(5));
        return seen;
    }

    /** A standby of srv2, which leads. */
    static Seen follower() {
        Seen seen = replica();
        seen.ledBy(OTHER);
        seen.upstream = Optional.of(upstream(OTHER));
        return seen;
    }

    /** A server that does not run, lock free, last a primary that went down uncleanly. */
    static Seen crashed() {
        Seen seen = new Seen();
        seen.stopped(ControlData.State.IN_PRODUCTION);
        seen.state = ServerState.CRASHED;
        return seen;
    }

    /** Nothing in the data directory, and a cluster without keys. */
    static Seen empty() {
        Seen seen = new Seen();
        seen.stopped(ControlData.State.SHUT_DOWN);
        seen.directory = new DataDirectory.Empty();
        seen.control = Optional.empty();
        seen.role = Role.UNINITIALIZED;
        seen.initialize = new InitializeKey.Absent();
        seen.epoch = Epoch.NONE;
        seen.members = new ArrayList<>();
        return seen;
    }

    Seen asStandby() {
        role = Role.REPLICA;
        sql = new SqlView.Standby(
                POSITION, POSITION, Optional.of(Timeline.FIRST), WalReceiver.STREAMING, false, false, SLOTS);
        control = Optional.of(control(ControlData.State.IN_ARCHIVE_RECOVERY));
        recoverySignal = true;
        return this;
    }

    Seen standbyAt(Lsn position, Timeline timeline, boolean streaming) {
        sql = new SqlView.Standby(
                position,
                position,
                Optional.of(timeline),
                streaming ? WalReceiver.STREAMING : WalReceiver.NONE,
                false,
                false,
                SLOTS);
        return this;
    }

    Seen holding() {
        lock = new LeaderLock.Held(SELF, MINE);
        lease = new LeaseView.Mine(new Lease(MINE, NOW.plus(settings.ttl())));
        if (sql instanceof SqlView.Standby && epoch.wasHeldBy(OTHER)) {
            // As its acquisition has left it: the timeline of the promotion is reserved.
            epoch = new Epoch(2, Optional.of(SELF), new Timeline(2), new Revision(5));
        }
        return this;
    }

    /** {@code name} shows that it makes a new cluster. */
    Seen initializing(MemberName name) {
        members.add(new Member(
                name,
                Optional.empty(),
                Optional.empty(),
                ServerState.INITIALIZING.text(),
                Optional.of(Role.UNINITIALIZED),
                Optional.empty(),
                Tags.NONE,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Timeline.UNKNOWN,
                false,
                List.of(),
                false,
                Optional.empty(),
                Optional.empty()));
        return this;
    }

    Seen ledBy(MemberName name) {
        lock = new LeaderLock.Held(name, THEIRS);
        members.replaceAll(
                one -> one.name().equals(name) ? member(name, Tags.NONE, Role.PRIMARY, Timeline.FIRST) : one);
        return this;
    }

    Seen stopped(ControlData.State controlState) {
        process = new ServerProcess.Stopped(PROOF);
        state = ServerState.STOPPED;
        sql = new SqlView.NoAnswer("stopped");
        control = Optional.of(control(controlState));
        return this;
    }

    Seen noAnswer() {
        sql = new SqlView.NoAnswer("timeout");
        return this;
    }

    Seen withoutDcs() {
        reachable = false;
        return this;
    }

    Seen leaseLeft(Duration left) {
        lease = new LeaseView.Mine(new Lease(MINE, NOW.plus(left)));
        return this;
    }

    Seen lease(LeaseView view) {
        lease = view;
        return this;
    }

    Seen lock(LeaderLock held) {
        lock = held;
        return this;
    }

    Seen peers(PeerAnswer... answers) {
        peers = Optional.of(List.of(answers));
        return this;
    }

    Seen asked(SwitchoverRequest asked) {
        request = Optional.of(asked);
        return this;
    }

    Seen switchover(MemberName from, MemberName to) {
        return asked(new SwitchoverRequest(
                Optional.ofNullable(from),
                Optional.ofNullable(to),
                Optional.empty(),
                Optional.empty(),
                new Revision(9)));
    }

    Seen scheduled(Duration fromNow, MemberName to) {
        return asked(new SwitchoverRequest(
                Optional.of(SELF),
                Optional.of(to),
                Optional.of(WALL.plus(fromNow)),
                Optional.empty(),
                new Revision(9)));
    }

    Seen task(TaskKind kind, String label) {
        task = new TaskView.Running(kind, label);
        return this;
    }

    Seen ended(TaskKind kind, TaskResult result) {
        task = new TaskView.Ended(kind, "test", result);
        return this;
    }

    Seen starting(Role as) {
        state = ServerState.STARTING;
        role = as;
        sql = new SqlView.NoAnswer("starting up");
        return this;
    }

    Seen tagged(Tags own) {
        tags = own;
        return this;
    }

    Seen member(MemberName name, Tags theirs) {
        members.replaceAll(one ->
                one.name().equals(name) ? member(name, theirs, one.role().orElse(Role.REPLICA), Timeline.FIRST) : one);
        return this;
    }

    Seen without(MemberName name) {
        members.removeIf(one -> one.name().equals(name));
        return this;
    }

    Seen epochOf(MemberName name) {
        return epochOf(name, 1);
    }

    /** {@code name} acquired the lock last and may have written timelines up to {@code reserved}. */
    Seen epochOf(MemberName name, int reserved) {
        epoch = new Epoch(4, Optional.of(name), new Timeline(reserved), new Revision(5));
        return this;
    }

    Seen initialize(InitializeKey key) {
        initialize = key;
        return this;
    }

    Seen upstream(Upstream configured) {
        upstream = Optional.of(configured);
        return this;
    }

    Seen watchdog(boolean running, boolean usable) {
        watchdog = new WatchdogView(true, running, usable);
        return this;
    }

    Seen requests(OperatorRequest... all) {
        requests = List.of(all);
        return this;
    }

    Seen clusterTimeline(int timeline) {
        var lines = new ArrayList<TimelineHistory.Line>();
        for (int one = 1; one < timeline; one++) {
            lines.add(new TimelineHistory.Line(
                    new Timeline(one),
                    POSITION,
                    "no recovery target specified",
                    Optional.of("2026-01-01T00:00:00+00:00"),
                    Optional.of("srv1")));
        }
        history = new TimelineHistory(true, lines);
        return this;
    }

    Seen settings(HaSettings other) {
        settings = other;
        return this;
    }

    /** The cluster follows another one. */
    Seen standbyCluster() {
        return standbyCluster(REMOTE);
    }

    Seen standbyCluster(StandbyCluster remote) {
        return settings(settings.edit().standbyCluster(Optional.of(remote)).build());
    }

    /** The lock's holder follows the other cluster. */
    static Seen standbyLeader() {
        Seen seen = replica().standbyCluster().holding();
        seen.role = Role.STANDBY_LEADER;
        seen.upstream = Optional.of(new Upstream.Remote(REMOTE));
        seen.members.set(0, member(SELF, Tags.NONE, Role.STANDBY_LEADER, Timeline.FIRST));
        seen.status = ClusterStatus.of(POSITION, Map.of(SELF.value(), POSITION));
        return seen;
    }

    /** A standby of the standby leader srv2. */
    static Seen cascade() {
        Seen seen = follower().standbyCluster();
        seen.members.set(1, member(OTHER, Tags.NONE, Role.STANDBY_LEADER, Timeline.FIRST));
        seen.upstream = Optional.of(cascade(OTHER));
        return seen;
    }

    static Upstream.Cascade cascade(MemberName name) {
        return new Upstream.Cascade(upstream(name), REMOTE);
    }

    Seen laterHistory() {
        laterHistory = true;
        return this;
    }

    Seen role(Role as) {
        role = as;
        return this;
    }

    Seen paused() {
        return settings(settings.edit().paused(true).build());
    }

    Seen promoting() {
        role = Role.PROMOTED;
        return this;
    }

    Seen remains() {
        process = new ServerProcess.Remains("a backend");
        return this;
    }

    Seen noConfig() {
        hasConfig = false;
        configRevision = Revision.ABSENT;
        return this;
    }

    Seen nameTaken() {
        nameTaken = true;
        return this;
    }

    Seen invalidConfig() {
        hasConfig = false;
        return this;
    }

    Seen onTimeline(int timeline) {
        sql = new SqlView.Primary(new Timeline(timeline), POSITION, List.of(), Replication.NONE);
        return this;
    }

    Seen lag(long bytes) {
        status = ClusterStatus.of(POSITION.plus(bytes), Map.of());
        return this;
    }

    Seen noEpoch() {
        epoch = Epoch.NONE;
        return this;
    }

    Seen created(long revision) {
        created = Optional.of(new Revision(revision));
        return this;
    }

    Seen emptied() {
        directory = new DataDirectory.Empty();
        control = Optional.empty();
        return this;
    }

    Seen inaccessible() {
        directory = new DataDirectory.Inaccessible("EIO");
        control = Optional.empty();
        return this;
    }

    Seen stalled(Duration time) {
        stalled = Optional.of(time);
        return this;
    }

    Seen withBackupLabel() {
        backupLabel = true;
        return this;
    }

    Seen noRewind() {
        rewindConfigured = false;
        return this;
    }

    Seen noControl() {
        control = Optional.empty();
        return this;
    }

    Seen replayPaused() {
        sql = new SqlView.Standby(
                POSITION, POSITION, Optional.of(Timeline.FIRST), WalReceiver.STREAMING, false, true, SLOTS);
        return this;
    }

    Seen leaderTimeline(int timeline) {
        members.replaceAll(one -> one.role().filter(Role::isPrimary).isPresent()
                ? member(one.name(), Tags.NONE, Role.PRIMARY, new Timeline(timeline))
                : one);
        return this;
    }

    /** A synchronous mode. */
    Seen mode(SyncSettings.Mode mode, boolean strict, int count) {
        return settings(settings.edit()
                .sync(new SyncSettings(mode, strict, count, -1, Optional.empty()))
                .build());
    }

    Seen mode(SyncSettings.Mode mode) {
        return mode(mode, false, 1);
    }

    /** What {@code /sync} says. */
    Seen register(MemberName leader, int quorum, MemberName... voters) {
        sync = new SyncState(Optional.of(leader), List.of(voters), quorum, new Revision(21));
        return this;
    }

    /** A primary that has loaded {@code names} and from which these stream, with everything. */
    Seen streamedBy(String names, WalSender... senders) {
        sql = new SqlView.Primary(Timeline.FIRST, POSITION, List.of(), new Replication(List.of(senders), names, "on"));
        return this;
    }

    static WalSender sender(MemberName name, String syncState, Lsn position) {
        Optional<Lsn> at = Optional.of(position);
        return new WalSender(name.value(), "streaming", syncState, at, at, at);
    }

    Seen noReceiver() {
        return standbyAt(POSITION, Timeline.FIRST, false).upstream(new Upstream.Nobody());
    }

    Seen before(HaState state) {
        before = state;
        return this;
    }

    Seen shutdown() {
        shutdown = true;
        return this;
    }

    Seen at(Duration later) {
        now = NOW.plus(later);
        return this;
    }

    ClusterView cluster() {
        return new ClusterView(
                initialize,
                lock,
                members,
                request,
                sync,
                status,
                history,
                epoch,
                request.map(SwitchoverRequest::revision).orElse(Revision.ABSENT),
                hasConfig,
                configRevision,
                failsafeMap);
    }

    Observation observation() {
        return new Observation(
                SELF,
                tags,
                now,
                wall,
                settings,
                reachable ? new DcsView.Read(cluster()) : new DcsView.Unreachable("test"),
                lease,
                new PostgresView(
                        directory,
                        control,
                        process,
                        state,
                        role,
                        sql,
                        upstream,
                        recoverySignal,
                        backupLabel,
                        laterHistory,
                        rewindConfigured,
                        List.of(),
                        stalled),
                version,
                task,
                peers,
                watchdog,
                requests,
                created,
                nameTaken,
                shutdown,
                failsafe);
    }

    Turn decide() {
        return HaCycle.decide(before, observation());
    }
}

package io.matriarch.app.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.postgres.StopResult;
import io.matriarch.ports.testing.FaultyDcs;
import io.matriarch.ports.testing.FaultyDcs.Call;
import io.matriarch.ports.testing.FaultyDcs.Fault;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.testing.SimulatedClock;
import io.matriarch.ports.watchdog.Guard;
import io.matriarch.ports.watchdog.Watchdog;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a turn does around its decisions: when the member shows itself, what follows a store that does not answer. */
class HaLoopTest {

    private static final MemberName SELF = new MemberName("srv1");
    private static final MemberName OTHER = new MemberName("srv2");
    private static final SystemIdentifier OURS = new SystemIdentifier("7000000000000000001");
    private static final DcsTiming TIMING =
            new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(10));

    private final SimulatedClock clock = new SimulatedClock();
    private final InMemoryStore store = new InMemoryStore(clock, TIMING);
    private final List<Call> calls = new ArrayList<>();
    private final FaultyDcs dcs = new FaultyDcs(store.open(SELF));
    private final Dcs other = store.open(OTHER);
    private final List<String> done = new ArrayList<>();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private HaSettings settings = HaSettings.DEFAULTS;
    private PostgresView server = primary();
    private Duration observing = Duration.ofMillis(1);
    private Runnable meanwhile = () -> {};
    private LeaseKeeper keeper;
    private HaLoop loop;

    @BeforeEach
    void begin() {
        logged.start();
        ((Logger) LoggerFactory.getLogger(HaLoop.class)).addAppender(logged);
        faults(_ -> Fault.NONE);
        keeper = new LeaseKeeper(dcs, clock, SELF, () -> {}, LeaseRecord.NONE);
        keeper.adopt(settings.ttl());
        var control = control();
        loop = new HaLoopBuilder(SELF, () -> Tags.NONE)
                .ports(dcs, new Probe(), control, peers())
                .guards(guard(), new LeaseGuard(clock, control, keeper::lease), new NoWatchdog())
                .keeping(clock, keeper, new Live())
                .beside(new BackgroundTask(this::atOnce, () -> {}), new RequestBox(() -> {}))
                .reporting((seen, task) -> MemberReport.of(
                        new MemberReport.Identity(
                                SELF, "postgres://a:5432/postgres", "http://a:8008/patroni", Optional.empty(), "4.1.4"),
                        seen,
                        task,
                        Optional.empty()))
                .build();
        other.write(Optional.empty(), Change.NONE.put(StoreKey.INITIALIZE, OURS.value()));
    }

    @AfterEach
    void end() {
        ((Logger) LoggerFactory.getLogger(HaLoop.class)).detachAppender(logged);
    }

    @Test
    @DisplayName("HA-001 the text of a paused cycle begins with PAUSE")
    void paused() {
        settings = settings.edit().paused(true).build();
        loop.turn();
        assertThat(loop.view().orElseThrow().sentence()).startsWith("PAUSE: ");
        assertThat(messages()).anyMatch(line -> line.startsWith("PAUSE: "));
    }

    @Test
    @DisplayName("HA-002 a bug ends the turn, is asked to be reported, and the next turn comes")
    void bug() {
        var well = server;
        server = null;
        assertThat(loop.steadyTurn()).isPositive();
        assertThat(messages()).contains("Unexpected exception raised, please report it as a BUG");
        server = well;
        leads();
    }

    @Test
    @DisplayName("HA-003 HA-005 a member without a key shows itself before it decides, and once in that turn")
    void appears() {
        loop.turn();
        assertThat(calls.indexOf(Call.PUBLISH)).isBetween(0, calls.indexOf(Call.ACQUIRE));
        assertThat(calls).filteredOn(Call.PUBLISH::equals).hasSize(1);
        assertThat(member()).isPresent();
    }

    @Test
    @DisplayName("HA-003 news is shown at the end of the turn, early ends included")
    void news() {
        leads();
        server = standby();
        calls.clear();
        loop.turn();
        assertThat(calls.getLast()).isEqualTo(Call.PUBLISH);
        assertThat(member().orElseThrow().role()).contains(Role.REPLICA);
    }

    @Test
    @DisplayName("HA-004 HA-010 a renewal without an answer: nothing is stopped, nothing more is asked of the store")
    void renewalUnanswered() {
        leads();
        clock.advance(settings.loopWait());
        calls.clear();
        faults(call -> call == Call.RENEW ? Fault.ANSWER_LOST : Fault.NONE);
        loop.turn();
        assertThat(calls).contains(Call.RENEW).doesNotContain(Call.PUBLISH, Call.WRITE);
        assertThat(done).doesNotContain("stop");
        assertThat(loop.view().orElseThrow().reason()).isEqualTo(Reason.LEADER_WITH_LOCK);
    }

    @Test
    @DisplayName("HA-004 a turn that cannot read the store does not publish")
    void unreadable() {
        leads();
        calls.clear();
        dcs.unreachable();
        loop.turn();
        assertThat(calls).doesNotContain(Call.PUBLISH);
        assertThat(loop.view().orElseThrow().reason()).isEqualTo(Reason.DCS_UNREACHABLE_LEASE_HOLDS);
    }

    @Test
    @DisplayName("HA-018 without a renewed lock the status is not written")
    void statusAfterRenewal() throws Exception {
        leads();
        String before = dcs.load().get(StoreKey.STATUS).orElseThrow().text();
        clock.advance(settings.loopWait());
        server = primary(4711);
        faults(call -> call == Call.RENEW ? Fault.REQUEST_LOST : Fault.NONE);
        loop.turn();
        assertThat(other.load().get(StoreKey.STATUS).orElseThrow().text()).isEqualTo(before);
        faults(_ -> Fault.NONE);
        loop.turn();
        assertThat(other.load().get(StoreKey.STATUS).orElseThrow().text()).contains("4711");
    }

    @Test
    @DisplayName("HA-016 the lease counts from before the attempt, and ends when another one holds the lock")
    void leaseEnds() throws Exception {
        leads();
        assertThat(keeper.isLeader()).isTrue();
        clock.advance(settings.ttl().plusSeconds(5));
        store.tick();
        assertThat(keeper.isLeader()).isFalse();
        other.acquireLeaderLock(OTHER, Change.NONE);
        loop.turn();
        assertThat(keeper.lease()).isEmpty();
        assertThat(done).contains("stop");
    }

    @Test
    @DisplayName("HA-144 the first thing after a pause longer than the ttl is the end of the primary")
    void afterLongPause() {
        leads();
        clock.advance(settings.ttl().multipliedBy(2));
        store.tick();
        other.acquireLeaderLock(OTHER, Change.NONE);
        done.clear();
        loop.turn();
        assertThat(done).first().isEqualTo("stop");
    }

    @Test
    @DisplayName("HA-144 after a pause that cost nothing the lock is renewed")
    void afterShortPause() {
        leads();
        clock.advance(settings.ttl().dividedBy(2));
        loop.turn();
        assertThat(done).doesNotContain("stop");
        assertThat(keeper.isLeader()).isTrue();
    }

    @Test
    @DisplayName("HA-135 the next turn is due one loop after this one began; a late one follows at once and says so")
    void schedule() {
        leads();
        observing = Duration.ofSeconds(3);
        assertThat(loop.turn()).isBetween(Duration.ofSeconds(6), Duration.ofSeconds(7));
        observing = Duration.ofSeconds(11);
        assertThat(loop.turn()).isZero();
        assertThat(messages()).contains("Loop time exceeded, rescheduling immediately.");
    }

    @Test
    @DisplayName(
            "HA-105 HA-111 the register is written once it is read; one that somebody changes meanwhile is left alone")
    void register() {
        synchronous();
        leads();
        assertThat(view().sync().leader()).contains(SELF);
        assertThat(view().sync().voters()).isEmpty();
        changeRegister(OTHER);
        meanwhile = () -> changeRegister(new MemberName("srv3"));
        loop.turn();
        assertThat(messages()).contains("Updating sync state failed");
        assertThat(view().sync().leader()).contains(new MemberName("srv3"));
        meanwhile = () -> {};
        loop.turn();
        assertThat(view().sync().leader()).contains(SELF);
    }

    @Test
    @DisplayName(
            "HA-104 a register that changes under a promotion postpones it; nothing is promoted before both are in order")
    void postponed() {
        synchronous();
        server = standby();
        changeRegister(SELF);
        for (int turns = 0; turns < 5 && !holdsLock(); turns++) {
            loop.turn();
        }
        assertThat(holdsLock()).isTrue();
        changeRegister(OTHER);
        done.clear();
        meanwhile = () -> changeRegister(new MemberName("srv3"));
        loop.turn();
        assertThat(messages())
                .contains("Postponing promotion because synchronous replication state was updated by somebody else");
        assertThat(done).doesNotContain("promote", "synchronousStandbyNames");
        meanwhile = () -> {};
        loop.turn();
        assertThat(view().sync().leader()).contains(SELF);
        assertThat(done).containsSubsequence("synchronousStandbyNames", "promote");
    }

    private void synchronous() {
        settings = settings.edit()
                .sync(new SyncSettings(SyncSettings.Mode.PRIORITY, false, 1, -1, Optional.empty()))
                .build();
    }

    private void changeRegister(MemberName leader) {
        var register = new SyncState(Optional.of(leader), List.of(SELF), 0, Revision.ABSENT);
        other.write(Optional.empty(), Change.NONE.put(StoreKey.SYNC, ClusterCodec.encodeSync(register)));
    }

    private void leads() {
        for (int turns = 0; turns < 5 && !holdsLock(); turns++) {
            loop.turn();
        }
        loop.turn();
        assertThat(holdsLock()).isTrue();
        done.clear();
    }

    private boolean holdsLock() {
        return view().leaderLock() instanceof LeaderLock.Held held
                && held.holder().equals(SELF);
    }

    private ClusterView view() {
        try {
            return ClusterCodec.decode(other.load());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private Optional<Member> member() {
        return view().member(SELF);
    }

    private void faults(java.util.function.Function<Call, Fault> script) {
        dcs.script(call -> {
            calls.add(call);
            return script.apply(call);
        });
    }

    private List<String> messages() {
        return logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    private static PostgresView primary() {
        return primary(1000);
    }

    private static PostgresView primary(long position) {
        var sql = new SqlView.Primary(Timeline.FIRST, new Lsn(position), List.of(), Replication.NONE);
        return server(ControlData.State.IN_PRODUCTION, Role.PRIMARY, sql);
    }

    private static PostgresView standby() {
        var sql = new SqlView.Standby(
                new Lsn(1000),
                new Lsn(1000),
                Optional.of(Timeline.FIRST),
                WalReceiver.STREAMING,
                false,
                false,
                List.of());
        return server(ControlData.State.IN_ARCHIVE_RECOVERY, Role.REPLICA, sql);
    }

    private static PostgresView server(ControlData.State state, Role role, SqlView sql) {
        var control =
                new ControlData(state, OURS, new Lsn(900), Timeline.FIRST, Lsn.ZERO, Timeline.UNKNOWN, true, true);
        return new PostgresView(
                new DataDirectory.Present(),
                Optional.of(control),
                new ServerProcess.Alive(),
                ServerState.RUNNING,
                role,
                sql,
                Optional.of(new Upstream.Nobody()),
                role == Role.REPLICA,
                false,
                true,
                List.of(),
                Optional.empty());
    }

    /** The loop's tasks run here and now. */
    private TaskRunner.Handle atOnce(String name, Runnable body) {
        body.run();
        return () -> {};
    }

    /** Does whatever it is asked for, and remembers it. */
    private PostgresControl control() {
        return (PostgresControl) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PostgresControl.class}, (_, method, _) -> {
                    done.add(method.getName());
                    if (method.getName().equals("stop")) {
                        return new StopResult.Stopped(new StopProof("by the test"), false, Optional.empty());
                    }
                    if (method.getReturnType() == Optional.class) {
                        return Optional.empty();
                    }
                    return method.getReturnType() == ControlResult.class ? new ControlResult.Done() : null;
                });
    }

    private static PeerClient peers() {
        return (PeerClient) Proxy.newProxyInstance(
                HaLoopTest.class.getClassLoader(),
                new Class<?>[] {PeerClient.class},
                (_, method, _) -> method.getReturnType() == List.class ? List.<PeerAnswer>of() : false);
    }

    private static Guard guard() {
        return (Guard) Proxy.newProxyInstance(
                HaLoopTest.class.getClassLoader(), new Class<?>[] {Guard.class}, (_, _, _) -> null);
    }

    private final class Probe implements PostgresProbe {
        @Override
        public PostgresView observe(Duration patience) {
            clock.advance(observing);
            meanwhile.run();
            return server;
        }

        @Override
        public int serverVersion() {
            return 150018;
        }

        @Override
        public ServerReport report(Duration patience) {
            return new ServerReport.NoAnswer("by the test");
        }

        @Override
        public void onServerExit(Runnable listener) {}

        @Override
        public void close() {}
    }

    private final class Live implements SettingsSource {
        @Override
        public HaSettings adopt(StoreSnapshot snapshot) {
            return settings;
        }

        @Override
        public HaSettings current() {
            return settings;
        }

        @Override
        public String document() {
            return "{}";
        }
    }

    private static final class NoWatchdog implements Watchdog {
        @Override
        public WatchdogView view() {
            return WatchdogView.OFF;
        }

        @Override
        public void adopt(Duration ttl, Duration loopWait) {}

        @Override
        public boolean arm() {
            return true;
        }

        @Override
        public void keepalive() {}

        @Override
        public void disarm() {}
    }
}

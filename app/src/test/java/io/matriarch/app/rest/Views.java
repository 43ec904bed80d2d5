package io.matriarch.app.rest;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.failsafe.FailsafeView;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.HaState;
import io.matriarch.domain.ha.LeaseView;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.ha.TaskView;
import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.postgres.ServerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Builds what a turn has seen. */
final class Views {

    static final Instant SEEN = Instant.ofEpochSecond(1_795_380_970);
    private static final String STARTED = "2026-11-22 20:55:45.889775+00:00";

    private Role role;
    private ServerState state = ServerState.RUNNING;
    private SqlView sql;
    private ServerReport report;
    private Tags tags = Tags.NONE;
    private Optional<StoreSnapshot> read;
    private List<PendingParameter> pending = List.of();
    private WatchdogView watchdog = WatchdogView.OFF;
    private TaskView task = new TaskView.Idle();

    private Views(Role role, SqlView sql, ServerReport report) {
        this.role = role;
        this.sql = sql;
        this.report = report;
        this.read = Optional.of(store("pg1", ""));
    }

    static Views primary() {
        Lsn position = new Lsn(83_886_176);
        return new Views(
                Role.PRIMARY,
                new SqlView.Primary(Timeline.FIRST, position, List.of(), Replication.NONE),
                new ServerReport.Answer(
                        STARTED, 150018, new ServerReport.Position.Primary(position), Timeline.FIRST, List.of()));
    }

    static Views replica() {
        return replica(83_886_176, Optional.of("streaming"));
    }

    static Views replica(long replayed, Optional<String> replicationState) {
        Lsn position = new Lsn(replayed);
        boolean streaming = replicationState.filter("streaming"::equals).isPresent();
        return new Views(
                        Role.REPLICA,
                        new SqlView.Standby(
                                position,
                                position,
                                Optional.of(Timeline.FIRST),
                                streaming ? WalReceiver.STREAMING : WalReceiver.NOT_STREAMING,
                                false,
                                false,
                                List.of()),
                        new ServerReport.Answer(
                                STARTED,
                                150018,
                                new ServerReport.Position.Standby(
                                        position,
                                        position,
                                        Optional.empty(),
                                        false,
                                        Optional.empty(),
                                        replicationState),
                                Timeline.FIRST,
                                List.of()))
                .reading(store("pg2", ""));
    }

    /** The server does not answer. */
    Views silent(ServerState now) {
        state = now;
        sql = new SqlView.NoAnswer("by the test");
        report = new ServerReport.NoAnswer("by the test");
        return this;
    }

    Views role(Role other) {
        role = other;
        return this;
    }

    Views nofailover() {
        tags = new Tags(true, 0, false, false, false, 0, Optional.empty(), false, Map.of("nofailover", true));
        return this;
    }

    Views tags(boolean noloadbalance, Map<String, Object> published) {
        tags = new Tags(false, 1, noloadbalance, false, false, 1, Optional.empty(), false, published);
        return this;
    }

    Views reading(StoreSnapshot snapshot) {
        read = Optional.of(snapshot);
        return this;
    }

    Views blind() {
        read = Optional.empty();
        return this;
    }

    Views pending(List<PendingParameter> parameters) {
        pending = parameters;
        return this;
    }

    Views watchdog(WatchdogView other) {
        watchdog = other;
        return this;
    }

    Views task(TaskView other) {
        task = other;
        return this;
    }

    /** The primary's position as the WAL receiver last heard. */
    Views latestEnd(long position) {
        ServerReport.Answer answer = (ServerReport.Answer) report;
        var standby = (ServerReport.Position.Standby) answer.position();
        report = new ServerReport.Answer(
                answer.startTime(),
                answer.serverVersion(),
                new ServerReport.Position.Standby(
                        standby.received(),
                        standby.replayed(),
                        standby.replayedTimestamp(),
                        standby.paused(),
                        Optional.of(new Lsn(position)),
                        standby.replicationState()),
                answer.timeline(),
                answer.walSenders());
        return this;
    }

    Views senders(List<ServerReport.WalSender> senders) {
        ServerReport.Answer answer = (ServerReport.Answer) report;
        report = new ServerReport.Answer(
                answer.startTime(), answer.serverVersion(), answer.position(), answer.timeline(), senders);
        return this;
    }

    /** A store with a leader and, if not empty, synchronous standbys; the leader is at 83886176. */
    static StoreSnapshot store(String leader, String standbys) {
        Map<StoreKey, StoredValue> keys = new LinkedHashMap<>();
        keys.put(StoreKey.INITIALIZE, value("7711102280255504572"));
        if (!leader.isEmpty()) {
            keys.put(
                    StoreKey.LEADER,
                    new StoredValue(leader, new Revision(7), Optional.of(new LeaseId("lease-of-" + leader))));
        }
        keys.put(StoreKey.STATUS, value("{\"optime\":83886176}"));
        if (!standbys.isEmpty()) {
            keys.put(StoreKey.SYNC, value("{\"leader\":\"pg2\",\"quorum\":0,\"sync_standby\":\"" + standbys + "\"}"));
        }
        return new StoreSnapshot(keys, new TreeMap<>());
    }

    private static StoredValue value(String text) {
        return new StoredValue(text, new Revision(5), Optional.empty());
    }

    PostgresView postgres() {
        var control = new ControlData(
                ControlData.State.IN_PRODUCTION,
                new SystemIdentifier("7711102280255504572"),
                new Lsn(83_886_080),
                Timeline.FIRST,
                Lsn.ZERO,
                Timeline.UNKNOWN,
                true,
                false);
        return new PostgresView(
                new DataDirectory.Present(),
                Optional.of(control),
                new ServerProcess.Alive(),
                state,
                role,
                sql,
                Optional.empty(),
                false,
                false,
                true,
                new ArrayList<>(pending),
                Optional.empty());
    }

    AgentView view(MonotonicTime now) {
        DcsView store = read.<DcsView>map(snapshot -> new DcsView.Read(ClusterCodec.decode(snapshot)))
                .orElseGet(() -> new DcsView.Unreachable("by the test"));
        var observation = new Observation(
                new MemberName("pg1"),
                tags,
                now,
                SEEN,
                HaSettings.DEFAULTS,
                store,
                new LeaseView.None(),
                postgres(),
                150018,
                task,
                Optional.empty(),
                watchdog,
                List.of(),
                Optional.empty(),
                false,
                false,
                FailsafeView.since(now));
        return new AgentView(
                observation,
                HaState.INITIAL,
                Reason.DCS_UNREACHABLE,
                "by the test",
                report,
                read,
                SEEN,
                now,
                Duration.ofSeconds(10));
    }
}

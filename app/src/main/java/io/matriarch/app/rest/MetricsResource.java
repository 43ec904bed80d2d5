package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.metrics.MetricsText;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.app.store.IsoTime;
import io.matriarch.app.version.Version;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.watchdog.Guard;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Optional;

/** What monitoring reads, names and order as the reference's (rest-api §14). */
@Path("/metrics")
public final class MetricsResource {

    private static final String STATES = "Values: 0=initdb, 1=initdb_failed, 2=custom_bootstrap,"
            + " 3=custom_bootstrap_failed, 4=creating_replica, 5=running, 6=starting, 7=bootstrap_starting,"
            + " 8=start_failed, 9=restarting, 10=restart_failed, 11=stopping, 12=stopped, 13=stop_failed, 14=crashed";

    private final RestAgent agent;
    private final Snapshots snapshots;
    private final LiveConfig live;

    MetricsResource(RestAgent agent, Snapshots snapshots, LiveConfig live) {
        this.agent = agent;
        this.snapshots = snapshots;
        this.live = live;
    }

    @GET
    public Response get() {
        return Answers.of(200, "text/plain", text());
    }

    private String text() {
        Snapshots.Moment now = snapshots.now();
        Standing standing = now.standing();
        Optional<ServerReport.Answer> answer = now.view()
                .map(AgentView::report)
                .filter(ServerReport.Answer.class::isInstance)
                .map(ServerReport.Answer.class::cast);
        var config = live.state().agent();
        var out = new MetricsText(config.scope().name(), config.name().value());
        out.gauge("patroni_version", "Version compared with by members and tools.", paddedVersion());
        out.gauge("patroni_postgres_running", "1 if PostgreSQL is running.", standing.isRunning());
        out.gauge(
                "patroni_postmaster_start_time",
                "When PostgreSQL was started, seconds since the epoch.",
                answer.map(said -> epoch(said.startTime())).orElse("0"));
        positions(out, standing);
        replication(out, standing, answer);
        cluster(out, now, answer);
        out.gauge(
                "patroni_postgres_state",
                "State of PostgreSQL.",
                STATES,
                ServerState.parse(standing.state()).map(Enum::ordinal).orElse(-1));
        out.gauge(
                "patroni_failover_priority",
                "Priority in the leader race, 0 for never.",
                standing.tags().effectivePriority());
        guard(out, agent.guard());
        return out.toString();
    }

    private static void guard(MetricsText out, Guard.Report guard) {
        out.gauge(
                "matriarch_guard_state",
                "What there is of a guard process.",
                "Values: 0=absent, 1=disarmed, 2=armed",
                guard.state().ordinal());
        out.counter("matriarch_guard_fences", "Servers it has ended because their lease ended.", guard.fences());
        out.counter("matriarch_guard_refused", "Starts and promotions it has refused.", guard.refused());
    }

    private static void positions(MetricsText out, Standing standing) {
        Lsn location = standing.position()
                .filter(ServerReport.Position.Primary.class::isInstance)
                .map(position -> ((ServerReport.Position.Primary) position).location())
                .orElse(Lsn.ZERO);
        Optional<ServerReport.Position.Standby> standby = standing.position()
                .filter(ServerReport.Position.Standby.class::isInstance)
                .map(ServerReport.Position.Standby.class::cast);
        out.gauge("patroni_primary", "1 if this is the primary.", standing.role() == Role.PRIMARY);
        out.counter("patroni_xlog_location", "Position of the primary's WAL, 0 otherwise.", location.value());
        out.gauge(
                "patroni_standby_leader", "1 if this leads a standby cluster.", standing.role() == Role.STANDBY_LEADER);
        out.gauge("patroni_replica", "1 if this is a replica.", standing.role() == Role.REPLICA);
        out.gauge("patroni_sync_standby", "1 if this is a synchronous standby.", standing.sync());
        out.gauge("patroni_quorum_standby", "1 if this is a quorum standby.", standing.quorumMember());
        out.counter(
                "patroni_xlog_received_location",
                "Received position of a replica, 0 otherwise.",
                standing.received().value());
        out.counter(
                "patroni_xlog_replayed_location",
                "Replayed position of a replica, 0 otherwise.",
                standing.replayed().value());
        out.gauge(
                "patroni_xlog_replayed_timestamp",
                "Time of the last replayed commit, seconds since the epoch, 0 if unknown.",
                standby.flatMap(ServerReport.Position.Standby::replayedTimestamp)
                        .map(MetricsResource::epoch)
                        .orElse("0"));
        out.gauge(
                "patroni_xlog_paused",
                "1 if replay is paused.",
                standby.filter(ServerReport.Position.Standby::paused).isPresent());
    }

    private static void replication(MetricsText out, Standing standing, Optional<ServerReport.Answer> answer) {
        int version = answer.map(ServerReport.Answer::serverVersion).orElse(0);
        if (version >= 90_600) {
            String state = standing.replicationState().orElse("");
            out.gauge("patroni_postgres_streaming", "1 if PostgreSQL is streaming.", state.equals("streaming"));
            out.gauge(
                    "patroni_postgres_in_archive_recovery",
                    "1 if PostgreSQL replays from the archive.",
                    state.equals("in archive recovery"));
        }
        out.gauge("patroni_postgres_server_version", "Version of PostgreSQL, 0 if unknown.", version);
    }

    private void cluster(MetricsText out, Snapshots.Moment now, Optional<ServerReport.Answer> answer) {
        Standing standing = now.standing();
        out.gauge("patroni_cluster_unlocked", "1 if nobody is known to lead.", now.unlocked());
        out.gauge("patroni_failsafe_mode_is_active", "1 if failsafe mode is active.", now.failsafe());
        out.gauge(
                "patroni_failsafe_mode_enabled",
                "1 if failsafe mode is configured.",
                live.effective().settings().failsafeMode());
        out.gauge(
                "patroni_failsafe_member",
                "1 if this member takes part in failsafe mode.",
                now.view()
                        .flatMap(AgentView::lastRead)
                        .flatMap(ClusterCodec::failsafe)
                        .filter(urls ->
                                urls.containsKey(live.state().agent().name().value()))
                        .isPresent());
        Timeline timeline = answer.isEmpty()
                ? Timeline.UNKNOWN
                : answer.map(ServerReport.Answer::timeline).orElse(Timeline.UNKNOWN);
        out.gauge(
                "patroni_postgres_timeline",
                "Timeline of PostgreSQL, 0 if unknown.",
                Integer.toUnsignedLong(timeline.value()));
        out.gauge(
                "patroni_dcs_last_seen",
                "When the store was last read, seconds since the epoch.",
                agent.view().map(view -> view.dcsLastSeen().getEpochSecond()).orElse(0L));
        out.gauge(
                "patroni_pending_restart",
                "1 if a parameter waits for a restart.",
                now.view()
                        .filter(view ->
                                !view.observation().postgres().pendingRestart().isEmpty())
                        .isPresent());
        out.gauge("patroni_is_paused", "1 if automation is paused.", standing.paused());
    }

    private static String paddedVersion() {
        StringBuilder padded = new StringBuilder();
        for (String part : Version.PATRONI.split("\\.")) {
            IsoTime.padded(padded, Integer.parseInt(part), 2);
        }
        return padded.toString();
    }

    private static String epoch(String text) {
        return IsoTime.parse(text).map(MetricsResource::seconds).orElse("0");
    }

    private static String seconds(Instant time) {
        StringBuilder out = new StringBuilder().append(time.getEpochSecond()).append('.');
        return IsoTime.padded(out, time.getNano() / 1000, 6).toString();
    }
}

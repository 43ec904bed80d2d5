package io.matriarch.app.rest;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.store.IsoTime;
import io.matriarch.app.store.PostgresVersion;
import io.matriarch.app.version.Version;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.postgres.ServerReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The document of {@code GET /patroni} and of the health checks (rest-api §5), keys in the order of the reference. */
final class StatusDocument {

    private StatusDocument() {}

    /**
     * The reference's keys.
     *
     * @param unlocked whether nobody is known to lead
     * @param failsafe whether failsafe mode keeps the cluster going
     */
    static Map<String, Object> of(
            Standing standing,
            Optional<AgentView> view,
            AgentConfig config,
            Optional<ScheduledRestart> restart,
            boolean unlocked,
            boolean failsafe) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("state", standing.state());
        Optional<ServerReport.Answer> answer = view.map(AgentView::report)
                .filter(ServerReport.Answer.class::isInstance)
                .map(ServerReport.Answer.class::cast);
        answer.ifPresent(said -> document.put("postmaster_start_time", said.startTime()));
        document.put("role", standing.role().text());
        answer.ifPresent(said -> document.put("server_version", said.serverVersion()));
        standing.position().ifPresent(position -> {
            document.put("xlog", xlog(position));
            if (standing.listed()) {
                document.put(standing.quorum() ? "quorum_standby" : "sync_standby", true);
            }
            Timeline timeline = answer.map(ServerReport.Answer::timeline)
                    .filter(Timeline::isKnown)
                    .or(() -> view.map(seen -> seen.observation().postgres().timeline()))
                    .orElse(Timeline.UNKNOWN);
            document.put("timeline", timeline.isKnown() ? Integer.toUnsignedLong(timeline.value()) : null);
            standing.replicationState().ifPresent(text -> document.put("replication_state", text));
        });
        answer.map(ServerReport.Answer::walSenders)
                .filter(senders -> !senders.isEmpty())
                .ifPresent(senders -> document.put("replication", replication(senders)));
        putFlags(document, standing, unlocked, failsafe);
        document.put(
                "dcs_last_seen",
                view.map(seen -> seen.dcsLastSeen().getEpochSecond()).orElse(0L));
        putMember(document, standing, view, config, restart);
        return document;
    }

    private static void putFlags(Map<String, Object> document, Standing standing, boolean unlocked, boolean failsafe) {
        if (standing.paused()) {
            document.put("pause", true);
        }
        if (unlocked) {
            document.put("cluster_unlocked", true);
        }
        if (failsafe) {
            document.put("failsafe_mode_is_active", true);
        }
    }

    private static void putMember(
            Map<String, Object> document,
            Standing standing,
            Optional<AgentView> view,
            AgentConfig config,
            Optional<ScheduledRestart> restart) {
        if (!standing.tags().published().isEmpty()) {
            document.put("tags", standing.tags().published());
        }
        view.flatMap(seen -> seen.observation().postgres().systemIdentifier())
                .map(SystemIdentifier::value)
                .ifPresent(identifier -> document.put("database_system_identifier", identifier));
        view.map(seen -> seen.observation().postgres().pendingRestart())
                .filter(pending -> !pending.isEmpty())
                .ifPresent(pending -> putPending(document, pending));
        Map<String, Object> implementation = new LinkedHashMap<>();
        implementation.put("version", Version.PATRONI);
        implementation.put("scope", config.scope().name());
        implementation.put("name", config.name().value());
        document.put("patroni", implementation);
        restart.ifPresent(one -> document.put("scheduled_restart", scheduled(one)));
        if (view.map(seen -> seen.observation().watchdog())
                .filter(watchdog -> watchdog.required() && !watchdog.usable())
                .isPresent()) {
            document.put("watchdog_failed", true);
        }
    }

    private static Map<String, Object> xlog(ServerReport.Position position) {
        Map<String, Object> xlog = new LinkedHashMap<>();
        switch (position) {
            case ServerReport.Position.Primary primary ->
                xlog.put("location", primary.location().value());
            case ServerReport.Position.Standby standby -> {
                xlog.put("received_location", standby.received().value());
                xlog.put("replayed_location", standby.replayed().value());
                xlog.put("replayed_timestamp", standby.replayedTimestamp().orElse(null));
                xlog.put("paused", standby.paused());
            }
        }
        return xlog;
    }

    private static List<Object> replication(List<ServerReport.WalSender> senders) {
        List<Object> rows = new ArrayList<>();
        for (ServerReport.WalSender sender : senders) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("usename", sender.user());
            row.put("application_name", sender.applicationName());
            row.put("client_addr", sender.clientAddress().orElse(null));
            row.put("state", sender.state());
            row.put("sync_state", sender.syncState());
            row.put("sync_priority", sender.syncPriority());
            rows.add(row);
        }
        return rows;
    }

    private static void putPending(Map<String, Object> document, List<PendingParameter> pending) {
        document.put("pending_restart", true);
        Map<String, Object> reason = pendingReason(pending);
        if (!reason.isEmpty()) {
            document.put("pending_restart_reason", reason);
        }
    }

    /** A parameter without a name stands for "something": older members say no more. */
    static Map<String, Object> pendingReason(List<PendingParameter> pending) {
        Map<String, Object> reason = new LinkedHashMap<>();
        for (PendingParameter parameter : pending) {
            if (!parameter.name().isEmpty()) {
                Map<String, Object> values = new LinkedHashMap<>();
                values.put("old_value", parameter.oldValue());
                values.put("new_value", parameter.newValue());
                reason.put(parameter.name(), values);
            }
        }
        return reason;
    }

    private static Map<String, Object> scheduled(ScheduledRestart restart) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("schedule", IsoTime.format(restart.at()));
        RestartFilters filters = restart.filters();
        filters.role().ifPresent(role -> document.put("role", role.text()));
        filters.olderThan().ifPresent(version -> document.put("postgres_version", PostgresVersion.text(version)));
        if (filters.pendingOnly()) {
            document.put("restart_pending", true);
        }
        restart.timeoutSeconds().ifPresent(seconds -> document.put("timeout", seconds));
        return document;
    }
}

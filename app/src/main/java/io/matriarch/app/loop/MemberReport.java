package io.matriarch.app.loop;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.TaskKind;
import io.matriarch.domain.ha.TaskView;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import java.util.Optional;

/** What a member publishes of itself (dcs-layout §3). */
public final class MemberReport {

    private MemberReport() {}

    /** What does not change while the configuration stays. */
    public record Identity(MemberName name, String connUrl, String apiUrl, Optional<String> proxyUrl, String version) {}

    public static Member of(
            Identity identity, Observation seen, TaskView task, Optional<ScheduledRestart> scheduledRestart) {
        PostgresView server = seen.postgres();
        // The positions of a server that is being changed say nothing about it.
        boolean changed = task instanceof TaskView.Running(TaskKind kind, var _) && kind != TaskKind.PRE_PROMOTE;
        boolean showsPosition = !changed
                && (server.state() == ServerState.RUNNING || server.state().isStarting());
        Optional<SqlView.Standby> standby =
                server.sql() instanceof SqlView.Standby one && showsPosition ? Optional.of(one) : Optional.empty();
        return new Member(
                identity.name(),
                Optional.of(identity.connUrl()),
                Optional.of(identity.apiUrl()),
                server.state().text(),
                Optional.of(role(server, seen.settings().isStandbyCluster())),
                Optional.of(identity.version()),
                seen.tags(),
                showsPosition ? server.position() : Optional.empty(),
                standby.map(SqlView.Standby::received).filter(lsn -> !lsn.isZero()),
                standby.map(SqlView.Standby::replayed).filter(lsn -> !lsn.isZero()),
                standby.flatMap(MemberReport::replicationState),
                server.isAlive() || server.controlData().isPresent() ? server.timeline() : Timeline.UNKNOWN,
                checkpointPending(server),
                server.pendingRestart(),
                seen.settings().paused(),
                scheduledRestart,
                identity.proxyUrl());
    }

    /** By the server's own word where it gave one. */
    public static Role role(PostgresView server, boolean standbyCluster) {
        return switch (server.sql()) {
            case SqlView.Primary _ -> Role.PRIMARY;
            case SqlView.Standby _ ->
                server.role() == Role.PROMOTED || standbyCluster && server.role() == Role.STANDBY_LEADER
                        ? server.role()
                        : Role.REPLICA;
            case SqlView.NoAnswer _ -> server.role();
        };
    }

    /** {@code streaming}, {@code in archive recovery} or nothing. */
    public static Optional<String> replicationState(SqlView.Standby standby) {
        if (standby.streaming()) {
            return Optional.of("streaming");
        }
        return standby.archiveRecovery() ? Optional.of("in archive recovery") : Optional.empty();
    }

    private static boolean checkpointPending(PostgresView server) {
        Optional<Timeline> controlled = server.controlData().map(ControlData::checkpointTimeline);
        return server.sql() instanceof SqlView.Primary primary
                && controlled
                        .filter(timeline -> !timeline.equals(primary.timeline()))
                        .isPresent();
    }
}

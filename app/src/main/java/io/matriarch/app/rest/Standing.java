package io.matriarch.app.rest;

import io.matriarch.app.config.DynamicSettings;
import io.matriarch.app.config.DynamicSettings.SynchronousMode;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.MemberReport;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.ports.postgres.ServerReport;
import java.util.Optional;

/**
 * Where the member stands by its last turn: the inputs of the health checks (rest-api §4.1) that a turn alone can tell.
 *
 * @param role by the server's own word where it gave one
 * @param state text of the server's state, {@code unknown} if it should be running but does not answer
 * @param paused whether automation is off
 * @param standbyCluster whether the cluster follows another one
 * @param storeRead whether the turn could read the store and something was in it
 * @param listed whether the member is in {@code /sync}, as a replica while a synchronous mode is on
 * @param quorum whether that mode is quorum
 * @param cluster the store, if it could be read
 * @param leaderPosition the leader's last known position
 * @param position where the server stands, if it answered
 * @param replicationState {@code streaming}, {@code in archive recovery} or nothing
 * @param tags the member's tags
 */
record Standing(
        Role role,
        String state,
        boolean paused,
        boolean standbyCluster,
        boolean storeRead,
        boolean listed,
        boolean quorum,
        Optional<ClusterView> cluster,
        Lsn leaderPosition,
        Optional<ServerReport.Position> position,
        Optional<String> replicationState,
        Tags tags) {

    static final String UNKNOWN = "unknown";

    /** Before the first turn has ended nothing is known. */
    static Standing before(DynamicSettings settings, Tags tags) {
        return new Standing(
                Role.UNINITIALIZED,
                UNKNOWN,
                settings.paused(),
                settings.standbyCluster().isPresent(),
                false,
                false,
                false,
                Optional.empty(),
                Lsn.ZERO,
                Optional.empty(),
                Optional.empty(),
                tags);
    }

    static Standing of(AgentView view, DynamicSettings settings) {
        PostgresView server = view.observation().postgres();
        Optional<ServerReport.Position> position = position(view);
        boolean standbyCluster = settings.standbyCluster().isPresent();
        Role role = role(server, position, standbyCluster);
        Optional<ClusterView> cluster = view.observation().dcs() instanceof DcsView.Read(ClusterView read)
                ? Optional.of(read)
                : Optional.empty();
        boolean storeRead = view.lastRead()
                .filter(read -> !read.keys().isEmpty() || !read.members().isEmpty())
                .isPresent();
        boolean listed = role == Role.REPLICA
                && storeRead
                && !standbyCluster
                && settings.synchronousMode() != SynchronousMode.OFF
                && cluster.filter(read -> read.sync().lists(view.observation().self()))
                        .isPresent();
        Optional<ServerReport.Position.Standby> standby = position.filter(
                        ServerReport.Position.Standby.class::isInstance)
                .map(ServerReport.Position.Standby.class::cast);
        return new Standing(
                role,
                position.isEmpty() && server.state() == ServerState.RUNNING
                        ? UNKNOWN
                        : server.state().text(),
                settings.paused(),
                standbyCluster,
                storeRead,
                listed,
                settings.synchronousMode() == SynchronousMode.QUORUM,
                cluster,
                cluster.map(read -> read.status().position())
                        .orElse(Lsn.ZERO)
                        .max(standby.flatMap(ServerReport.Position.Standby::latestEnd)
                                .orElse(Lsn.ZERO)),
                position,
                standby.flatMap(ServerReport.Position.Standby::replicationState),
                view.observation().tags());
    }

    /** The server's account, or what the monitoring query alone tells. */
    private static Optional<ServerReport.Position> position(AgentView view) {
        return switch (view.report()) {
            case ServerReport.Answer answer -> Optional.of(answer.position());
            case ServerReport.NoAnswer _ ->
                switch (view.observation().postgres().sql()) {
                    case SqlView.Primary primary -> Optional.of(new ServerReport.Position.Primary(primary.flushed()));
                    case SqlView.Standby standby ->
                        Optional.of(new ServerReport.Position.Standby(
                                standby.position(),
                                standby.replayed(),
                                Optional.empty(),
                                standby.replayPaused(),
                                Optional.empty(),
                                MemberReport.replicationState(standby)));
                    case SqlView.NoAnswer _ -> Optional.empty();
                };
        };
    }

    private static Role role(PostgresView server, Optional<ServerReport.Position> position, boolean standbyCluster) {
        if (position.isEmpty()) {
            return server.role();
        }
        return switch (position.get()) {
            case ServerReport.Position.Primary _ -> Role.PRIMARY;
            case ServerReport.Position.Standby _ ->
                standbyCluster && server.role() == Role.STANDBY_LEADER ? Role.STANDBY_LEADER : Role.REPLICA;
        };
    }

    boolean isRunning() {
        return state.equals(ServerState.RUNNING.text());
    }

    boolean sync() {
        return listed && !quorum;
    }

    boolean quorumMember() {
        return listed && quorum;
    }

    Lsn replayed() {
        return standby().map(ServerReport.Position.Standby::replayed).orElse(Lsn.ZERO);
    }

    Lsn received() {
        return standby().map(ServerReport.Position.Standby::received).orElse(Lsn.ZERO);
    }

    boolean knowsLatestEnd() {
        return standby()
                .flatMap(ServerReport.Position.Standby::latestEnd)
                .filter(end -> !end.isZero())
                .isPresent();
    }

    private Optional<ServerReport.Position.Standby> standby() {
        return position.filter(ServerReport.Position.Standby.class::isInstance)
                .map(ServerReport.Position.Standby.class::cast);
    }
}

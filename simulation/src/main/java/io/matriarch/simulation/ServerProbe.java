package io.matriarch.simulation;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.postgres.ServerReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What one agent sees of its server. */
abstract sealed class ServerProbe implements PostgresProbe permits ServerPorts {

    static final StopProof STOPPED = new StopProof("simulated");

    final World world;
    final SimServer server;
    boolean upstreamConfigured;
    ServerState state;
    Role role;

    ServerProbe(World world, SimServer server) {
        this.world = world;
        this.server = server;
        server.forgetListeners();
        SimServer.Disk disk = server.disk();
        if (disk.present && !disk.complete) {
            // A copy that its agent did not finish is removed by the next one.
            server.wipe();
        }
        state = switch (server.phase()) {
            case DOWN -> ServerState.STOPPED;
            case STARTING -> ServerState.STARTING;
            case UP, STOPPING -> ServerState.RUNNING;
        };
        role = !server.disk().present
                ? Role.UNINITIALIZED
                : disk.standbySignal ? Role.REPLICA : server.isDown() ? Role.DEMOTED : Role.PRIMARY;
    }

    @Override
    public PostgresView observe(Duration patience) {
        world.scheduler.sleep(Duration.ofNanos(1_000_000 + world.random.nextInt(4_000_000)));
        if (server.isDown() && (state == ServerState.RUNNING || state == ServerState.STARTING)) {
            state = ServerState.CRASHED;
        }
        if (server.isUp() && state == ServerState.STARTING) {
            state = ServerState.RUNNING;
        }
        if (server.isWritable() && (role == Role.PROMOTED || role == Role.DEMOTED)) {
            role = Role.PRIMARY;
        }
        SimServer.Disk disk = server.disk();
        return new PostgresView(
                disk.present ? new DataDirectory.Present() : new DataDirectory.Empty(),
                controlData(disk),
                server.isDown() ? new ServerProcess.Stopped(STOPPED) : new ServerProcess.Alive(),
                state,
                role,
                sql(),
                upstreamConfigured ? Optional.of(disk.upstream) : Optional.empty(),
                disk.standbySignal,
                disk.backupLabel,
                server.hasLaterHistory(),
                true,
                List.of(),
                server.isPrimary() && server.isUp() ? server.hungFor() : Optional.empty());
    }

    private SqlView sql() {
        if (server.isUp() && server.isHung()) {
            return new SqlView.NoAnswer("no answer in time");
        }
        if (!server.isUp()) {
            return new SqlView.NoAnswer("not up");
        }
        return server.isPrimary()
                ? new SqlView.Primary(server.timeline(), server.end(), List.of(), replication())
                : new SqlView.Standby(
                        server.end(),
                        server.replayed(),
                        Optional.of(server.timeline()),
                        server.receiver().view(),
                        false,
                        server.isReplayStopped(),
                        List.of());
    }

    private Replication replication() {
        return new Replication(
                server.senders().stream().map(SimSender::view).toList(),
                server.commits().shown(),
                "on");
    }

    private Optional<ControlData> controlData(SimServer.Disk disk) {
        if (!disk.present || !disk.complete) {
            return Optional.empty();
        }
        boolean recovery = disk.control == ControlData.State.IN_ARCHIVE_RECOVERY
                || disk.control == ControlData.State.SHUT_DOWN_IN_RECOVERY;
        return Optional.of(new ControlData(
                disk.control,
                disk.identifier.orElseThrow(),
                new Lsn(disk.checkpoint.start),
                disk.checkpoint.timeline,
                recovery ? server.end() : Lsn.ZERO,
                recovery ? server.timeline() : Timeline.UNKNOWN,
                server.isRewindable(),
                server.isRewindable()));
    }

    @Override
    public int serverVersion() {
        return 150000;
    }

    @Override
    public ServerReport report(Duration patience) {
        return new ServerReport.NoAnswer("not simulated");
    }

    @Override
    public void onServerExit(Runnable listener) {
        server.onServerExit(listener);
    }

    @Override
    public void close() {
        server.forgetListeners();
    }
}

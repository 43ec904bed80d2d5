package io.matriarch.app.acceptance;

import io.matriarch.ports.testing.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** pgbench beside a member's server: it goes on when the host is cut off. */
final class Pgbench implements AutoCloseable {

    private static final Map<String, String> PASSWORD = Map.of("PGPASSWORD", "my-super-password");

    private final ServerProcess process;

    private Pgbench(ServerProcess process) {
        this.process = process;
    }

    /** Fills the tables of the benchmark and starts it for at most {@code limit}. */
    static Pgbench start(Cluster cluster, Member member, Path folder, Duration limit) {
        List<String> target =
                List.of("-h", member.address(), "-p", Integer.toString(member.port()), "-U", User.name(), "postgres");
        var fill = new ArrayList<>(List.of("pgbench", "-i", "-q", "-s", "2"));
        fill.addAll(target);
        Commands.run(cluster.network().command(member.index(), fill), "", PASSWORD, Duration.ofSeconds(60))
                .succeeded();
        var run = new ArrayList<>(List.of("pgbench", "-n", "-c", "4", "-T", Long.toString(limit.toSeconds())));
        run.addAll(target);
        return new Pgbench(
                ServerProcess.start(folder, "pgbench", cluster.network().command(member.index(), run), PASSWORD));
    }

    boolean isRunning() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.close();
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresConfigurator;
import io.matriarch.ports.postgres.PostgresContext;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes configuration over: writes the files, reloads if something changed, notes what waits for a restart. */
final class PgConfigurator implements PostgresConfigurator {

    private static final Logger log = LoggerFactory.getLogger(PgConfigurator.class);

    private final Server server;
    private final Reloader reloader;

    PgConfigurator(Server server, Reloader reloader) {
        this.server = server;
        this.reloader = reloader;
    }

    @Override
    public synchronized ControlResult adopt(PostgresContext context, boolean always) {
        SortedMap<String, String> before = server.parameters().file();
        try {
            server.adopt(context);
        } catch (ConfigProblems e) {
            return new ControlResult.Failed(e.getMessage());
        }
        ServerState state = server.status().state();
        if (state == ServerState.CUSTOM_BOOTSTRAP || state == ServerState.STARTING_AFTER_BOOTSTRAP) {
            log.warn("Skipping PostgreSQL configuration update while in custom bootstrap.");
            return new ControlResult.Done();
        }
        if (!server.processes().isAlive() || server.major().isEmpty()) {
            // The files are written by the next start.
            return new ControlResult.Done();
        }
        try (Connection connection = reloader.connect()) {
            return compareAndReload(connection, before, always);
        } catch (SQLException e) {
            return new ControlResult.Failed("cannot reload PostgreSQL: " + e.getMessage());
        } catch (IOException e) {
            return new ControlResult.Failed("cannot write PostgreSQL's configuration: " + e.getMessage());
        }
    }

    private ControlResult compareAndReload(Connection connection, SortedMap<String, String> before, boolean always)
            throws SQLException, IOException {
        ServerParameters parameters = server.parameters();
        Map<String, Reloader.Setting> now = reloader.settings(connection);
        SortedMap<String, String> wanted = new TreeMap<>(parameters.file());
        wanted.keySet().removeIf(name -> {
            boolean unknown = !now.containsKey(name) && !name.contains(".") && !name.startsWith("wal_keep");
            if (unknown) {
                log.warn("Removing invalid parameter `{}` from postgresql.parameters", name);
            }
            return unknown;
        });
        boolean differs = logDifferences(wanted, now);
        differs |= before.keySet().stream().anyMatch(name -> !wanted.containsKey(name));
        ConfigFiles files = server.files();
        SortedMap<String, String> recovery = server.presentRecovery();
        boolean recoveryDiffers = !recovery.equals(files.presentRecovery());
        // A changed password reaches the WAL receiver with its next connection, without a restart.
        server.writePassFile(server.status().upstream().orElse(new Upstream.Nobody()));
        boolean mainWritten = files.writeMain(wanted, recovery);
        boolean accessWritten = files.writeAccess(wanted);
        if (!always && !differs && !accessWritten && !(mainWritten && recoveryDiffers)) {
            log.info("No PostgreSQL configuration items changed, nothing to reload.");
            return new ControlResult.Done();
        }
        reloader.reload(connection);
        server.callback("on_reload");
        return new ControlResult.Done();
    }

    private static boolean logDifferences(SortedMap<String, String> wanted, Map<String, Reloader.Setting> now) {
        boolean differs = false;
        for (Map.Entry<String, String> entry : wanted.entrySet()) {
            Reloader.Setting setting = now.get(entry.getKey());
            if (setting == null || setting.context().equals("internal") || setting.isSame(entry.getValue())) {
                // An extension's parameter that is not loaded is nowhere to be compared with.
                continue;
            }
            differs = true;
            log.info(
                    "Changed {} from '{}' to '{}'{}",
                    entry.getKey(),
                    setting.shown(),
                    entry.getValue(),
                    setting.context().equals("postmaster") ? " (restart might be required)" : "");
        }
        return differs;
    }
}

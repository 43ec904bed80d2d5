package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.ports.postgres.ControlResult;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Points a standby at another upstream. */
final class Follower {

    private static final Logger log = LoggerFactory.getLogger(Follower.class);
    private static final int FIRST_WITH_RELOADABLE_CONNINFO = 13;
    private static final int FIRST_WITH_RELOADABLE_RESTORE = 14;

    private final Server server;
    private final Reloader reloader;
    private final Restart restart;

    /** How the server is restarted when reading its files again is not enough. */
    @FunctionalInterface
    interface Restart {
        ControlResult as(Upstream upstream, Role role, Duration timeout, String callback);
    }

    Follower(Server server, Reloader reloader, Restart restart) {
        this.server = server;
        this.reloader = reloader;
        this.restart = restart;
    }

    ControlResult follow(Upstream upstream, Role role) {
        if (!server.processes().isAlive()) {
            return new ControlResult.Failed("PostgreSQL does not run: it has to be started as a standby");
        }
        if (PidFile.read(server.dataDirectory()).filter(PidFile::isReady).isEmpty()) {
            return followWhileStarting(upstream, role);
        }
        Duration timeout = server.settings().startTimeout();
        Role before = server.status().role();
        try (Connection connection = reloader.connect()) {
            if (!inRecovery(connection)) {
                return new ControlResult.Failed("PostgreSQL is a primary: it has to be stopped before it can follow");
            }
            if (!server.files().hasSignal()) {
                // It runs as a standby now but its next start would make it a primary.
                log.warn("standby.signal has been removed: PostgreSQL is restarted with it");
                return restart.as(upstream, role, timeout, server.callbackOfFollowing(before, role, "on_restart"));
            }
            SortedMap<String, String> wanted = server.recovery(upstream);
            Difference difference = difference(connection, wanted);
            write(upstream, wanted);
            server.status().upstream(Optional.of(upstream));
            server.status().role(role);
            switch (difference) {
                case NONE -> log.debug("follows as configured already");
                case RELOAD -> reloader.reload(connection);
                case RESTART -> {
                    return restart.as(upstream, role, timeout, server.callbackOfFollowing(before, role, "on_restart"));
                }
            }
        } catch (SQLException e) {
            return new ControlResult.Failed("cannot follow: " + e.getMessage());
        } catch (IOException | IllegalArgumentException e) {
            return new ControlResult.Failed("cannot configure the standby: " + e.getMessage());
        }
        if (server.isRoleChange(before, role)) {
            server.callback("on_role_change");
        }
        return new ControlResult.Done();
    }

    /**
     * A standby that is not consistent yet answers nobody, and may wait for WAL from an upstream that has gone: it is
     * compared with what was written last, and told by a signal alone.
     */
    private ControlResult followWhileStarting(Upstream upstream, Role role) {
        if (!server.files().hasSignal()) {
            return new ControlResult.Failed(
                    "PostgreSQL starts as a primary: it has to be stopped before it can follow");
        }
        try {
            SortedMap<String, String> wanted = server.recovery(upstream);
            boolean same = wanted.equals(server.files().presentRecovery());
            write(upstream, wanted);
            server.status().upstream(Optional.of(upstream));
            server.status().role(role);
            if (!same && server.majorOrOldest() < FIRST_WITH_RELOADABLE_CONNINFO) {
                return restart.as(upstream, role, server.settings().startTimeout(), "on_restart");
            }
            if (!same) {
                reloader.signal();
            }
            return new ControlResult.Done();
        } catch (IOException | IllegalArgumentException e) {
            return new ControlResult.Failed("cannot configure the standby: " + e.getMessage());
        }
    }

    private enum Difference {
        NONE,
        RELOAD,
        RESTART
    }

    private void write(Upstream upstream, SortedMap<String, String> wanted) throws IOException {
        server.writePassFile(upstream);
        server.files().writeMain(server.parameters().file(), wanted);
    }

    private Difference difference(Connection connection, SortedMap<String, String> wanted) throws SQLException {
        Map<String, Reloader.Setting> now = reloader.settings(connection);
        int major = server.majorOrOldest();
        Difference worst = Difference.NONE;
        for (String name : RecoverySettings.NAMES) {
            if (!now.containsKey(name)) {
                continue;
            }
            String want = wanted.getOrDefault(name, "");
            String have = now.get(name).value();
            boolean same = name.equals("primary_conninfo")
                    ? sameConninfo(want, have, major)
                    : want.isEmpty() && !wanted.containsKey(name) && !isOurs(name)
                            || now.get(name).isSame(want);
            if (!same) {
                log.info("Changed {} from '{}' to '{}'", name, have, want);
                worst = needsRestart(name, major)
                        ? Difference.RESTART
                        : worst == Difference.NONE ? Difference.RELOAD : worst;
            }
        }
        return worst;
    }

    /** What nobody wants of us is nobody's business: it may be set in a file of the operator. */
    private static boolean isOurs(String name) {
        return name.equals("primary_slot_name");
    }

    private static boolean sameConninfo(String want, String have, int major) {
        return want.isEmpty() || have.isEmpty()
                ? want.equals(have)
                : ConnectionString.isAsWanted(ConnectionString.parse(want), ConnectionString.parse(have), major);
    }

    private static boolean needsRestart(String name, int major) {
        return switch (name) {
            case "primary_conninfo", "primary_slot_name" -> major < FIRST_WITH_RELOADABLE_CONNINFO;
            case "restore_command" -> major < FIRST_WITH_RELOADABLE_RESTORE;
            default -> name.startsWith("recovery_target");
        };
    }

    private static boolean inRecovery(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            return row.next() && row.getBoolean(1);
        }
    }
}

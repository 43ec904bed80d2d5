package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.ports.postgres.ControlResult;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the running server read its files again, and compares what it has with what it should have. */
final class Reloader {

    private static final Logger log = LoggerFactory.getLogger(Reloader.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final Duration LOADED_WITHIN = Duration.ofSeconds(1);
    private static final String LOAD_TIME = "SELECT pg_catalog.pg_conf_load_time()::pg_catalog.text";

    private final Server server;

    Reloader(Server server) {
        this.server = server;
    }

    /** A row of pg_settings. */
    record Setting(String value, String unit, String type, String context) {

        /** Whether {@code wanted} is another way to write the same value. */
        boolean isSame(String wanted) {
            return switch (type) {
                case "bool" -> bool(wanted).equals(bool(value));
                case "integer", "real" ->
                    Quantity.parse(wanted)
                            .flatMap(quantity -> quantity.in(unit))
                            .map(number -> Math.abs(number - Double.parseDouble(value)) < 0.5
                                    && (type.equals("integer") || number == Double.parseDouble(value)))
                            .orElse(false);
                case "enum" -> value.equalsIgnoreCase(wanted);
                default -> value.equals(wanted);
            };
        }

        private static Optional<Boolean> bool(String text) {
            return switch (text.toLowerCase(java.util.Locale.ROOT)) {
                case "on", "true", "yes", "1", "t", "y" -> Optional.of(true);
                case "off", "false", "no", "0", "f", "n" -> Optional.of(false);
                default -> Optional.empty();
            };
        }

        String shown() {
            return Quantity.format(value, unit);
        }
    }

    Map<String, Setting> settings(Connection connection) throws SQLException {
        var all = new LinkedHashMap<String, Setting>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT name, setting, COALESCE(unit, ''), vartype, context"
                        + " FROM pg_catalog.pg_settings")) {
            while (rows.next()) {
                all.put(
                        rows.getString(1),
                        new Setting(
                                Optional.ofNullable(rows.getString(2)).orElse(""),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getString(5)));
            }
        }
        return all;
    }

    Connection connect() throws SQLException {
        return server.connect("reload", Jdbc.Bounds.within(PATIENCE));
    }

    /** Sends SIGHUP and waits until this connection's server process has read the files, a second at most. */
    void reload(Connection connection) throws SQLException {
        log.info("Reloading PostgreSQL configuration.");
        String before = text(connection, LOAD_TIME);
        server.processes().postmaster().ifPresent(running -> running.handle().send(Pidfd.Signal.RELOAD));
        Deadline deadline = Deadline.in(LOADED_WITHIN);
        while (text(connection, LOAD_TIME).equals(before) && !deadline.hasPassed() && Pause.millis(10)) {
            // The next question tells.
        }
        server.status().pendingRestart(pending(connection));
    }

    /** Writes the files and reloads; done when a new connection is told the parameter's new value. */
    ControlResult loaded(String parameter) {
        if (!server.processes().isAlive()) {
            // The files are written by the next start.
            return new ControlResult.Done();
        }
        String wanted = server.parameters().file().getOrDefault(parameter, "");
        try {
            server.files().writeMain(server.parameters().file(), server.presentRecovery());
            try (Connection connection = connect()) {
                reload(connection);
                String now = text(connection, "SELECT pg_catalog.current_setting('" + parameter + "')");
                return now.equals(wanted)
                        ? new ControlResult.Done()
                        : new ControlResult.Failed(
                                "PostgreSQL has " + parameter + "='" + now + "' after a reload, not '" + wanted + "'");
            }
        } catch (SQLException | IOException e) {
            return new ControlResult.Failed("cannot set " + parameter + ": " + e.getMessage());
        }
    }

    /** Writes the files and has them read; a server that does not run reads them when it starts. */
    ControlResult written() {
        if (!server.processes().isAlive()) {
            return new ControlResult.Done();
        }
        try {
            if (server.files().writeMain(server.parameters().file(), server.presentRecovery())) {
                log.info("Reloading PostgreSQL configuration.");
                signal();
            }
            return new ControlResult.Done();
        } catch (IOException e) {
            return new ControlResult.Failed("cannot write PostgreSQL's configuration: " + e.getMessage());
        }
    }

    /** Without a connection: for a server that cannot be asked yet. */
    void signal() {
        server.processes().postmaster().ifPresent(running -> running.handle().send(Pidfd.Signal.RELOAD));
    }

    private List<PendingParameter> pending(Connection connection) throws SQLException {
        var pending = new ArrayList<PendingParameter>();
        Map<String, Setting> settings = settings(connection);
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT name FROM pg_catalog.pg_settings WHERE pending_restart ORDER BY name")) {
            while (rows.next()) {
                String name = rows.getString(1);
                if (!RecoverySettings.NAMES.contains(name) && !name.equals("hot_standby")) {
                    Setting setting = settings.get(name);
                    pending.add(new PendingParameter(name, setting.shown(), wanted(name, setting)));
                }
            }
        }
        return pending;
    }

    /** What the parameter will be after a restart, as the server itself reads its files. */
    private String wanted(String name, Setting now) {
        Optional<String> ours = Optional.ofNullable(server.parameters().file().get(name));
        if (ours.isPresent() && !now.isSame(ours.get())) {
            return Quantity.parse(ours.get())
                            .filter(quantity -> quantity.unit().isEmpty())
                            .isPresent()
                    ? Quantity.format(ours.get(), now.unit())
                    : ours.get();
        }
        return server.filed(name)
                .map(value -> Quantity.format(value, now.unit()))
                .orElse("?");
    }

    private static String text(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            return row.next() ? row.getString(1) : "";
        }
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.postgres.ServerReport;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The server's account of itself for the REST API, over a connection of its own. */
final class ReportQuery implements AutoCloseable {

    private static final String TIME = "'YYYY-MM-DD HH24:MI:SS.USTZH:TZM'";

    private final Server server;
    private Optional<Connection> connection = Optional.empty();

    ReportQuery(Server server) {
        this.server = server;
    }

    ServerReport ask(Duration patience) {
        return Bounded.call("report", patience, () -> question(patience), ServerReport.NoAnswer::new);
    }

    private synchronized ServerReport question(Duration patience) {
        boolean reused = connection.isPresent();
        try {
            return read(patience);
        } catch (SQLException e) {
            close();
            if (!reused) {
                return new ServerReport.NoAnswer(e.getMessage());
            }
        }
        try {
            return read(patience);
        } catch (SQLException e) {
            close();
            return new ServerReport.NoAnswer(e.getMessage());
        }
    }

    private ServerReport read(Duration patience) throws SQLException {
        if (connection.isEmpty()) {
            if (!server.processes().isAlive()) {
                return new ServerReport.NoAnswer("no postmaster");
            }
            connection = Optional.of(server.connect("restapi", Jdbc.Bounds.kept(patience)));
        }
        Connection used = connection.get();
        used.setNetworkTimeout(Runnable::run, Math.toIntExact(Math.max(1, patience.toMillis())));
        try (Statement statement = used.createStatement()) {
            return answer(statement);
        }
    }

    private ServerReport answer(Statement statement) throws SQLException {
        String written = server.majorOrOldest() >= 13 ? "w.written_lsn" : "w.received_lsn";
        String question = """
                SELECT r.in_recovery,
                       to_char(pg_catalog.pg_postmaster_start_time(), %s),
                       current_setting('server_version_num')::int4,
                       CASE WHEN r.in_recovery THEN 0 ELSE
                           ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4 END,
                       CASE WHEN r.in_recovery THEN greatest(pg_last_wal_receive_lsn(), %s)
                           ELSE pg_current_wal_flush_lsn() END::text,
                       CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn() END::text,
                       to_char(pg_last_xact_replay_timestamp(), %s),
                       CASE WHEN r.in_recovery THEN pg_is_wal_replay_paused() ELSE false END,
                       w.latest_end_lsn::text,
                       w.status,
                       current_setting('restore_command'),
                       CASE WHEN w.latest_end_lsn IS NOT NULL THEN w.received_tli END
                  FROM (SELECT pg_is_in_recovery() AS in_recovery) AS r
                  LEFT JOIN pg_stat_get_wal_receiver() AS w ON true
                """.formatted(TIME, written, TIME);
        List<ServerReport.WalSender> senders = senders(statement);
        try (ResultSet row = statement.executeQuery(question)) {
            if (!row.next()) {
                throw new SQLException("no row");
            }
            boolean recovery = row.getBoolean(1);
            return new ServerReport.Answer(
                    row.getString(2),
                    row.getInt(3),
                    recovery ? standby(row) : new ServerReport.Position.Primary(lsn(row.getString(5))),
                    new Timeline(recovery ? row.getInt(12) : row.getInt(4)),
                    senders);
        }
    }

    private static ServerReport.Position standby(ResultSet row) throws SQLException {
        boolean streaming = "streaming".equals(row.getString(10));
        String restore = Optional.ofNullable(row.getString(11)).orElse("");
        Optional<String> replication = streaming
                ? Optional.of("streaming")
                : restore.isEmpty() ? Optional.empty() : Optional.of("in archive recovery");
        Lsn replayed = lsn(row.getString(6));
        return new ServerReport.Position.Standby(
                lsn(row.getString(5)),
                replayed,
                Optional.ofNullable(row.getString(7)),
                row.getBoolean(8),
                Optional.ofNullable(row.getString(9)).map(Lsn::parse),
                replication);
    }

    private static List<ServerReport.WalSender> senders(Statement statement) throws SQLException {
        var senders = new ArrayList<ServerReport.WalSender>();
        try (ResultSet rows = statement.executeQuery("""
                SELECT usename, application_name, host(client_addr), state, sync_state, sync_priority
                  FROM pg_stat_replication
                 WHERE NOT (application_name = '%s' AND state = 'startup')
                 ORDER BY application_name, pid
                """.formatted(ReplayedTimeline.NAME))) {
            while (rows.next()) {
                senders.add(new ServerReport.WalSender(
                        text(rows.getString(1)),
                        text(rows.getString(2)),
                        Optional.ofNullable(rows.getString(3)),
                        text(rows.getString(4)),
                        text(rows.getString(5)),
                        rows.getInt(6)));
            }
        }
        return senders;
    }

    private static String text(String text) {
        return Optional.ofNullable(text).orElse("");
    }

    private static Lsn lsn(String text) {
        return text == null ? Lsn.ZERO : Lsn.parse(text);
    }

    @Override
    public synchronized void close() {
        connection.ifPresent(open -> {
            try {
                open.close();
            } catch (SQLException _) {
                // It was broken already.
            }
        });
        connection = Optional.empty();
    }
}

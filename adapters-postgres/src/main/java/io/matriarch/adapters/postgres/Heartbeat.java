package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection that asks the server how it is, kept from one question to the next. A question runs on a thread of its
 * own, so that no peer that is silent, stopped or unreachable holds its caller longer than the patience.
 */
final class Heartbeat implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);

    /**
     * One row a question. The functions behind the views are used, schema and all, so that nobody's privileges or
     * rewritten views matter.
     */
    private static final String QUESTION = """
            SELECT r.in_recovery,
                   CASE WHEN r.in_recovery THEN 0 ELSE
                       ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))
                       ::pg_catalog.bit(32)::pg_catalog.int4 END,
                   CASE WHEN r.in_recovery THEN pg_catalog.pg_last_wal_receive_lsn()
                       ELSE pg_catalog.pg_current_wal_flush_lsn() END::pg_catalog.text,
                   CASE WHEN r.in_recovery THEN pg_catalog.pg_last_wal_replay_lsn() END::pg_catalog.text,
                   CASE WHEN r.in_recovery THEN pg_catalog.pg_is_wal_replay_paused() ELSE false END,
                   CASE WHEN w.latest_end_lsn IS NOT NULL THEN w.received_tli END,
                   w.status,
                   pg_catalog.current_setting('restore_command'),
                   (SELECT pg_catalog.string_agg(pg_catalog.concat_ws('|', s.slot_name, s.slot_type, s.active,
                               COALESCE(s.restart_lsn::pg_catalog.text, ''),
                               COALESCE(s.confirmed_flush_lsn::pg_catalog.text, '')), ',')
                      FROM pg_catalog.pg_get_replication_slots() AS s WHERE NOT s.temporary)
              FROM (SELECT pg_catalog.pg_is_in_recovery() AS in_recovery) AS r
              LEFT JOIN pg_catalog.pg_stat_get_wal_receiver() AS w ON true
            """;

    private final Server server;
    private final AtomicReference<Connection> idle = new AtomicReference<>();
    private volatile boolean closed;

    Heartbeat(Server server) {
        this.server = server;
    }

    SqlView ask(Duration patience) {
        return Bounded.call("heartbeat", patience, () -> question(patience), SqlView.NoAnswer::new);
    }

    private SqlView question(Duration patience) {
        Optional<Connection> connection = Optional.ofNullable(idle.getAndSet(null));
        boolean reused = connection.isPresent();
        try {
            Connection used = reused ? connection.get() : server.connect("heartbeat", Jdbc.Bounds.kept(patience));
            connection = Optional.of(used);
            used.setNetworkTimeout(Runnable::run, Math.toIntExact(patience.toMillis()) + 1);
            SqlView view = read(used, patience);
            if (Thread.currentThread().isInterrupted() || closed) {
                close(used);
            } else {
                Optional.ofNullable(idle.getAndSet(used)).ifPresent(Heartbeat::close);
            }
            return view;
        } catch (SQLException e) {
            connection.ifPresent(Heartbeat::close);
            // The server may have been restarted since the last question; then only the connection is stale. A server
            // that was promoted between two expressions of one question answers the next one.
            boolean again = reused || "55000".equals(e.getSQLState());
            return again && !Thread.currentThread().isInterrupted()
                    ? onceMore(patience)
                    : new SqlView.NoAnswer(e.getMessage());
        }
    }

    private SqlView onceMore(Duration patience) {
        try (Connection fresh = server.connect("heartbeat", Jdbc.Bounds.kept(patience))) {
            return read(fresh, patience);
        } catch (SQLException e) {
            return new SqlView.NoAnswer(e.getMessage());
        }
    }

    private SqlView read(Connection connection, Duration patience) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUESTION);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("no row");
            }
            List<SlotView> slots = slots(Optional.ofNullable(row.getString(9)).orElse(""));
            if (!row.getBoolean(1)) {
                return new SqlView.Primary(new Timeline(row.getInt(2)), lsn(row.getString(3)), slots);
            }
            int timeline = row.getInt(6);
            Optional<Timeline> received =
                    row.wasNull() ? replayedTimeline(patience) : Optional.of(new Timeline(timeline));
            return new SqlView.Standby(
                    lsn(row.getString(3)),
                    lsn(row.getString(4)),
                    received,
                    "streaming".equals(row.getString(7)),
                    !Optional.ofNullable(row.getString(8)).orElse("").isEmpty(),
                    row.getBoolean(5),
                    slots);
        }
    }

    /**
     * The timeline a standby replays while no WAL receiver tells it. The control file has that of the last restart point,
     * which can be an older one: judged by it, a standby in step with its leader would look diverged.
     */
    private Optional<Timeline> replayedTimeline(Duration patience) {
        try (Connection connection = Jdbc.openReplication(
                        server.settings().replication(), server.local(), "heartbeat", Jdbc.Bounds.within(patience));
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            return row.next()
                    ? Optional.of(new Timeline(Integer.parseUnsignedInt(row.getString(2))))
                    : Optional.empty();
        } catch (SQLException e) {
            log.debug("the server does not say which timeline it replays: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static Lsn lsn(String text) {
        return text == null || text.isEmpty() ? Lsn.ZERO : Lsn.parse(text);
    }

    private static List<SlotView> slots(String text) {
        var slots = new ArrayList<SlotView>();
        for (String row : text.isEmpty() ? new String[0] : text.split(",")) {
            String[] column = row.split("\\|", -1);
            slots.add(new SlotView(
                    column[0],
                    column[1].equals("logical") ? SlotView.Kind.LOGICAL : SlotView.Kind.PHYSICAL,
                    column[2].startsWith("t"),
                    column[3].isEmpty() ? Optional.empty() : Optional.of(Lsn.parse(column[3])),
                    column[4].isEmpty() ? Optional.empty() : Optional.of(Lsn.parse(column[4]))));
        }
        return slots;
    }

    /** Ends the idle connection; the next question opens another one. */
    void forget() {
        Optional.ofNullable(idle.getAndSet(null)).ifPresent(Heartbeat::close);
    }

    @Override
    public void close() {
        closed = true;
        forget();
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            log.debug("closing a connection: {}", e.toString());
        }
    }
}

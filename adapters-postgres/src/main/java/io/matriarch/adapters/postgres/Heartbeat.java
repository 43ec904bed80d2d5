package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.slot.SlotPlanner;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Asks the server how it is, over a connection that is kept. A question runs on a thread of its own, so that no peer that
 * is silent, stopped or unreachable holds its caller longer than the patience.
 */
final class Heartbeat implements AutoCloseable {

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
                               COALESCE(s.confirmed_flush_lsn::pg_catalog.text, ''),
                               s.xmin IS NOT NULL OR s.slot_type = 'physical' AND s.catalog_xmin IS NOT NULL,
                               COALESCE(pg_catalog.to_jsonb(s) ->> 'wal_status', '') = 'lost',
                               COALESCE(pg_catalog.to_jsonb(s) ->> 'failover', '') = 'true',
                               COALESCE(s.plugin, ''),
                               COALESCE((SELECT pg_catalog.replace(d.datname, E'\n', '?')
                                           FROM pg_catalog.pg_database AS d WHERE d.oid = s.datoid), '')), E'\n')
                      FROM pg_catalog.pg_get_replication_slots() AS s WHERE NOT s.temporary),
                   CASE WHEN r.in_recovery THEN NULL ELSE
                       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws('|', a.application_name, s.state,
                                   s.sync_state, COALESCE(s.write_lsn::pg_catalog.text, ''),
                                   COALESCE(s.flush_lsn::pg_catalog.text, ''),
                                   COALESCE(s.replay_lsn::pg_catalog.text, ''),
                                   COALESCE(o.slot_name, '')), E'\n')
                          FROM pg_catalog.pg_stat_get_wal_senders() AS s
                          JOIN pg_catalog.pg_stat_get_activity(NULL) AS a ON a.pid = s.pid
                          LEFT JOIN pg_catalog.pg_get_replication_slots() AS o ON o.active_pid = s.pid) END,
                   pg_catalog.current_setting('synchronous_standby_names'),
                   pg_catalog.current_setting('synchronous_commit'),
                   CASE WHEN r.in_recovery THEN NULL ELSE pg_catalog.pg_current_wal_insert_lsn() END::pg_catalog.text,
                   CASE WHEN r.in_recovery AND w.status IS NULL AND pg_catalog.pg_last_wal_receive_lsn() IS NULL THEN
                       EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(NULL) AS a
                                WHERE a.backend_type = 'startup' AND a.wait_event IN ('RecoveryWalStream',
                                          'RecoveryWalAll', 'RecoveryRetrieveRetryInterval')) ELSE true END
              FROM (SELECT pg_catalog.pg_is_in_recovery() AS in_recovery) AS r
              LEFT JOIN pg_catalog.pg_stat_get_wal_receiver() AS w ON true
            """;

    /** A server that was promoted between two expressions of one question answers the next one. */
    private static final String NOT_IN_THIS_STATE = "55000";

    /** The server is there and lets nobody in: it starts up, recovers or shuts down. */
    private static final String CANNOT_CONNECT_NOW = "57P03";

    private static final int SLOT_COLUMNS = 10;

    private final KeptConnection connection;
    private final SlotWatch watch;
    private final ReplayedTimeline replayedTimeline;
    private volatile int serverVersion;
    private volatile Lsn inserted = Lsn.ZERO;
    private volatile boolean rejected;

    Heartbeat(Server server) {
        this.connection = new KeptConnection(patience -> server.connect("heartbeat", Jdbc.Bounds.kept(patience)));
        this.replayedTimeline = server.replayedTimeline();
        this.watch = server.slotWatch();
    }

    SqlView ask(Duration patience) {
        rejected = false;
        return Bounded.call("heartbeat", patience, () -> question(patience), SqlView.NoAnswer::new);
    }

    /** {@code server_version_num} of the server that answered last, 0 if none has. */
    int serverVersion() {
        return serverVersion;
    }

    /** Whether the server answered the last question by letting nobody in. */
    boolean isRejected() {
        return rejected;
    }

    /** How far a primary that has just answered had written WAL into its buffers. */
    Lsn inserted() {
        return inserted;
    }

    private SqlView question(Duration patience) {
        try {
            return connection.ask(patience, used -> read(used, patience));
        } catch (SQLException e) {
            rejected = CANNOT_CONNECT_NOW.equals(e.getSQLState());
            return NOT_IN_THIS_STATE.equals(e.getSQLState())
                            && !Thread.currentThread().isInterrupted()
                    ? onceMore(patience)
                    : new SqlView.NoAnswer(why(e));
        }
    }

    private SqlView onceMore(Duration patience) {
        try {
            return connection.ask(patience, used -> read(used, patience));
        } catch (SQLException e) {
            return new SqlView.NoAnswer(why(e));
        }
    }

    /** With the key where it is the login that is refused: class 28, or no password where one is asked for. */
    private static String why(SQLException e) {
        String state = Optional.ofNullable(e.getSQLState()).orElse("");
        boolean login = state.startsWith("28") || state.equals("08004");
        return (login ? "postgresql.authentication.superuser cannot log in: " : "") + e.getMessage();
    }

    private SqlView read(Connection used, Duration patience) throws SQLException {
        try (PreparedStatement statement = used.prepareStatement(QUESTION);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("no row");
            }
            DatabaseMetaData about = used.getMetaData();
            serverVersion = about.getDatabaseMajorVersion() * 10000 + about.getDatabaseMinorVersion();
            List<SlotView> slots = slots(Optional.ofNullable(row.getString(9)).orElse(""));
            if (!row.getBoolean(1)) {
                replayedTimeline.forget();
                inserted = lsn(row.getString(13));
                watch.forget();
                return new SqlView.Primary(new Timeline(row.getInt(2)), lsn(row.getString(3)), slots, replication(row));
            }
            watch.seen(slots);
            Lsn replayed = lsn(row.getString(4));
            return new SqlView.Standby(
                    lsn(row.getString(3)),
                    replayed,
                    timeline(row, used, replayed, patience),
                    receiver(row.getString(7), row.getBoolean(14)),
                    !Optional.ofNullable(row.getString(8)).orElse("").isEmpty(),
                    row.getBoolean(5),
                    slots);
        }
    }

    /** A server that was started anew and still replays what it received before has not yet ended with that. */
    private static WalReceiver receiver(String status, boolean replayedAll) {
        return status == null
                ? replayedAll ? WalReceiver.NONE : WalReceiver.NOT_STREAMING
                : status.equals("streaming") ? WalReceiver.STREAMING : WalReceiver.NOT_STREAMING;
    }

    private static Replication replication(ResultSet row) throws SQLException {
        var senders = new ArrayList<WalSender>();
        String text = Optional.ofNullable(row.getString(10)).orElse("");
        for (String line : text.isEmpty() ? new String[0] : text.split("\n")) {
            // From the end: an application's name may have any character in it.
            String[] column = line.split("\\|", -1);
            int last = column.length - 1;
            String name = String.join("|", List.of(column).subList(0, last - 5));
            senders.add(new WalSender(
                    name,
                    column[last - 5],
                    column[last - 4],
                    position(column[last - 3]),
                    position(column[last - 2]),
                    position(column[last - 1]),
                    isSlotOf(name, column[last])));
        }
        return new Replication(senders, row.getString(11), row.getString(12));
    }

    private static boolean isSlotOf(String name, String slot) {
        return !name.isBlank()
                && name.indexOf('/') < 0
                && SlotPlanner.slotName(new MemberName(name)).equals(slot);
    }

    private static Optional<Lsn> position(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(Lsn.parse(text));
    }

    private Optional<Timeline> timeline(ResultSet row, Connection used, Lsn replayed, Duration patience)
            throws SQLException {
        int received = row.getInt(6);
        Optional<Timeline> timeline =
                row.wasNull() ? replayedTimeline.at(used, replayed, patience) : Optional.of(new Timeline(received));
        if (row.getString(7) != null) {
            replayedTimeline.receiverRuns();
        }
        return timeline;
    }

    private static Lsn lsn(String text) {
        return text == null || text.isEmpty() ? Lsn.ZERO : Lsn.parse(text);
    }

    private List<SlotView> slots(String text) {
        var slots = new ArrayList<SlotView>();
        for (String row : text.isEmpty() ? new String[0] : text.split("\n")) {
            // The database last: its name may have any character in it.
            String[] column = row.split("\\|", SLOT_COLUMNS);
            slots.add(new SlotView(
                    column[0],
                    column[1].equals("logical") ? SlotView.Kind.LOGICAL : SlotView.Kind.PHYSICAL,
                    column[2].startsWith("t"),
                    position(column[3]),
                    position(column[4]),
                    Optional.of(column[9]).filter(name -> !name.isEmpty()),
                    Optional.of(column[8]).filter(name -> !name.isEmpty()),
                    column[5].startsWith("t"),
                    column[6].startsWith("t") || watch.isBroken(column[0]),
                    column[7].startsWith("t")));
        }
        return slots;
    }

    /** Ends the idle connections; the next question opens others. */
    void forget() {
        connection.forget();
        replayedTimeline.forget();
    }

    @Override
    public void close() {
        connection.close();
        replayedTimeline.close();
    }
}

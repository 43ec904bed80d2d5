package io.matriarch.adapters.postgres;

import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ControlResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates, advances and drops replication slots. Each statement checks again what it relies on. */
final class Slots {

    private static final Logger log = LoggerFactory.getLogger(Slots.class);
    private static final String DUPLICATE_OBJECT = "42710";

    private static final String CREATE = """
            SELECT pg_catalog.pg_create_physical_replication_slot(?, true)
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_get_replication_slots() WHERE slot_name = ?)
            """;
    private static final String DROP = """
            WITH slots AS (SELECT slot_name, active FROM pg_catalog.pg_get_replication_slots() WHERE slot_name = ?),
                 dropped AS (SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM slots WHERE NOT active)
            SELECT active, (SELECT pg_catalog.count(*) FROM dropped) FROM slots
            """;
    private static final String ADVANCE = """
            SELECT pg_catalog.pg_replication_slot_advance(slot_name, ?::pg_catalog.pg_lsn)
              FROM pg_catalog.pg_get_replication_slots()
             WHERE slot_name = ? AND slot_type = 'physical' AND NOT active AND restart_lsn < ?::pg_catalog.pg_lsn
            """;

    private final Server server;

    Slots(Server server) {
        this.server = server;
    }

    ControlResult change(List<SlotChange> changes, Duration patience) {
        if (changes.isEmpty()) {
            return new ControlResult.Done();
        }
        var problems = new ArrayList<String>();
        try (Connection connection = server.connect("slots", Jdbc.Bounds.within(patience))) {
            for (SlotChange change : changes) {
                try {
                    carryOut(connection, change);
                } catch (SQLException e) {
                    problems.add(change.name() + ": " + e.getMessage());
                }
            }
        } catch (SQLException e) {
            problems.add(e.getMessage());
        }
        if (problems.isEmpty()) {
            return new ControlResult.Done();
        }
        log.warn("replication slots could not be changed: {}", problems);
        return new ControlResult.Failed(String.join("; ", problems));
    }

    private static void carryOut(Connection connection, SlotChange change) throws SQLException {
        switch (change) {
            case SlotChange.CreatePhysical create -> create(connection, create.name());
            case SlotChange.Drop drop -> drop(connection, drop.name());
            case SlotChange.Advance advance ->
                advance(connection, advance.name(), advance.to().toString());
        }
    }

    private static void create(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CREATE)) {
            statement.setString(1, name);
            statement.setString(2, name);
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    log.info("Created replication slot '{}'", name);
                }
            }
        } catch (SQLException e) {
            if (!DUPLICATE_OBJECT.equals(e.getSQLState())) {
                throw e;
            }
            log.debug("replication slot {} was created by somebody else meanwhile", name);
        }
    }

    private static void drop(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DROP)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return;
                }
                if (row.getLong(2) > 0) {
                    log.info("Dropped replication slot '{}'", name);
                } else {
                    throw new SQLException("Unable to drop replication slot '" + name + "', slot is active");
                }
            }
        }
    }

    private static void advance(Connection connection, String name, String to) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADVANCE)) {
            statement.setString(1, to);
            statement.setString(2, name);
            statement.setString(3, to);
            statement.executeQuery().close();
        }
    }
}

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
    private static final String CREATE_LOGICAL = """
            SELECT pg_catalog.pg_create_logical_replication_slot(?, ?)
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
    private final LogicalSlots logical;
    private String complaint = "";

    Slots(Server server, LogicalSlots logical) {
        this.server = server;
        this.logical = logical;
    }

    /** What fails is said, once while it fails in the same way, and tried again when it is asked for again. */
    ControlResult change(List<SlotChange> changes, Duration patience) {
        if (changes.isEmpty()) {
            return new ControlResult.Done();
        }
        logical.advance(changes.stream()
                .filter(SlotChange.AdvanceLogical.class::isInstance)
                .map(SlotChange.AdvanceLogical.class::cast)
                .toList());
        List<SlotChange> atOnce = changes.stream()
                .filter(change -> !(change instanceof SlotChange.AdvanceLogical))
                .toList();
        var problems = new ArrayList<String>();
        Deadline deadline = Deadline.in(patience);
        if (!atOnce.isEmpty()) {
            try (Connection connection = server.connect("slots", Jdbc.Bounds.within(patience))) {
                for (SlotChange change : atOnce) {
                    if (deadline.hasPassed()) {
                        problems.add("no time left for " + change.name());
                        break;
                    }
                    try {
                        carryOut(connection, change, deadline.left());
                    } catch (SQLException e) {
                        problems.add(change.name() + ": " + e.getMessage());
                    }
                }
            } catch (SQLException e) {
                problems.add(e.getMessage());
            }
        }
        return result(problems);
    }

    private ControlResult result(List<String> problems) {
        String text = String.join("; ", problems);
        if (!text.isEmpty() && !text.equals(complaint)) {
            log.warn("replication slots could not be changed: {}", text);
        }
        complaint = text;
        return text.isEmpty() ? new ControlResult.Done() : new ControlResult.Failed(text);
    }

    private void carryOut(Connection connection, SlotChange change, Duration patience) throws SQLException {
        switch (change) {
            case SlotChange.CreatePhysical create -> create(connection, create.name());
            case SlotChange.CreateLogical create -> createLogical(create, patience);
            case SlotChange.Drop drop -> drop(connection, drop);
            case SlotChange.Advance advance ->
                advance(connection, advance.name(), advance.to().toString());
            case SlotChange.AdvanceLogical _ -> {}
        }
    }

    /** A logical slot belongs to the database it is created in. It waits for the transactions that run. */
    private void createLogical(SlotChange.CreateLogical wanted, Duration patience) throws SQLException {
        try (Connection connection = Jdbc.open(
                        server.settings().superuser(),
                        server.local(),
                        wanted.database(),
                        "Patroni slots",
                        Jdbc.Bounds.within(patience));
                PreparedStatement statement = connection.prepareStatement(CREATE_LOGICAL)) {
            statement.setString(1, wanted.name());
            statement.setString(2, wanted.plugin());
            statement.setString(3, wanted.name());
            created(statement, wanted.name());
        }
    }

    private static void created(PreparedStatement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            if (row.next()) {
                log.info("Created replication slot '{}'", name);
            }
        } catch (SQLException e) {
            if (!DUPLICATE_OBJECT.equals(e.getSQLState())) {
                throw e;
            }
            log.debug("replication slot {} was created by somebody else meanwhile", name);
        }
    }

    private static void create(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CREATE)) {
            statement.setString(1, name);
            statement.setString(2, name);
            created(statement, name);
        }
    }

    private static void drop(Connection connection, SlotChange.Drop drop) throws SQLException {
        String name = drop.name();
        switch (drop.cause()) {
            case UNKNOWN -> log.info("Trying to drop unknown replication slot '{}'", name);
            case LOST -> log.warn("Trying to drop replication slot '{}' with wal_status=lost", name);
            case CHANGED -> log.info("Trying to drop replication slot '{}' because another kind of it is wanted", name);
            case NOTHING_RESERVED -> log.info("Trying to drop replication slot '{}': it has reserved no WAL", name);
            case HOLDS_XMIN -> log.info("Dropping physical replication slot {} because of its xmin value", name);
        }
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

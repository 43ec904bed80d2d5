package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ControlResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logical slots on two real servers. */
final class LogicalSlotsTest {

    private static final PermanentSlot.Logical ORDERS =
            new PermanentSlot.Logical("orders", "postgres", "test_decoding");

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance primary;
    private Instance standby;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(
                Instance.binDirectory()
                        .map(bin -> Files.exists(bin.resolveSibling("lib").resolve("test_decoding.so")))
                        .orElse(false),
                "test_decoding is not installed");
        cluster = new Cluster(folder);
        primary = cluster.member("srv1");
        primary.parameters.put("wal_level", "logical");
        primary.ready();
        Instance.done(primary.control.changeSlots(List.of(
                new SlotChange.CreatePhysical("srv2"),
                new SlotChange.CreateLogical("early", "postgres", "test_decoding"))));
        primary.sql("CREATE TABLE t (i int)");
        standby = cluster.member("srv2");
        standby.parameters.put("wal_level", "logical");
        standby.cloneOf(primary);
        Instance.done(standby.control.forceFeedback(true));
        standby.await("streaming", view -> view.sql() instanceof SqlView.Standby seen && seen.streaming());
        Instance.done(primary.control.changeSlots(
                List.of(new SlotChange.CreateLogical("orders", "postgres", "test_decoding"))));
    }

    @AfterEach
    void end() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static Optional<SlotView> slot(Instance server, String name) {
        return slots(server.observe()).stream()
                .filter(slot -> slot.name().equals(name))
                .findFirst();
    }

    private static List<SlotView> slots(PostgresView view) {
        return switch (view.sql()) {
            case SqlView.Primary seen -> seen.slots();
            case SqlView.Standby seen -> seen.slots();
            case SqlView.NoAnswer _ -> List.of();
        };
    }

    private static List<String> consume(Instance server, int atMost) throws Exception {
        var changes = new ArrayList<String>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT data FROM pg_logical_slot_get_changes('orders', NULL, "
                        + atMost + ", 'include-xids', '0') WHERE data LIKE 'table public.t:%'")) {
            while (rows.next()) {
                changes.add(rows.getString(1).replace("table public.t: INSERT: i[integer]:", ""));
            }
        }
        return changes;
    }

    private void replayed() {
        Lsn wanted = primary.observe().position().orElseThrow();
        standby.await(
                "everything replayed",
                view -> view.sql() instanceof SqlView.Standby seen
                        && seen.replayed().isAtLeast(wanted));
    }

    @Test
    @DisplayName("PG-101 HA-140 a logical slot survives a failover: nothing its consumer has not had is lost")
    void survives() throws Exception {
        SlotView there = slot(primary, "orders").orElseThrow();
        assertThat(there.database()).contains("postgres");
        assertThat(there.plugin()).contains("test_decoding");
        assertThat(there.lost() || there.nativeFailover() || there.active()).isFalse();
        primary.sql("INSERT INTO t VALUES (1)");
        primary.sql("CHECKPOINT");
        Instance.done(standby.control.copyLogicalSlots(List.of(ORDERS), primary.upstream(), Instance.LONG));
        assertThat(standby.observe().state()).isEqualTo(ServerState.RUNNING);
        assertThat(slot(standby, "orders").orElseThrow().plugin()).contains("test_decoding");

        primary.sql("INSERT INTO t SELECT generate_series(2, 5)");
        assertThat(consume(primary, 1)).containsExactly("1");
        Lsn confirmed = slot(primary, "orders").orElseThrow().confirmed().orElseThrow();
        primary.sql("INSERT INTO t VALUES (6)");
        replayed();
        Instance.done(
                standby.control.changeSlots(List.of(new SlotChange.AdvanceLogical("orders", "postgres", confirmed))));
        standby.await(
                "the slot moved",
                _ -> slot(standby, "orders")
                        .flatMap(SlotView::confirmed)
                        .filter(confirmed::equals)
                        .isPresent());

        primary.control.kill();
        Instance.done(standby.control.promote(List.of()));
        standby.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        standby.sql("INSERT INTO t VALUES (7)");
        assertThat(consume(standby, 1000)).containsSubsequence("2", "3", "4", "5", "6", "7");
    }

    @Test
    @DisplayName("PG-101 a copy replaces a slot that has lost its WAL, and the slot is watched until it is safe")
    void copiesAgain() throws Exception {
        Instance.done(standby.control.copyLogicalSlots(List.of(ORDERS), primary.upstream(), Instance.LONG));
        standby.server.slotWatch().broke("orders");
        assertThat(slot(standby, "orders").orElseThrow().lost()).isTrue();
        assertThat(standby.server.slotWatch().unsafe()).containsExactly("orders");
        Instance.done(standby.control.copyLogicalSlots(List.of(ORDERS), primary.upstream(), Instance.LONG));
        assertThat(slot(standby, "orders").orElseThrow().lost()).isFalse();
        standby.await(
                "feedback in the primary's slot",
                _ -> !primary.sql("SELECT catalog_xmin FROM pg_replication_slots WHERE slot_name = 'srv2'")
                        .equals("null"));
        assertThat(slot(primary, "srv2").orElseThrow().holdsXmin()).isTrue();
        standby.await("safe", _ -> standby.server.slotWatch().unsafe().isEmpty());
    }

    @Test
    @DisplayName("HA-140 nothing is stopped for a slot that is not there, is another's, or whose WAL has gone")
    void useless() throws Exception {
        long postmaster = PidFile.read(standby.data).orElseThrow().pid();
        for (var wanted : List.of(
                new PermanentSlot.Logical("early", "postgres", "test_decoding"),
                new PermanentSlot.Logical("nothing", "postgres", "test_decoding"),
                new PermanentSlot.Logical("orders", "postgres", "pgoutput"),
                new PermanentSlot.Logical("orders", "template1", "test_decoding"))) {
            assertThat(standby.control.copyLogicalSlots(List.of(wanted), primary.upstream(), Instance.LONG))
                    .isInstanceOf(ControlResult.Failed.class);
        }
        assertThat(PidFile.read(standby.data).orElseThrow().pid()).isEqualTo(postmaster);
    }

    @Test
    @DisplayName("PG-103 feedback is on while it is forced, and as configured afterwards")
    void feedback() {
        standby.await("on", _ -> standby.sql("SHOW hot_standby_feedback").equals("on"));
        Instance.done(standby.control.forceFeedback(false));
        standby.await("off", _ -> standby.sql("SHOW hot_standby_feedback").equals("off"));
        assertThat(standby.observe().role()).isEqualTo(Role.REPLICA);
    }
}

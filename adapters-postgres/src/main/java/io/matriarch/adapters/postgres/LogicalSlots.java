package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logical slots of a standby, which it can neither create nor decode (before version 16): they are copied from the leader
 * as files, and moved forward as the leader's consumers confirm.
 */
final class LogicalSlots {

    private static final Logger log = LoggerFactory.getLogger(LogicalSlots.class);

    /** The slots PostgreSQL itself keeps on standbys (17 and later) are its own business. */
    private static final String STATES = """
            SELECT s.slot_name, s.plugin, d.datname,
                   pg_catalog.pg_read_binary_file('pg_replslot/' || s.slot_name || '/state')
              FROM pg_catalog.pg_get_replication_slots() AS s
              JOIN pg_catalog.pg_database AS d ON d.oid = s.datoid
             WHERE s.slot_type = 'logical' AND NOT pg_catalog.pg_is_in_recovery()
               AND COALESCE((pg_catalog.to_jsonb(s) ->> 'failover')::pg_catalog.bool, false) = false
            """;

    private static final String ADVANCE = """
            SELECT pg_catalog.pg_replication_slot_advance(slot_name, ?::pg_catalog.pg_lsn)
              FROM pg_catalog.pg_get_replication_slots()
             WHERE slot_name = ? AND slot_type = 'logical' AND NOT active
               AND confirmed_flush_lsn < ?::pg_catalog.pg_lsn
            """;

    private static final String UNDEFINED_FILE = "58P01";
    private static final String NOT_IN_PREREQUISITE_STATE = "55000";
    private static final String WAL_FILE = "[0-9A-F]{24}";

    private final Server server;
    private final Stopper stopper;
    private final SlotWatch watch;
    /** Who moves slots of which database. */
    private final Map<String, Thread> moving = new HashMap<>();

    LogicalSlots(Server server, Stopper stopper) {
        this.server = server;
        this.stopper = stopper;
        this.watch = server.slotWatch();
    }

    /**
     * Begins to move slots forward and returns: the WAL between is decoded, which may take as long as it took to write.
     * A database whose slots are still being moved is left for a later call.
     */
    synchronized void advance(List<SlotChange.AdvanceLogical> changes) {
        var byDatabase = new TreeMap<String, List<SlotChange.AdvanceLogical>>();
        changes.forEach(change -> byDatabase
                .computeIfAbsent(change.database(), _ -> new ArrayList<>())
                .add(change));
        byDatabase.forEach((database, group) -> {
            if (!moving.containsKey(database)) {
                moving.put(
                        database,
                        Thread.ofVirtual().name("slots of " + database).start(() -> move(database, group)));
            }
        });
    }

    /** A standby that is promoted leaves its slots where they are. */
    synchronized void stopMoving() {
        moving.values().forEach(Thread::interrupt);
    }

    private void move(String database, List<SlotChange.AdvanceLogical> changes) {
        try (Connection connection = Jdbc.open(
                server.settings().superuser(), server.local(), database, "Patroni slots", Jdbc.Bounds.none())) {
            for (SlotChange.AdvanceLogical change : changes) {
                move(connection, change);
            }
        } catch (SQLException e) {
            log.warn("the logical slots of database {} could not be moved: {}", database, e.getMessage());
        } finally {
            synchronized (this) {
                moving.remove(database);
            }
        }
    }

    private void move(Connection connection, SlotChange.AdvanceLogical change) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADVANCE)) {
            statement.setString(1, change.to().toString());
            statement.setString(2, change.name());
            statement.setString(3, change.to().toString());
            statement.executeQuery().close();
        } catch (SQLException e) {
            if (!UNDEFINED_FILE.equals(e.getSQLState()) && !NOT_IN_PREREQUISITE_STATE.equals(e.getSQLState())) {
                throw e;
            }
            log.warn(
                    "Failed to advance logical replication slot '{}', it will be copied from the primary: {}",
                    change.name(),
                    e.getMessage());
            watch.broke(change.name());
        }
    }

    /** A logical slot as the leader has it. */
    private record Source(String plugin, String database, SlotState state) {}

    /**
     * Stops the standby, writes the slots' files, starts it again. Nothing is stopped for a slot that would be of no use:
     * one whose WAL is not here any more.
     */
    ControlResult copy(List<PermanentSlot.Logical> slots, Upstream.Of leader, Supplier<ControlResult> start) {
        Map<String, Source> sources;
        try {
            sources = sources(leader);
        } catch (SQLException | IllegalArgumentException e) {
            return new ControlResult.Failed(
                    "cannot read the logical slots of " + leader.name() + ": " + e.getMessage());
        }
        var problems = new ArrayList<String>();
        var usable = new TreeMap<String, SlotState>();
        for (PermanentSlot.Logical slot : slots) {
            Optional<String> problem = problem(slot, Optional.ofNullable(sources.get(slot.name())));
            if (problem.isPresent()) {
                problems.add(slot.name() + ": " + problem.get());
            } else {
                usable.put(slot.name(), sources.get(slot.name()).state());
            }
        }
        if (usable.isEmpty()) {
            return new ControlResult.Failed("no logical slot can be copied: " + problems);
        }
        if (!problems.isEmpty()) {
            log.warn("logical slots that cannot be copied: {}", problems);
        }
        return stopAndWrite(usable, leader, start);
    }

    private Map<String, Source> sources(Upstream.Of leader) throws SQLException {
        PgSettings settings = server.settings();
        Endpoint endpoint = Endpoint.parse(leader.connUrl());
        var found = new TreeMap<String, Source>();
        try (Connection connection = Jdbc.open(
                        settings.rewind(),
                        endpoint,
                        endpoint.database().orElse(settings.database()),
                        "Patroni slots",
                        Jdbc.Bounds.within(server.context().retryTimeout()));
                PreparedStatement statement = connection.prepareStatement(STATES);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                String name = rows.getString(1);
                Optional<SlotState> state = SlotState.of(rows.getBytes(4));
                if (state.isEmpty()) {
                    throw new SQLException("the state of slot " + name + " is of a form that is not known");
                }
                found.put(name, new Source(rows.getString(2), rows.getString(3), state.get()));
            }
        }
        return found;
    }

    private Optional<String> problem(PermanentSlot.Logical wanted, Optional<Source> source) {
        if (source.isEmpty()) {
            return Optional.of("the leader has no such slot");
        }
        if (!source.get().plugin().equals(wanted.plugin())
                || !source.get().database().equals(wanted.database())) {
            return Optional.of("the leader's decodes " + source.get().database() + " with "
                    + source.get().plugin());
        }
        Lsn from = source.get().state().restartLsn();
        return hasWal(from) ? Optional.empty() : Optional.of("its WAL from " + from + " on is not here");
    }

    /** Whether some timeline's segment with this position is in the WAL directory. */
    private boolean hasWal(Lsn position) {
        try (Stream<Path> files = Files.list(server.dataDirectory().resolve("pg_wal"))) {
            List<Path> segments = files.filter(
                            file -> file.getFileName().toString().matches(WAL_FILE))
                    .toList();
            if (segments.isEmpty()) {
                return false;
            }
            long size = Files.size(segments.getFirst());
            long number = Long.divideUnsigned(position.value(), size);
            long perFile = 0x100000000L / size;
            String name = String.format("%08X%08X", number / perFile, number % perFile);
            return segments.stream()
                    .anyMatch(file -> file.getFileName().toString().endsWith(name));
        } catch (IOException e) {
            log.warn("cannot look for WAL: {}", e.toString());
            return false;
        }
    }

    private ControlResult stopAndWrite(
            Map<String, SlotState> slots, Upstream.Of leader, Supplier<ControlResult> start) {
        ServerStatus status = server.status();
        status.state(ServerState.RESTARTING);
        StopResult stopped =
                stopper.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "copy logical slots"), false);
        if (stopped instanceof StopResult.NotStopped(String why)) {
            status.state(ServerState.RESTART_FAILED);
            return new ControlResult.Failed("cannot stop for the copy of logical slots: " + why);
        }
        var written = new ArrayList<String>();
        Optional<String> problem = Optional.empty();
        for (Map.Entry<String, SlotState> slot : slots.entrySet()) {
            if (!hasWal(slot.getValue().restartLsn())) {
                // The shutdown itself has removed what nobody here held.
                log.warn("logical slot {} is not copied: the WAL it needs has just been removed", slot.getKey());
                continue;
            }
            try {
                write(slot.getKey(), slot.getValue().content());
                watch.copied(slot.getKey());
                written.add(slot.getKey());
            } catch (IOException e) {
                problem = Optional.of("cannot write the slot " + slot.getKey() + ": " + e.getMessage());
            }
        }
        ControlResult started = start.get();
        if (!written.isEmpty()) {
            log.info("copied logical slots {} from {}", written, leader.name());
        }
        return started instanceof ControlResult.Done && problem.isPresent()
                ? new ControlResult.Failed(problem.get())
                : started;
    }

    /** As the server itself does: whole and on disk under another name first, for it removes what ends in .tmp. */
    private void write(String name, byte[] content) throws IOException {
        Path slots = server.dataDirectory().resolve("pg_replslot");
        Path made = slots.resolve(name + ".tmp");
        Path slot = slots.resolve(name);
        remove(made);
        Files.createDirectory(made);
        Files.setPosixFilePermissions(made, Files.getPosixFilePermissions(slots));
        Path state = made.resolve("state");
        try (FileChannel file = FileChannel.open(state, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.setPosixFilePermissions(
                state, Files.getPosixFilePermissions(server.dataDirectory().resolve("PG_VERSION")));
        sync(made);
        remove(slot);
        Files.move(made, slot, StandardCopyOption.ATOMIC_MOVE);
        sync(slots);
    }

    private static void remove(Path slot) throws IOException {
        if (Files.isDirectory(slot)) {
            DataDirectories.removeContents(slot);
            Files.delete(slot);
        }
    }

    /** Some file systems cannot do it to a directory, and need not. */
    private static void sync(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            log.debug("directory {} not synced: {}", directory, e.toString());
        }
    }
}

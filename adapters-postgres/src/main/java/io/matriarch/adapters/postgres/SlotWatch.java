package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.slot.LogicalSafety;
import io.matriarch.domain.slot.SlotPlanner;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an eye on the logical slots of a standby: which of them may be used once it is promoted, and which have lost what
 * they need. It asks the upstream once a loop while something is open, on a thread of its own.
 */
final class SlotWatch {

    private static final Logger log = LoggerFactory.getLogger(SlotWatch.class);
    private static final String QUESTION = """
            SELECT slot_name, slot_type, catalog_xmin::pg_catalog.text, pg_catalog.pg_is_in_recovery()
              FROM pg_catalog.pg_get_replication_slots()
             WHERE slot_type = 'logical' OR slot_name = ?
            """;

    private final Server server;
    /** Logical slots not known to be safe, with the transaction the primary's held first; empty while not known. */
    private final Map<String, Optional<Long>> unsafe = new TreeMap<>();

    private final TreeSet<String> safe = new TreeSet<>();
    private final TreeSet<String> broken = new TreeSet<>();
    private Deadline next = Deadline.in(Duration.ZERO);
    private boolean asking;
    private String complaint = "";

    SlotWatch(Server server) {
        this.server = server;
    }

    /** What the standby has now. */
    synchronized void seen(List<SlotView> slots) {
        List<String> logical = slots.stream()
                .filter(slot -> slot.kind() == SlotView.Kind.LOGICAL && !slot.nativeFailover())
                .map(SlotView::name)
                .toList();
        unsafe.keySet().retainAll(logical);
        safe.retainAll(logical);
        logical.stream()
                .filter(name -> !safe.contains(name))
                .forEach(name -> unsafe.putIfAbsent(name, Optional.empty()));
        if (!unsafe.isEmpty() && !asking && next.hasPassed()) {
            next = Deadline.in(server.context().loopWait());
            server.status().upstream().ifPresent(upstream -> {
                if (upstream instanceof Upstream.Of of) {
                    asking = true;
                    Thread.ofVirtual().name("slot-watch").start(() -> ask(of));
                }
            });
        }
    }

    /** Another copy has been written: whatever was known of it is over. */
    synchronized void copied(String name) {
        broken.remove(name);
        safe.remove(name);
        unsafe.put(name, Optional.empty());
    }

    /** The WAL it needs is gone: only another copy helps. */
    synchronized void broke(String name) {
        broken.add(name);
    }

    synchronized boolean isBroken(String name) {
        return broken.contains(name);
    }

    /** Logical slots that nobody can vouch for yet. */
    synchronized List<String> unsafe() {
        return List.copyOf(unsafe.keySet());
    }

    /** It is about to become a primary: from then on its slots are its own. */
    synchronized void promoting() {
        if (!unsafe.isEmpty()) {
            log.warn("Logical replication slots that might be unsafe to use after promote: {}", unsafe.keySet());
        }
        forget();
    }

    /** It is a primary. */
    synchronized void forget() {
        unsafe.clear();
        safe.clear();
        broken.clear();
    }

    private void ask(Upstream.Of upstream) {
        Duration patience = server.context().retryTimeout();
        try {
            Map<String, Optional<Long>> theirs = theirs(upstream, patience);
            if (!theirs.isEmpty()) {
                try (Connection connection = server.connect("slots", Jdbc.Bounds.within(patience))) {
                    judge(theirs, xmins(connection, "", new ArrayList<>()));
                }
            }
        } catch (SQLException | IllegalArgumentException e) {
            log.debug("the slots of {} cannot be compared: {}", upstream.name(), e.toString());
        } finally {
            synchronized (this) {
                asking = false;
            }
        }
    }

    /** Empty where a standby is the upstream: what the primary holds for us is not to be seen there. */
    private Map<String, Optional<Long>> theirs(Upstream.Of upstream, Duration patience) throws SQLException {
        Endpoint endpoint = Endpoint.parse(upstream.connUrl());
        String database = endpoint.database().orElse(server.settings().database());
        try (Connection connection = Jdbc.open(
                server.settings().rewind(), endpoint, database, "Patroni slots", Jdbc.Bounds.within(patience))) {
            var inRecovery = new ArrayList<Boolean>();
            Map<String, Optional<Long>> xmins =
                    xmins(connection, ownSlot(server.context().self()), inRecovery);
            return inRecovery.contains(true) ? Map.of() : xmins;
        }
    }

    private static String ownSlot(MemberName self) {
        return SlotPlanner.slotName(self);
    }

    private static Map<String, Optional<Long>> xmins(Connection connection, String physical, List<Boolean> recovery)
            throws SQLException {
        var xmins = new HashMap<String, Optional<Long>>();
        try (PreparedStatement statement = connection.prepareStatement(QUESTION)) {
            statement.setString(1, physical);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    xmins.put(
                            rows.getString(1),
                            Optional.ofNullable(rows.getString(3)).map(Long::valueOf));
                    recovery.add(rows.getBoolean(4));
                }
            }
        }
        return xmins;
    }

    private synchronized void judge(Map<String, Optional<Long>> theirs, Map<String, Optional<Long>> ours) {
        String own = ownSlot(server.context().self());
        Optional<Optional<Long>> physical = Optional.ofNullable(theirs.get(own));
        if (physical.isEmpty()) {
            complain("Physical slot " + own + " does not exist on the primary");
            return;
        }
        if (physical.get().isEmpty()) {
            complain("Logical slot failover requires \"hot_standby_feedback\". Please check postgresql.auto.conf");
            return;
        }
        long held = physical.get().get();
        for (String name : List.copyOf(unsafe.keySet())) {
            Optional<Long> first = unsafe.get(name).or(() -> theirs.getOrDefault(name, Optional.empty()));
            unsafe.put(name, first);
            boolean ready = first.isPresent()
                    && ours.getOrDefault(name, Optional.empty())
                            .filter(needed -> LogicalSafety.isSafe(first.get(), held, needed))
                            .isPresent();
            if (ready) {
                unsafe.remove(name);
                safe.add(name);
                log.info("Logical slot {} is safe to be used after a failover", name);
            }
        }
    }

    private void complain(String why) {
        if (!why.equals(complaint)) {
            complaint = why;
            log.warn("{}", why);
        }
    }
}

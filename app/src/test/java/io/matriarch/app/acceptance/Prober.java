package io.matriarch.app.acceptance;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Tries to write to every server every 20 ms, from its own host so that a cut does not hide it, and keeps each
 * acknowledged write with the server's timeline. A server that acknowledges a write which was sent after another server
 * has acknowledged one on a later timeline was writable when it must not have been.
 */
final class Prober implements AutoCloseable {

    private static final Duration PERIOD = Duration.ofMillis(20);
    private static final String WRITE = "INSERT INTO acceptance_probe VALUES (1)"
            + " RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int";

    /** A write that a server acknowledged, by the test's clock. */
    record Write(Member member, int timeline, long sent, long acknowledged) {}

    private final Cluster cluster;
    private final List<Write> writes = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopping;

    private Prober(Cluster cluster) {
        this.cluster = cluster;
    }

    static Prober start(Cluster cluster) throws SQLException {
        try (var _ = cluster.network().enterClient()) {
            cluster.primary().query("CREATE TABLE IF NOT EXISTS acceptance_probe (i int)");
        }
        var prober = new Prober(cluster);
        for (Member member : cluster.members()) {
            prober.threads.add(
                    Thread.ofPlatform().daemon().name("probe " + member).start(() -> prober.probe(member)));
        }
        Await.until(
                "the prober has written",
                cluster.patience(),
                () -> !prober.writes().isEmpty());
        return prober;
    }

    private void probe(Member member) {
        try (var _ = cluster.network().enter(member.index())) {
            while (!stopping) {
                try (var connection = member.connect();
                        var write = connection.prepareStatement(WRITE);
                        var ask = connection.prepareStatement("SELECT pg_is_in_recovery()")) {
                    while (!stopping) {
                        // Asked first only to keep the replicas' logs readable.
                        if (answer(ask, rows -> rows.getBoolean(1))) {
                            LockSupport.parkNanos(PERIOD.toNanos());
                            continue;
                        }
                        long sent = System.nanoTime();
                        int timeline = answer(write, rows -> rows.getInt(1));
                        add(new Write(member, timeline, sent, System.nanoTime()));
                        LockSupport.parkNanos(PERIOD.toNanos());
                    }
                } catch (SQLException e) {
                    LockSupport.parkNanos(PERIOD.toNanos());
                }
            }
        }
    }

    private interface Column<T> {
        T of(ResultSet row) throws SQLException;
    }

    private static <T> T answer(PreparedStatement statement, Column<T> column) throws SQLException {
        try (var rows = statement.executeQuery()) {
            rows.next();
            return column.of(rows);
        }
    }

    private synchronized void add(Write write) {
        writes.add(write);
    }

    synchronized List<Write> writes() {
        return List.copyOf(writes);
    }

    /** The last write that {@code member} acknowledged. */
    Optional<Write> last(Member member) {
        return writes().stream()
                .filter(write -> write.member() == member)
                .max(Comparator.comparingLong(Write::acknowledged));
    }

    /** The first write that {@code member} was sent, and acknowledged, after {@code nanos}. */
    Optional<Write> first(Member member, long nanos) {
        return writes().stream()
                .filter(write -> write.member() == member && write.sent() - nanos > 0)
                .min(Comparator.comparingLong(Write::sent));
    }

    /** Ends the probes, and fails if two servers were writable at one instant. */
    void assertOneWritable() {
        stop();
        var members = new TreeMap<Integer, Member>();
        var firstAcknowledged = new TreeMap<Integer, Long>();
        var lastSent = new TreeMap<Integer, Long>();
        for (Write write : writes()) {
            Member known = members.putIfAbsent(write.timeline(), write.member());
            if (known != null && known != write.member()) {
                throw new AssertionError(known + " and " + write.member() + " wrote on timeline " + write.timeline());
            }
            firstAcknowledged.merge(write.timeline(), write.acknowledged(), Math::min);
            lastSent.merge(write.timeline(), write.sent(), Math::max);
        }
        for (int older : members.keySet()) {
            for (int newer : members.tailMap(older, false).keySet()) {
                long late = lastSent.get(older) - firstAcknowledged.get(newer);
                if (late >= 0) {
                    throw new AssertionError(members.get(older) + " acknowledged a write on timeline " + older + " "
                            + late / 1_000_000 + " ms after " + members.get(newer) + " had on timeline " + newer);
                }
            }
        }
    }

    @Override
    public void close() {
        stop();
    }

    private void stop() {
        stopping = true;
        for (Thread thread : threads) {
            try {
                thread.join(10_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timeline a standby replays while no WAL receiver tells it. No function of SQL says so: the control file has that
 * of the last restart point, which can be an older one, and judged by it a standby in step with its leader would look
 * diverged. Only {@code IDENTIFY_SYSTEM} says it, over a replication connection.
 *
 * <p>To open one takes a fork and an exchange of passwords, tens of milliseconds of a busy candidate's time in a
 * switchover. So it is kept while no receiver runs, and asked only when something has been replayed since.
 */
final class ReplayedTimeline implements AutoCloseable {

    /** How the connection is called in pg_stat_replication. */
    static final String NAME = "Patroni heartbeat";

    private static final Logger log = LoggerFactory.getLogger(ReplayedTimeline.class);
    /** How long a readied one is kept: it takes a slot of max_wal_senders, and is woken whenever WAL arrives. */
    static final Duration READY = Duration.ofMinutes(1);

    /**
     * An answer. PostgreSQL keeps the replayed position and its timeline together, and the position only grows while
     * the server does not replay anew from its last restart point: that ends every connection. So while the same
     * connection says the same position, it is the same timeline.
     */
    private record Known(Connection witness, Lsn replayed, Timeline timeline) {}

    private final KeptConnection connection;
    private final Duration ready;
    private volatile Optional<Known> known = Optional.empty();
    private volatile Deadline readied = Deadline.in(Duration.ZERO);

    /**
     * Nothing is opened before the first question.
     *
     * @param ready how long a readied connection is kept although a receiver runs
     */
    ReplayedTimeline(KeptConnection.Opener opener, Duration ready) {
        this.connection = new KeptConnection(opener);
        this.ready = ready;
    }

    /**
     * Asks, if need be.
     *
     * @param witness the connection over which the server has just said how far it has replayed
     * @param replayed how far
     * @return empty when it does not say
     */
    Optional<Timeline> at(Connection witness, Lsn replayed, Duration patience) {
        Optional<Timeline> unchanged = known.filter(last -> last.witness() == witness)
                .filter(last -> !replayed.isZero() && last.replayed().equals(replayed))
                .map(Known::timeline);
        if (unchanged.isPresent()) {
            return unchanged;
        }
        try {
            Timeline timeline = connection.ask(patience, ReplayedTimeline::identify);
            known = Optional.of(new Known(witness, replayed, timeline));
            return Optional.of(timeline);
        } catch (SQLException e) {
            log.debug("the server does not say which timeline it replays: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** Opens the connection on a standby that is soon to be asked without a receiver. Blocks for the patience at most. */
    void expectQuestions(Duration patience) {
        readied = Deadline.in(ready);
        Optional<String> problem = Bounded.call(
                "heartbeat",
                patience,
                () -> {
                    try {
                        connection.ask(patience, ReplayedTimeline::identify);
                        return Optional.empty();
                    } catch (SQLException e) {
                        return Optional.of(e.getMessage());
                    }
                },
                Optional::of);
        problem.ifPresent(why -> log.debug("no replication connection: {}", why));
    }

    private static Timeline identify(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            if (!row.next()) {
                throw new SQLException("no row");
            }
            return new Timeline(Integer.parseUnsignedInt(row.getString(2)));
        }
    }

    /** A receiver runs: the connection ends, unless it was readied for the time after. */
    void receiverRuns() {
        if (readied.hasPassed()) {
            forget();
        }
    }

    /** Ends the connection, if there is one. */
    void forget() {
        known = Optional.empty();
        connection.forget();
    }

    @Override
    public void close() {
        known = Optional.empty();
        connection.close();
    }
}

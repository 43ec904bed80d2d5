package io.matriarch.adapters.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection kept from one question to the next. A question takes it out and puts it back once answered; who asks
 * meanwhile opens one of their own, and the last one put back is kept.
 */
final class KeptConnection implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KeptConnection.class);

    /** Opens a connection whose first answer is not waited for longer than the patience. */
    interface Opener {
        Connection open(Duration patience) throws SQLException;
    }

    /** Asks one thing. */
    interface Question<T> {
        T ask(Connection connection) throws SQLException;
    }

    private final Opener opener;
    private final AtomicReference<Connection> idle = new AtomicReference<>();
    private volatile boolean closed;

    KeptConnection(Opener opener) {
        this.opener = opener;
    }

    /** The answer; each wait for the server is bounded by the patience, the connecting by the opener. */
    <T> T ask(Duration patience, Question<T> question) throws SQLException {
        Optional<Connection> kept = Optional.ofNullable(idle.getAndSet(null));
        if (kept.isPresent()) {
            try {
                return ask(kept.get(), patience, question);
            } catch (SQLException e) {
                // The server may have been restarted since the last question; then only the connection is stale.
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                log.debug("asking again over a new connection: {}", e.getMessage());
            }
        }
        return ask(opener.open(patience), patience, question);
    }

    private <T> T ask(Connection used, Duration patience, Question<T> question) throws SQLException {
        boolean answered = false;
        try {
            used.setNetworkTimeout(Runnable::run, Math.toIntExact(patience.toMillis()) + 1);
            T answer = question.ask(used);
            answered = true;
            return answer;
        } finally {
            if (answered && !Thread.currentThread().isInterrupted()) {
                keep(used);
            } else {
                close(used);
            }
        }
    }

    private void keep(Connection used) {
        Optional.ofNullable(idle.getAndSet(used)).ifPresent(KeptConnection::close);
        if (closed) {
            forget();
        }
    }

    /** Ends the connection unless somebody asks over it right now; the next question opens another one. */
    void forget() {
        Optional.ofNullable(idle.getAndSet(null)).ifPresent(KeptConnection::close);
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

package io.matriarch.adapters.consul;

import io.matriarch.ports.dcs.StoreKey;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.model.kv.Value;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hints by blocking queries: one always waits for the next change below the scope, and what it brings is compared with
 * what was there before.
 */
final class ConsulWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ConsulWatch.class);

    private static final int WAIT_SECONDS = 30;

    /** Consul answers up to a sixteenth later than asked to. */
    private static final Duration LONGEST = Duration.ofSeconds(WAIT_SECONDS + WAIT_SECONDS / 16 + 5);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final ConsulConnection connection;
    private final ConsulKeys keys;
    private final Runnable listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicReference<Optional<ConsulAttempt>> current = new AtomicReference<>(Optional.empty());

    private ConsulWatch(ConsulConnection connection, ConsulKeys keys, Runnable listener) {
        this.connection = connection;
        this.keys = keys;
        this.listener = listener;
    }

    static ConsulWatch start(ConsulConnection connection, ConsulKeys keys, Runnable listener) {
        var watch = new ConsulWatch(connection, keys, listener);
        Thread.ofVirtual().name("consul watch").start(watch::run);
        return watch;
    }

    @Override
    public void close() {
        closed.countDown();
        current.get().ifPresent(ConsulAttempt::cancel);
    }

    private void run() {
        var index = BigInteger.ZERO;
        var seen = Optional.<Map<String, Long>>empty();
        var pause = FIRST_PAUSE;
        while (!isClosed()) {
            try {
                var answer = follow(index);
                var found = Optional.of(worthATurn(answer.values()));
                // The first answer is a hint too: what came before it was seen by nobody.
                if (!found.equals(seen)) {
                    hint();
                }
                seen = found;
                index = next(index, answer.index());
                pause = FIRST_PAUSE;
            } catch (ConsulException e) {
                log.debug("the watch of {} was interrupted: {}", keys.prefix(), ConsulFailures.text(e));
                if (isClosedAfter(pause)) {
                    return;
                }
                var doubled = pause.multipliedBy(2);
                pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
            }
        }
    }

    private ConsulConnection.Listing follow(BigInteger index) {
        var attempt = new ConsulAttempt(Budget.of(LONGEST));
        current.set(Optional.of(attempt));
        if (isClosed()) {
            attempt.cancel();
        }
        return connection.follow(keys.prefix(), index, WAIT_SECONDS, attempt);
    }

    /** An index that went back is one of a restored store; zero would not wait. */
    private static BigInteger next(BigInteger last, BigInteger index) {
        return index.compareTo(last) < 0 ? BigInteger.ZERO : index.max(BigInteger.ONE);
    }

    private void hint() {
        if (!isClosed()) {
            listener.run();
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private boolean isClosedAfter(Duration pause) {
        try {
            return closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** What a turn should look at: no renewal is in it, and of the members only that they came (see {@code Dcs#watch}). */
    private Map<String, Long> worthATurn(List<Value> found) {
        var indexes = new HashMap<String, Long>();
        for (var entry : found) {
            var key = entry.getKey();
            if (keys.memberName(key).isPresent()) {
                indexes.put(key, entry.getCreateIndex());
            } else if (keys.storeKey(key).filter(ConsulWatch::isWorthATurn).isPresent()) {
                indexes.put(key, entry.getModifyIndex());
            }
        }
        return indexes;
    }

    private static boolean isWorthATurn(StoreKey key) {
        return switch (key) {
            case LEADER, CONFIG, FAILOVER, SYNC, INITIALIZE -> true;
            case STATUS, LEGACY_OPTIME, HISTORY, FAILSAFE, EPOCH -> false;
        };
    }
}

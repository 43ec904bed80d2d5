package io.matriarch.app.loop;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a primary whose last granted deadline passes, even if the loop hangs. It climbs the ladder of SAF-040: a fast
 * shutdown, an immediate one, the kill, all before the lease ends.
 *
 * <p>It lives in the agent and is the fence for as long as the agent lives; a guard process takes over from it when the
 * agent does not.
 */
public final class LeaseGuard {

    private static final Logger log = LoggerFactory.getLogger(LeaseGuard.class);
    private static final Duration IDLE = Duration.ofSeconds(1);

    /** How far down the ladder it has gone for the present deadline. */
    private enum Rung {
        NONE,
        FAST,
        IMMEDIATE,
        KILL
    }

    private final Clock clock;
    private final PostgresControl postgres;
    private final Supplier<Optional<Lease>> lease;
    private Duration ttl = Duration.ofSeconds(30);

    /** The ttl of the present deadline: rungs of a longer one would lie before a hold that is in order. */
    private Duration granted = Duration.ofSeconds(30);

    private Optional<MonotonicTime> deadline = Optional.empty();
    private Rung rung = Rung.NONE;

    public LeaseGuard(Clock clock, PostgresControl postgres, Supplier<Optional<Lease>> lease) {
        this.clock = clock;
        this.postgres = postgres;
        this.lease = lease;
    }

    public synchronized void adopt(Duration newTtl) {
        ttl = newTtl;
    }

    /**
     * From now on the server ends with the lease. The last word counts, and the keeper of the lease has the last word: a
     * shorter lease that has taken the place of a longer one ends earlier (SAF-015).
     */
    public synchronized void arm(Lease held) {
        MonotonicTime told = held.deadline();
        if (!deadline.equals(Optional.of(told))) {
            boolean longer = ttl.compareTo(granted) > 0;
            boolean grantedUnderOld = clock.now().until(told).compareTo(ttl.dividedBy(2)) < 0;
            if (!longer || !grantedUnderOld) {
                granted = ttl;
            }
            deadline = Optional.of(told);
            rung = Rung.NONE;
        }
    }

    /** A renewal; without effect while not armed. */
    public synchronized void extend(Lease held) {
        if (deadline.isPresent()) {
            arm(held);
        }
    }

    public synchronized boolean isArmed() {
        return deadline.isPresent();
    }

    public synchronized void pause() {
        deadline = Optional.empty();
        rung = Rung.NONE;
    }

    /** Nothing is left that could write, and whoever starts the server next arms the guard first. */
    public synchronized void disarm(StopProof proof) {
        log.debug("guard disarmed: {}", proof.evidence());
        pause();
    }

    /**
     * Does what is due.
     *
     * @return when to look again
     */
    public Duration check() {
        Rung due;
        Duration next;
        synchronized (this) {
            if (deadline.isEmpty()) {
                return IDLE;
            }
            lease.get().ifPresent(this::extend);
            MonotonicTime now = clock.now();
            LeaseLadder ladder = LeaseLadder.of(granted);
            MonotonicTime end = deadline.get();
            due = due(now, ladder, end);
            next = shorter(IDLE, untilNext(now, ladder, end));
            if (due.compareTo(rung) <= 0 && due != Rung.KILL) {
                return next;
            }
            rung = due;
        }
        climb(due);
        return next;
    }

    /** The kill takes a moment of its own: it begins half a politeness before it has to be over. */
    private static MonotonicTime killFrom(LeaseLadder ladder, MonotonicTime end) {
        return ladder.killAt(end).minus(Duration.ofNanos(ladder.politeness().toNanos() / 2));
    }

    private static Rung due(MonotonicTime now, LeaseLadder ladder, MonotonicTime end) {
        if (now.hasReached(killFrom(ladder, end))) {
            return Rung.KILL;
        }
        if (now.hasReached(ladder.immediateAt(end))) {
            return Rung.IMMEDIATE;
        }
        return now.hasReached(ladder.cleanStopAt(end)) ? Rung.FAST : Rung.NONE;
    }

    private static Duration untilNext(MonotonicTime now, LeaseLadder ladder, MonotonicTime end) {
        for (MonotonicTime at : List.of(ladder.cleanStopAt(end), ladder.immediateAt(end), killFrom(ladder, end))) {
            Duration left = now.until(at);
            if (left.isPositive()) {
                return left;
            }
        }
        return Duration.ofMillis(50);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private void climb(Rung due) {
        if (postgres.stopProof().isPresent()) {
            return;
        }
        switch (due) {
            case NONE -> {}
            case FAST -> {
                log.warn("the lease is about to end and has not been renewed: stopping PostgreSQL (fast)");
                postgres.signalFast();
            }
            case IMMEDIATE -> {
                log.warn("the lease is about to end: stopping PostgreSQL (immediate)");
                postgres.signalImmediate();
            }
            case KILL -> {
                log.error("the lease ends now: killing every process of PostgreSQL");
                // It stays armed: a start that was under way when the lease ended must not come up unguarded.
                postgres.kill();
            }
        }
    }
}

package io.matriarch.app.loop;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.failsafe.FailsafePromise;
import io.matriarch.domain.failsafe.FailsafeRound;
import io.matriarch.domain.failsafe.FailsafeView;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What this member has promised to leaders without the store (SAF-047), for the loop and for requests alike.
 *
 * <p>A promise and an attempt to lead exclude each other: whoever asks while an attempt is under way, or while it has
 * succeeded, is refused; and no attempt begins while a promise binds. Promises live in memory only. An agent that has
 * just begun waits as long as if it had promised something a moment before its start.
 */
public final class FailsafePromises {

    private final Clock clock;
    private final BooleanSupplier leads;
    private final MonotonicTime started;
    private Optional<FailsafePromise> promise = Optional.empty();
    private long highestEpoch;
    private boolean racing;

    /**
     * @param leads whether this member has a hold on the leader lock
     */
    public FailsafePromises(Clock clock, BooleanSupplier leads) {
        this.clock = clock;
        this.leads = leads;
        this.started = clock.now();
    }

    /**
     * What of this member an answer depends on.
     *
     * @param enabled whether failsafe mode is on
     * @param primary whether the server runs as primary
     * @param ttl our own
     * @param epoch the highest that was read in the store, 0 if none
     * @param leader who holds the lock as far as the store can be read, if that is the case
     */
    public record Standing(boolean enabled, boolean primary, Duration ttl, long epoch, Optional<MemberName> leader) {

        /** By what the last turn has seen, if there was one. */
        public static Standing of(Optional<AgentView> view, boolean enabled, boolean primary, Duration ttl) {
            return new Standing(
                    enabled,
                    primary,
                    ttl,
                    view.map(seen -> seen.state().lastEpoch()).orElse(0L),
                    view.map(seen -> seen.observation().dcs())
                            .filter(DcsView.Read.class::isInstance)
                            .map(DcsView.Read.class::cast)
                            .flatMap(read -> read.cluster().leaderName()));
        }
    }

    /** What a leader is told. */
    public sealed interface Answer {

        record Accepted() implements Answer {}

        /** Failsafe mode is off. */
        record Disabled() implements Answer {}

        record RunningAsLeader() implements Answer {}

        /** Another one leads by now. */
        record Overtaken(String why) implements Answer {}
    }

    /** Answers a leader that asks whether it may go on, and remembers what is promised. */
    public synchronized Answer answer(FailsafeClaim claim, Standing standing) {
        if (!standing.enabled()) {
            return new Answer.Disabled();
        }
        if (standing.primary() || racing || leads.getAsBoolean()) {
            return new Answer.RunningAsLeader();
        }
        long known = Math.max(highestEpoch, standing.epoch());
        if (claim.epoch().filter(epoch -> epoch < known).isPresent()) {
            // A question that was under way for a long time, or a leader that has slept through its end (W-9).
            return new Answer.Overtaken("epoch " + claim.epoch().get() + " is over, the present one is " + known);
        }
        if (standing.leader().filter(leader -> !leader.equals(claim.leader())).isPresent()) {
            return new Answer.Overtaken(standing.leader().get() + " holds the leader lock");
        }
        highestEpoch = Math.max(known, claim.epoch().orElse(0L));
        Duration asked = claim.ttl().orElse(standing.ttl());
        Duration length = asked.compareTo(standing.ttl()) > 0 ? asked : standing.ttl();
        promise = Optional.of(new FailsafePromise(claim, clock.now(), length));
        return new Answer.Accepted();
    }

    /** Whether a promise binds at the moment. */
    public synchronized boolean active() {
        MonotonicTime now = clock.now();
        return promise.filter(given -> given.binds(now)).isPresent();
    }

    /**
     * From here on nothing is promised until {@link #endRace}.
     *
     * @return false if a promise binds, and the lock must be left alone
     */
    synchronized boolean beginRace() {
        if (active()) {
            return false;
        }
        racing = true;
        return true;
    }

    synchronized void endRace() {
        racing = false;
    }

    /** We lead: nobody else relies on us. */
    synchronized void forget() {
        promise = Optional.empty();
    }

    synchronized FailsafeView view(Optional<FailsafeRound> round, boolean heldByConsent) {
        return new FailsafeView(started, promise, round, heldByConsent);
    }
}

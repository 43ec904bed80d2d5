package io.matriarch.app.loop;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.LeaseView;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our hold on the leader lock, and its renewal between turns.
 *
 * <p>The deadline is the latest of those the answers gave (SAF-012), and only of answers for the lease we still believe
 * in: one that was refused, released or dropped never regains a deadline, whatever arrives late (SAF-013). Renewals go
 * on only while the loop shows signs of life; a loop that hangs gives up the lock (SAF-070).
 */
public final class LeaseKeeper {

    private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

    private final Dcs dcs;
    private final Clock clock;
    private final MemberName self;
    private final Runnable wakeUp;
    private final LeaseRecord record;

    /** One attempt at a time: two at once could only disagree. */
    private final Lock attempts;

    private Consumer<Lease> onRenewed = lease -> {};
    private Consumer<LeaseId> onEnded = lease -> {};
    private LeaseView view;
    private Duration ttl = Duration.ofSeconds(30);
    private boolean lengthChanged;

    /** The ttl that the present hold was granted with: a new one counts from the next renewal on (SAF-015). */
    private Duration granted = Duration.ofSeconds(30);

    /** Asked to hand the lock over: the receiver may lead before we have the answer. */
    private boolean leaving;

    /** The deadline is what the members have agreed to, not what the store has granted. */
    private boolean byConsent;

    /** The last attempt had an answer: the first one without is news. */
    private boolean answering = true;

    private MonotonicTime mandateEnds;
    private MonotonicTime nextAttempt;

    /**
     * @param wakeUp called when the hold is lost, so that a turn comes at once
     * @param record what the agent before this one held: it is gone for certain when this one is made
     */
    public LeaseKeeper(Dcs dcs, Clock clock, MemberName self, Runnable wakeUp, LeaseRecord record) {
        this(dcs, clock, self, wakeUp, record, new ReentrantLock());
    }

    /**
     * @param attempts keeps attempts apart; a simulation has one that waits in virtual time
     */
    public LeaseKeeper(Dcs dcs, Clock clock, MemberName self, Runnable wakeUp, LeaseRecord record, Lock attempts) {
        this.attempts = attempts;
        this.dcs = dcs;
        this.clock = clock;
        this.self = self;
        this.wakeUp = wakeUp;
        this.record = record;
        this.view = record.last().<LeaseView>map(LeaseView.Former::new).orElseGet(LeaseView.None::new);
        this.mandateEnds = clock.now();
        this.nextAttempt = clock.now();
    }

    /** Who is told of every renewal: the guard. Called outside of any lock of this class. */
    public synchronized void onRenewed(Consumer<Lease> listener) {
        onRenewed = listener;
    }

    /** Who is told of a hold that is dead to us for good. Called outside of any lock but the attempts'. */
    public synchronized void onEnded(Consumer<LeaseId> listener) {
        onEnded = listener;
    }

    private void ended(LeaseId id) {
        Consumer<LeaseId> listener;
        synchronized (this) {
            listener = onEnded;
        }
        listener.accept(id);
    }

    /**
     * Leases have another length from now on. A store may fix a lease's length when it grants it, so a hold moves to a
     * fresh lease with the next renewal (SAF-015).
     */
    public synchronized void adopt(Duration newTtl) {
        lengthChanged |= !ttl.equals(newTtl) && view instanceof LeaseView.Mine;
        ttl = newTtl;
    }

    public synchronized LeaseView view() {
        return view;
    }

    /** The hold and its deadline, if there is one. */
    public synchronized Optional<Lease> lease() {
        return view instanceof LeaseView.Mine(Lease lease) ? Optional.of(lease) : Optional.empty();
    }

    /** Whether clients may be told at this very moment that this is the primary (SAF-062). */
    public synchronized boolean isLeader() {
        return !leaving
                && view instanceof LeaseView.Mine(Lease lease)
                && !clock.now().hasReached(LeaseLadder.of(granted).killAt(lease.deadline()));
    }

    /** Whether the members keep the hold alive while the store is away. */
    public synchronized boolean isHeldByConsent() {
        return byConsent && isLeader();
    }

    /** A turn or a bounded step has ended: renewals may go on for a while. */
    public synchronized void signOfLife() {
        mandateEnds = clock.now().plus(LeaseLadder.mandate(ttl));
    }

    public Outcome acquire(Change change) {
        return obtain(() -> dcs.acquireLeaderLock(self, change), "acquire the leader lock");
    }

    public Outcome adoptFrom(LeaseId former) {
        return obtain(() -> dcs.adoptLeaderLock(self, former), "adopt the leader lock");
    }

    private Outcome obtain(Supplier<LockResult> attempt, String what) {
        attempts.lock();
        try {
            MonotonicTime began = clock.now();
            return switch (attempt.get()) {
                case LockResult.Held(Lease lease) -> {
                    begin(lease, began);
                    yield new Outcome.Done();
                }
                case LockResult.Refused(String why) -> new Outcome.Failed("could not " + what + ": " + why);
                case LockResult.Unknown(String why) ->
                    new Outcome.NoAnswer("no answer on trying to " + what + ": " + why);
            };
        } finally {
            attempts.unlock();
        }
    }

    private void begin(Lease lease, MonotonicTime began) {
        record.write(lease.id());
        synchronized (this) {
            view = new LeaseView.Mine(lease);
            answered(lease, began);
        }
    }

    /**
     * The hold lasts until then at the earliest, by consent of everybody who could lead instead (SAF-047). What has ended
     * meanwhile is not brought back: between its end and now somebody who had promised nothing may have begun to lead.
     */
    public Outcome prolong(LeaseId id, MonotonicTime until) {
        Lease lease;
        Consumer<Lease> listener;
        synchronized (this) {
            MonotonicTime now = clock.now();
            if (!(view instanceof LeaseView.Mine(Lease mine))
                    || !mine.id().equals(id)
                    || now.hasReached(mine.deadline())) {
                return new Outcome.Failed("the members agree, but the lease has ended meanwhile");
            }
            lease = mine.extendedTo(until);
            view = new LeaseView.Mine(lease);
            byConsent = true;
            granted = ttl;
            listener = onRenewed;
        }
        listener.accept(lease);
        return new Outcome.Done();
    }

    /** The answer says what the store granted: its deadline counts from when the attempt began. */
    private void answered(Lease lease, MonotonicTime began) {
        Duration length = began.until(lease.deadline());
        byConsent = false;
        answering = true;
        granted = length.compareTo(ttl) < 0 ? length : ttl;
        nextAttempt = began.plus(LeaseLadder.of(ttl).renewalInterval());
    }

    /** The lease to hold the lock with if somebody hands it over. */
    public Optional<LeaseId> offer() {
        Optional<LeaseId> offered = dcs.offerLease(self);
        synchronized (this) {
            if (offered.isPresent() && !(view instanceof LeaseView.Mine)) {
                view = new LeaseView.Offered(offered.get());
                return offered;
            }
            return Optional.empty();
        }
    }

    /** Prolongs the hold, or begins one that has been handed over to the lease we offered. */
    public Outcome renew() {
        attempts.lock();
        try {
            Optional<Lease> tooShortOrLong = ofOldLength();
            return tooShortOrLong.isPresent() ? moveTo(tooShortOrLong.get()) : renewExclusively();
        } finally {
            attempts.unlock();
        }
    }

    private synchronized Optional<Lease> ofOldLength() {
        return lengthChanged ? lease() : Optional.empty();
    }

    /** From our own lease to a fresh one, by the same compare-and-set as from a former process's. */
    private Outcome moveTo(Lease old) {
        MonotonicTime began = clock.now();
        Outcome outcome = adoptFrom(old.id());
        if (outcome instanceof Outcome.Failed(String why)) {
            lose(old.id(), why);
            return outcome;
        }
        Consumer<Lease> listener;
        synchronized (this) {
            listener = onRenewed;
            if (outcome instanceof Outcome.NoAnswer) {
                // Some stores count half of the ttl.
                shortenTo(began.plus(ttl.dividedBy(2)));
            } else {
                lengthChanged = false;
            }
        }
        lease().ifPresent(listener);
        return outcome;
    }

    /** The fresh lease may stand in the store instead of the present one by now, and end before it. */
    private void shortenTo(MonotonicTime end) {
        if (view instanceof LeaseView.Mine(Lease mine)) {
            view = new LeaseView.Mine(new Lease(mine.id(), mine.deadline().min(end)));
        }
    }

    private Outcome renewExclusively() {
        Lease known;
        MonotonicTime began = clock.now();
        synchronized (this) {
            switch (view) {
                case LeaseView.None _, LeaseView.Former _ -> {
                    return new Outcome.Failed("there is no lease to renew");
                }
                // It has no deadline of its own until a renewal is answered.
                case LeaseView.Offered(LeaseId id) -> known = new Lease(id, began);
                case LeaseView.Mine(Lease lease) -> known = lease;
            }
        }
        return switch (dcs.renewLeaderLock(self, known)) {
            case LockResult.Held(Lease answered) -> renewed(answered, began);
            case LockResult.Refused(String why) -> {
                lose(known.id(), why);
                yield new Outcome.Failed("the leader lock is lost: " + why);
            }
            case LockResult.Unknown(String why) -> {
                again();
                yield new Outcome.NoAnswer("no answer on renewing the leader lock: " + why);
            }
        };
    }

    /** A store that does not answer is asked again sooner than one that does, until the first rung (SAF-040). */
    private void again() {
        boolean news;
        synchronized (this) {
            nextAttempt = clock.now().plus(LeaseLadder.of(ttl).renewalInterval().dividedBy(4));
            news = answering;
            answering = false;
        }
        if (news) {
            // A leader that needs the members' consent has to ask for it in time.
            wakeUp.run();
        }
    }

    private Outcome renewed(Lease answered, MonotonicTime began) {
        if (view() instanceof LeaseView.Offered(LeaseId id) && id.equals(answered.id())) {
            record.write(id);
        }
        Lease lease;
        Consumer<Lease> listener;
        synchronized (this) {
            switch (view) {
                case LeaseView.Mine(Lease mine)
                when mine.id().equals(answered.id()) -> lease = mine.extendedTo(answered.deadline());
                case LeaseView.Offered(LeaseId id) when id.equals(answered.id()) -> lease = answered;
                case LeaseView.Mine _, LeaseView.Offered _, LeaseView.Former _, LeaseView.None _ -> {
                    return new Outcome.Failed("the renewed lease has ended meanwhile");
                }
            }
            view = new LeaseView.Mine(lease);
            answered(answered, began);
            listener = onRenewed;
        }
        listener.accept(lease);
        return new Outcome.Done();
    }

    private void lose(LeaseId id, String why) {
        synchronized (this) {
            boolean same =
                    view instanceof LeaseView.Mine(Lease lease) && lease.id().equals(id)
                            || view instanceof LeaseView.Offered(LeaseId offered) && offered.equals(id);
            if (!same) {
                return;
            }
            view = new LeaseView.None();
        }
        log.warn("the store refused to renew the leader lock: {}", why);
        wakeUp.run();
        ended(id);
    }

    /** Believes in it no longer. */
    public synchronized void drop() {
        view = new LeaseView.None();
    }

    private synchronized void leaving(boolean now) {
        leaving = now;
    }

    /** It is dead to us; if the store still shows it, we may replace it by a fresh one, and by no other way. */
    private synchronized void dropUnknown(LeaseId id) {
        view = new LeaseView.Former(id);
    }

    /** Gives the lock back. From here on the lease is dead to us, whatever the answer (SAF-013). */
    public Outcome release(Change change) {
        attempts.lock();
        try {
            Optional<Lease> held = lease();
            drop();
            if (held.isEmpty()) {
                return new Outcome.Failed("there is no lease to release");
            }
            WriteResult answer = dcs.releaseLeaderLock(held.get(), change);
            if (answer instanceof WriteResult.Unknown) {
                dropUnknown(held.get().id());
            }
            ended(held.get().id());
            return outcome(answer, "release the leader lock");
        } finally {
            attempts.unlock();
        }
    }

    /**
     * Hands the lock to another member's lease; ours ends with the answer. Without an answer it is dead to us too: the
     * request may still arrive, and whoever goes on as primary under the same lease then would be the second one.
     */
    public Outcome handOver(MemberName receiver, LeaseId offered, Change change) {
        attempts.lock();
        try {
            Optional<Lease> held = lease();
            if (held.isEmpty()) {
                return new Outcome.Failed("there is no lease to hand over");
            }
            leaving(true);
            WriteResult answer = dcs.handOverLeaderLock(held.get(), receiver, offered, change);
            switch (answer) {
                case WriteResult.Done _ -> drop();
                case WriteResult.Unknown _ -> dropUnknown(held.get().id());
                case WriteResult.Refused _ -> {}
            }
            if (!(answer instanceof WriteResult.Refused)) {
                ended(held.get().id());
            }
            return outcome(answer, "hand the leader lock over");
        } finally {
            leaving(false);
            attempts.unlock();
        }
    }

    static Outcome outcome(WriteResult result, String what) {
        return switch (result) {
            case WriteResult.Done _ -> new Outcome.Done();
            case WriteResult.Refused(String why) -> new Outcome.Failed("could not " + what + ": " + why);
            case WriteResult.Unknown(String why) -> new Outcome.NoAnswer("no answer on trying to " + what + ": " + why);
        };
    }

    private static Duration soonAgain(String why, Duration interval) {
        log.debug("{}", why);
        return interval.dividedBy(4);
    }

    /**
     * Renews if it is time, on the mandate of the last turn.
     *
     * @return when to look again
     */
    public Duration keep() {
        MonotonicTime now = clock.now();
        Duration interval;
        synchronized (this) {
            interval = LeaseLadder.of(ttl).renewalInterval();
            Duration left = now.until(nextAttempt);
            boolean due = view instanceof LeaseView.Mine && !left.isPositive();
            if (!due) {
                return view instanceof LeaseView.Mine ? left : interval;
            }
            if (now.hasReached(mandateEnds)) {
                // Somebody who does not turn must not keep others from leading.
                return interval.dividedBy(4);
            }
        }
        return switch (renew()) {
            case Outcome.Done _, Outcome.Started _ -> interval;
            case Outcome.Failed(String why) -> soonAgain(why, interval);
            case Outcome.NoAnswer(String why) -> soonAgain(why, interval);
        };
    }
}

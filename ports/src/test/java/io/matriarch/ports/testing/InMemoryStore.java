package io.matriarch.ports.testing;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A linearizable store in memory that several members share: what etcd or the embedded store is to a real cluster.
 *
 * <p>It has no threads of its own. Leases end by the store's clock, by the rules of a grantor (SAF-002), whenever
 * somebody looks or {@link #tick} is called; listeners run on the thread that made the change, after the store's lock
 * is free again, in the order in which they were registered. So a run of equal calls gives equal answers.
 */
public final class InMemoryStore {

    /** Scope of {@link #open(MemberName)}. */
    public static final Scope DEFAULT_SCOPE = new Scope("service", "batman");

    private final Clock clock;
    private final DcsTiming timing;
    private final Map<String, InMemorySpace> spaces = new TreeMap<>();
    private final Counter counter = new Counter();

    /**
     * @param clock the grantor's clock, which leases end by
     * @param timing the bounds that clients begin with
     */
    public InMemoryStore(Clock clock, DcsTiming timing) {
        this.clock = clock;
        this.timing = timing;
    }

    /** A client of the default scope whose machine has the store's clock. */
    public Dcs open(MemberName member) {
        return open(member, DEFAULT_SCOPE, clock);
    }

    /** A client whose deadlines are counted on {@code holder}, the clock of its own machine. */
    public Dcs open(MemberName member, Scope scope, Clock holder) {
        return new InMemoryDcs(this, member, scope, holder, timing);
    }

    /** Ends the leases whose time is over and tells the listeners. */
    public void tick() {
        List<Runnable> hints = new ArrayList<>();
        synchronized (this) {
            spaces.values().forEach(space -> hints.addAll(space.expire(clock.now())));
        }
        hints.forEach(Runnable::run);
    }

    /** How long until the next lease may be over, by the store's clock; empty while there is none. */
    public synchronized Optional<Duration> untilNextEnd() {
        return spaces.values().stream()
                .flatMap(space -> space.untilNextEnd(clock.now()).stream())
                .min(Duration::compareTo);
    }

    /** Who holds a scope's lock at this instant: for invariants of a simulation, which no client may ask for. */
    public Optional<LeaseId> holder(Scope scope) {
        return call(scope, space -> space.holder().map(InMemorySpace.Grant::id));
    }

    /** Deletes a scope's leader key past every client, as the tools of a store do; false where there is none. */
    public boolean deleteLeaderKey(Scope scope) {
        return call(scope, InMemorySpace::deleteLeaderKey);
    }

    /** The number of the last change, 0 before the first. */
    public synchronized long revision() {
        return counter.value;
    }

    StoreSnapshot load(Scope scope) {
        return call(scope, InMemorySpace::snapshot);
    }

    Attempt acquire(Scope scope, MemberName self, Duration ttl, Change change) {
        return call(scope, space -> space.acquire(self, ttl, change, clock.now()));
    }

    Attempt renew(Scope scope, MemberName self, LeaseId lease, Duration ttl) {
        return call(scope, space -> space.renew(self, lease, ttl, clock.now()));
    }

    Attempt adopt(Scope scope, MemberName self, LeaseId former, Duration ttl) {
        return call(scope, space -> space.adopt(self, former, ttl, clock.now()));
    }

    WriteResult release(Scope scope, LeaseId lease, Change change) {
        return call(scope, space -> space.release(lease, change));
    }

    LeaseId offer(Scope scope, MemberName self, Duration ttl) {
        return call(scope, space -> space.offer(self, ttl));
    }

    WriteResult handOver(Scope scope, LeaseId lease, MemberName receiver, LeaseId offered, Change change) {
        return call(scope, space -> space.handOver(lease, receiver, offered, change, clock.now()));
    }

    WriteResult write(Scope scope, Optional<Lease> fence, Change change) {
        return call(scope, space -> space.write(fence.map(Lease::id), change));
    }

    WriteResult publish(Scope scope, MemberName self, String value, Duration ttl) {
        return call(scope, space -> space.publish(self, value, ttl, clock.now()));
    }

    WriteResult remove(Scope scope) {
        return call(scope, InMemorySpace::removeAll);
    }

    AutoCloseable watch(Scope scope, Runnable listener) {
        // A wrapper of its own, so that the same listener registered twice can be closed once.
        Runnable own = listener::run;
        call(scope, space -> space.listeners().add(own));
        return () -> call(scope, space -> space.listeners().remove(own));
    }

    private <T> T call(Scope scope, Function<InMemorySpace, T> action) {
        List<Runnable> hints = new ArrayList<>();
        T answer;
        synchronized (this) {
            var space = spaces.computeIfAbsent(scope.path(), _ -> new InMemorySpace(counter));
            hints.addAll(space.expire(clock.now()));
            answer = action.apply(space);
            hints.addAll(space.takeHints());
        }
        hints.forEach(Runnable::run);
        return answer;
    }

    /** The answer to an attempt on the lock, before it has a deadline. */
    sealed interface Attempt {
        record Granted(LeaseId id) implements Attempt {}

        record Refused(String why) implements Attempt {}
    }

    /** The store's log index: revisions, seqs and lease numbers come from it, so none is ever used twice. */
    static final class Counter {
        private long value;

        long next() {
            return ++value;
        }
    }
}

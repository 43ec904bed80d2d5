package io.matriarch.ports.testing;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** One member's client of an {@link InMemoryStore}. It always answers at once; {@link FaultyDcs} makes it worse. */
public final class InMemoryDcs implements Dcs {

    private final InMemoryStore store;
    private final MemberName member;
    private final Scope scope;
    private final Clock clock;
    private final List<AutoCloseable> watches = new CopyOnWriteArrayList<>();
    private volatile DcsTiming timing;

    InMemoryDcs(InMemoryStore store, MemberName member, Scope scope, Clock clock, DcsTiming timing) {
        this.store = store;
        this.member = member;
        this.scope = scope;
        this.clock = clock;
        this.timing = timing;
    }

    /** The member that opened this client. */
    public MemberName member() {
        return member;
    }

    @Override
    public StoreSnapshot load() {
        return store.load(scope);
    }

    @Override
    public LockResult acquireLeaderLock(MemberName self, Change change) {
        var deadline = clock.now().plus(timing.ttl());
        return result(store.acquire(scope, self, timing.ttl(), change), deadline);
    }

    @Override
    public LockResult renewLeaderLock(MemberName self, Lease lease) {
        var deadline = clock.now().plus(timing.ttl());
        return result(store.renew(scope, self, lease.id(), timing.ttl()), deadline);
    }

    @Override
    public LockResult adoptLeaderLock(MemberName self, LeaseId former) {
        var deadline = clock.now().plus(timing.ttl());
        return result(store.adopt(scope, self, former, timing.ttl()), deadline);
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        return store.release(scope, lease.id(), change);
    }

    @Override
    public Optional<LeaseId> offerLease(MemberName self) {
        return Optional.of(store.offer(scope, self, timing.ttl()));
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        return store.handOver(scope, lease.id(), receiver, offered, change);
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        return store.write(scope, fence, change);
    }

    @Override
    public WriteResult publishMember(MemberName self, String value) {
        return store.publish(scope, self, value, timing.ttl());
    }

    @Override
    public WriteResult removeCluster() {
        return store.remove(scope);
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        var watch = store.watch(scope, listener);
        watches.add(watch);
        return watch;
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        timing = wanted;
        return wanted;
    }

    @Override
    public void close() {
        for (var watch : watches) {
            try {
                watch.close();
            } catch (Exception e) {
                throw new IllegalStateException("a watch in memory cannot fail to close", e);
            }
        }
        watches.clear();
    }

    private static LockResult result(InMemoryStore.Attempt attempt, MonotonicTime deadline) {
        return switch (attempt) {
            case InMemoryStore.Attempt.Granted(var id) -> new LockResult.Held(new Lease(id, deadline));
            case InMemoryStore.Attempt.Refused(var why) -> new LockResult.Refused(why);
        };
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.FaultyDcs;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** A client at the other end of a network: every call takes time, and some never come back. */
final class LatentDcs implements Dcs {

    private final World world;
    private final MemberName self;
    private final FaultyDcs store;
    private final Clock clock;
    private DcsTiming timing;
    private boolean closed;

    LatentDcs(World world, MemberName self, FaultyDcs store, Clock clock, DcsTiming timing) {
        this.world = world;
        this.self = self;
        this.store = store;
        this.clock = clock;
        this.timing = timing;
        store.script(_ -> fault());
    }

    private FaultyDcs.Fault fault() {
        if (!world.network.delivers(self, Network.STORE)) {
            return FaultyDcs.Fault.REQUEST_LOST;
        }
        if (!world.network.delivers(Network.STORE, self)) {
            return FaultyDcs.Fault.ANSWER_LOST;
        }
        if (world.network.losesAtStore()) {
            return switch (world.random.nextInt(3)) {
                case 0 -> FaultyDcs.Fault.REQUEST_LOST;
                case 1 -> FaultyDcs.Fault.ANSWER_LOST;
                default -> FaultyDcs.Fault.REQUEST_LATE;
            };
        }
        return FaultyDcs.Fault.NONE;
    }

    private void travel(MemberName from, MemberName to) {
        Duration way = world.network.travel(from, to);
        world.scheduler.sleep(world.chance(0.01) ? way.plus(world.between(50, 600)) : way);
    }

    /** Until the end of the call's bound nobody knows that no answer will come. */
    private <T> T answered(Supplier<T> call, java.util.function.Predicate<T> unknown) {
        long began = world.now();
        travel(self, Network.STORE);
        T answer = call.get();
        if (unknown.test(answer)) {
            long left = timing.retryTimeout().toNanos() - (world.now() - began);
            world.scheduler.sleep(Duration.ofNanos(left));
            // What was late arrives at some later time.
            world.scheduler.after(world.between(0, 15000), store::deliverLate);
        } else {
            travel(Network.STORE, self);
        }
        return answer;
    }

    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        travel(self, Network.STORE);
        try {
            StoreSnapshot snapshot = store.load();
            travel(Network.STORE, self);
            return snapshot;
        } catch (DcsUnavailableException e) {
            world.scheduler.sleep(timing.retryTimeout());
            throw e;
        }
    }

    private LockResult lock(Supplier<LockResult> call) {
        MonotonicTime before = clock.now();
        LockResult result = answered(call, LockResult.Unknown.class::isInstance);
        return result instanceof LockResult.Held(Lease lease)
                ? new LockResult.Held(new Lease(lease.id(), before.plus(timing.ttl())))
                : result;
    }

    private WriteResult written(Supplier<WriteResult> call) {
        return answered(call, WriteResult.Unknown.class::isInstance);
    }

    @Override
    public LockResult acquireLeaderLock(MemberName member, Change change) {
        return lock(() -> store.acquireLeaderLock(member, change));
    }

    @Override
    public LockResult renewLeaderLock(MemberName member, Lease lease) {
        return lock(() -> store.renewLeaderLock(member, lease));
    }

    @Override
    public LockResult adoptLeaderLock(MemberName member, LeaseId former) {
        return lock(() -> store.adoptLeaderLock(member, former));
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        return written(() -> store.releaseLeaderLock(lease, change));
    }

    @Override
    public Optional<LeaseId> offerLease(MemberName member) {
        return answered(() -> store.offerLease(member), Optional::isEmpty);
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        return written(() -> store.handOverLeaderLock(lease, receiver, offered, change));
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        return written(() -> store.write(fence, change));
    }

    @Override
    public WriteResult publishMember(MemberName member, String value) {
        return written(() -> store.publishMember(member, value));
    }

    @Override
    public WriteResult removeCluster() {
        return written(store::removeCluster);
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        return store.watch(() -> {
            if (!closed && world.network.delivers(Network.STORE, self)) {
                world.scheduler.after(world.between(1, 30), listener);
            }
        });
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        timing = store.adopt(wanted);
        return timing;
    }

    @Override
    public void close() {
        closed = true;
        store.close();
    }
}

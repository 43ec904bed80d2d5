package io.matriarch.simulation;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import java.util.Optional;

/** An agent's client of the store: whoever has just got or given the lock may stand still right then. */
final class SteppingDcs implements Dcs {

    private final World world;
    private final MemberName self;
    private final Dcs store;

    SteppingDcs(World world, MemberName self, Dcs store) {
        this.world = world;
        this.self = self;
        this.store = store;
    }

    private LockResult taken(LockResult result) {
        if (result instanceof LockResult.Held) {
            world.onStep.accept(self, Step.HAS_LOCK);
        }
        return result;
    }

    @Override
    public LockResult acquireLeaderLock(MemberName member, Change change) {
        world.onStep.accept(self, Step.RACES);
        return taken(store.acquireLeaderLock(member, change));
    }

    @Override
    public LockResult adoptLeaderLock(MemberName member, LeaseId former) {
        return taken(store.adoptLeaderLock(member, former));
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        WriteResult result = store.handOverLeaderLock(lease, receiver, offered, change);
        world.onStep.accept(self, Step.HAS_HANDED_OVER);
        return result;
    }

    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        return store.load();
    }

    @Override
    public LockResult renewLeaderLock(MemberName member, Lease lease) {
        return store.renewLeaderLock(member, lease);
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        return store.releaseLeaderLock(lease, change);
    }

    @Override
    public Optional<LeaseId> offerLease(MemberName member) {
        return store.offerLease(member);
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        return store.write(fence, change);
    }

    @Override
    public WriteResult publishMember(MemberName member, String value) {
        return store.publishMember(member, value);
    }

    @Override
    public WriteResult removeCluster() {
        return store.removeCluster();
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        return store.watch(listener);
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        return store.adopt(wanted);
    }

    @Override
    public void close() {
        store.close();
    }
}

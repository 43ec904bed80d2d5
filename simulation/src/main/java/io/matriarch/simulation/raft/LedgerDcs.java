package io.matriarch.simulation.raft;

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
import io.matriarch.ports.time.Clock;
import java.util.Optional;
import java.util.TreeSet;

/** Notes what one client is told, and holds it against the {@link Ledger}. */
final class LedgerDcs implements Dcs {

    private final Dcs dcs;
    private final Ledger ledger;
    private final MemberName self;
    private final Clock clock;
    private final TreeSet<String> dead = new TreeSet<>();

    LedgerDcs(Dcs dcs, Ledger ledger, MemberName self, Clock clock) {
        this.dcs = dcs;
        this.ledger = ledger;
        this.self = self;
        this.clock = clock;
    }

    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        long since = ledger.acknowledged();
        var seen = dcs.load();
        ledger.checkRead(self, since, seen);
        return seen;
    }

    private LockResult told(LockResult result) {
        if (result instanceof LockResult.Held(Lease lease)) {
            if (dead.contains(lease.id().value())) {
                throw ledger.violation(
                        "SAF-013: " + self + " gets a deadline for a lease that was given up or refused");
            }
            ledger.holds(self, clock, lease);
        }
        return result;
    }

    private void bury(LeaseId lease) {
        dead.add(lease.value());
        ledger.drops(lease);
    }

    @Override
    public LockResult acquireLeaderLock(MemberName member, Change change) {
        return told(dcs.acquireLeaderLock(member, change));
    }

    @Override
    public LockResult renewLeaderLock(MemberName member, Lease lease) {
        var result = dcs.renewLeaderLock(member, lease);
        if (result instanceof LockResult.Refused) {
            bury(lease.id());
        }
        return told(result);
    }

    @Override
    public LockResult adoptLeaderLock(MemberName member, LeaseId former) {
        return told(dcs.adoptLeaderLock(member, former));
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        bury(lease.id());
        return dcs.releaseLeaderLock(lease, change);
    }

    @Override
    public Optional<LeaseId> offerLease(MemberName member) {
        return dcs.offerLease(member);
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        // From here on the receiver may hold it, whenever we hear of that.
        var believed = ledger.drops(lease.id());
        var result = dcs.handOverLeaderLock(lease, receiver, offered, change);
        if (result instanceof WriteResult.Refused) {
            believed.ifPresent(again -> ledger.holds(self, clock, again));
        } else if (result instanceof WriteResult.Done) {
            dead.add(lease.id().value());
        }
        return result;
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        return dcs.write(fence, change);
    }

    @Override
    public WriteResult publishMember(MemberName member, String value) {
        return dcs.publishMember(member, value);
    }

    @Override
    public WriteResult removeCluster() {
        return dcs.removeCluster();
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        return dcs.watch(listener);
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        return dcs.adopt(wanted);
    }

    @Override
    public void close() {
        dcs.close();
    }
}

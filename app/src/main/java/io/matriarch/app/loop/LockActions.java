package io.matriarch.app.loop;

import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import java.util.Optional;

/** Carries out what is decided on the leader lock. */
final class LockActions {

    private final LeaseKeeper keeper;
    private final SettingsSource settings;
    private final FailsafePromises promises;

    LockActions(LeaseKeeper keeper, SettingsSource settings, FailsafePromises promises) {
        this.keeper = keeper;
        this.settings = settings;
        this.promises = promises;
    }

    Outcome carryOut(Decision.OnLock decision, ClusterView cluster) {
        return switch (decision) {
            case Decision.AcquireLeaderLock(Epoch epoch, Revision sync, Revision failover) ->
                race(clearRequest(failover, DcsActions.epoch(epoch, Change.NONE))
                        .when(StoreKey.SYNC, sync)
                        .when(StoreKey.FAILOVER, failover));
            case Decision.InitializeCluster(Revision ours, var identifier, Epoch epoch) ->
                keeper.acquire(DcsActions.epoch(epoch, Change.NONE)
                        .when(StoreKey.INITIALIZE, ours)
                        .put(StoreKey.INITIALIZE, identifier.value())
                        .put(StoreKey.CONFIG, settings.document()));
            case Decision.RenewLeaderLock _ -> leading(keeper.renew());
            case Decision.ProlongLease(var lease, var until) -> keeper.prolong(lease, until);
            case Decision.AdoptLeaderLock(var former) -> leading(keeper.adoptFrom(former));
            case Decision.DropLease _ -> {
                keeper.drop();
                yield new Outcome.Done();
            }
            case Decision.ReleaseLeaderLock(var _, Optional<Lsn> position) ->
                keeper.release(nobodysConsent(
                        cluster, position.map(lsn -> status(cluster, lsn)).orElse(Change.NONE)));
            case Decision.HandOverLeaderLock(
                    var _,
                    var receiver,
                    var offered,
                    Lsn position,
                    Revision failover,
                    Epoch epoch) ->
                keeper.handOver(
                        receiver, offered, clearRequest(failover, DcsActions.epoch(epoch, status(cluster, position))));
        };
    }

    /** A promise that came after the turn has looked is a promise, too (SAF-047). */
    private Outcome race(Change change) {
        if (!promises.beginRace()) {
            return new Outcome.Failed("left the leader lock alone: another member has been promised that it may go on");
        }
        try {
            return leading(keeper.acquire(change));
        } finally {
            promises.endRace();
        }
    }

    private Outcome leading(Outcome outcome) {
        if (outcome instanceof Outcome.Done) {
            promises.forget();
        }
        return outcome;
    }

    private static Change clearRequest(Revision failover, Change change) {
        return failover.exists() ? change.put(StoreKey.FAILOVER, ClusterCodec.NO_REQUEST) : change;
    }

    /** Who gives the lock back relies on nobody's consent any more: the map must not keep anybody from racing. */
    private static Change nobodysConsent(ClusterView cluster, Change change) {
        return cluster.failsafe().revision().exists() ? change.delete(StoreKey.FAILSAFE) : change;
    }

    private static Change status(ClusterView cluster, Lsn position) {
        ClusterStatus status = cluster.status().at(position);
        return Change.NONE.put(StoreKey.STATUS, ClusterCodec.encodeStatus(status));
    }
}

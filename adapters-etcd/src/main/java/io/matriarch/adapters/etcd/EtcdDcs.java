package io.matriarch.adapters.etcd;

import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.StatusRuntimeException;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store of a cluster in etcd v3.
 *
 * <p>The leader key lives by an etcd lease that is fresh for each acquisition, and that lease, not the key's text, says
 * whose hold it is (SAF-014): every change of the lock and every fenced write compares it inside etcd's transaction.
 * So Patroni's members, whose one lease carries both their keys, can share the cluster: their hold is a lease like any
 * other.
 */
final class EtcdDcs implements Dcs {

    private static final Logger log = LoggerFactory.getLogger(EtcdDcs.class);

    private static final Duration LOAD_PAUSE = Duration.ofMillis(50);

    private final EtcdKeys keys;
    private final Clock clock;
    private final EtcdConnection connection;
    private final EtcdMemberKey memberKey;
    private final List<EtcdWatch> watches = new CopyOnWriteArrayList<>();
    private volatile DcsTiming timing;
    private volatile Duration shortestTtl = Duration.ZERO;

    EtcdDcs(Scope scope, EtcdConnection connection, DcsTiming timing, Clock clock) {
        this.keys = new EtcdKeys(scope);
        this.connection = connection;
        this.timing = timing;
        this.clock = clock;
        this.memberKey = new EtcdMemberKey(keys);
    }

    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        var budget = Budget.of(timing.retryTimeout());
        var request = RangeRequest.newBuilder()
                .setKey(keys.first())
                .setRangeEnd(keys.end())
                .build();
        // A read may be repeated, and must be: a member that restarts is no reason to believe the store gone.
        while (true) {
            try {
                return read(request, budget);
            } catch (EtcdUnavailableException | StatusRuntimeException e) {
                boolean answered = e instanceof StatusRuntimeException failure && EtcdFailures.isAnswer(failure);
                if (answered || budget.left().compareTo(LOAD_PAUSE.multipliedBy(2)) < 0 || !pause()) {
                    throw new DcsUnavailableException(EtcdFailures.text(e), e);
                }
            }
        }
    }

    private StoreSnapshot read(RangeRequest request, Budget budget) throws EtcdUnavailableException {
        // A member that hangs gets half of the time, so that another one can still answer.
        var session = connection.session(budget.share(2));
        try {
            var found = session.range(request, budget.share(2)).getKvsList();
            connection.learnMembers(session, timing.ttl().multipliedBy(10), budget.share(4));
            return snapshot(found);
        } catch (StatusRuntimeException e) {
            connection.failed(session, e);
            throw e;
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(LOAD_PAUSE);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public LockResult acquireLeaderLock(MemberName self, Change change) {
        var before = clock.now();
        return lock(timing.retryTimeout(), (session, budget) -> {
            var granted = grant(session, budget);
            var put = new ArrayList<RequestOp>();
            put.add(EtcdRequests.put(keys.leader(), self.value(), granted.number()));
            put.addAll(EtcdRequests.writes(keys, change));
            // A key without a name in it counts as free (DCS-006): the second try inside the transaction is for that.
            var empty = transaction(change, EtcdRequests.valueIs(keys.leader(), ""), put);
            var absent = transaction(change, EtcdRequests.isAbsent(keys.leader()), put).toBuilder()
                    .clearFailure()
                    .addFailure(EtcdRequests.nested(empty))
                    .build();
            return decided(session, granted.number(), budget, () -> {
                var answer = session.txn(absent, budget);
                var inner =
                        answer.getSucceeded() ? answer : answer.getResponses(0).getResponseTxn();
                return answer.getSucceeded() || inner.getSucceeded()
                        ? new LockResult.Held(new Lease(EtcdLeases.id(granted.number()), before.plus(granted.ttl())))
                        : new LockResult.Refused(holderIn(inner));
            });
        });
    }

    @Override
    public LockResult renewLeaderLock(MemberName self, Lease lease) {
        var number = EtcdLeases.number(lease.id());
        if (number.isEmpty()) {
            return new LockResult.Refused("not a lease of etcd: " + lease.id());
        }
        // Read before anything leaves: the lease is prolonged at the earliest now (SAF-020).
        var before = clock.now();
        var current = timing;
        var bound = EtcdLeases.min(current.retryTimeout(), current.ttl().dividedBy(3));
        return lock(bound, (session, budget) -> {
            var kept = session.keepAlive(number.getAsLong(), budget);
            if (kept.getTTL() <= 0) {
                return new LockResult.Refused("lease " + lease.id() + " has ended");
            }
            // A deposed etcd leader may answer a keep-alive. This needs a majority, and the term says that it was the
            // same leadership throughout.
            var confirm = transaction(Change.NONE, EtcdRequests.leaseIs(keys.leader(), number.getAsLong()), List.of());
            var answer = session.txn(confirm, budget);
            if (!answer.getSucceeded()) {
                return new LockResult.Refused(holderIn(answer));
            }
            if (answer.getHeader().getRaftTerm() != kept.getHeader().getRaftTerm()) {
                return new LockResult.Unknown("etcd elected a leader while the lease was renewed");
            }
            var ttl = EtcdLeases.min(current.ttl(), Duration.ofSeconds(kept.getTTL()));
            return new LockResult.Held(new Lease(lease.id(), before.plus(ttl)));
        });
    }

    @Override
    public LockResult adoptLeaderLock(MemberName self, LeaseId former) {
        var number = EtcdLeases.number(former);
        if (number.isEmpty()) {
            return new LockResult.Refused("not a lease of etcd: " + former);
        }
        var before = clock.now();
        return lock(timing.retryTimeout(), (session, budget) -> {
            var granted = grant(session, budget);
            var swap = transaction(
                            Change.NONE,
                            EtcdRequests.leaseIs(keys.leader(), number.getAsLong()),
                            List.of(EtcdRequests.put(keys.leader(), self.value(), granted.number())))
                    .toBuilder()
                    .addCompare(EtcdRequests.valueIs(keys.leader(), self.value()))
                    .build();
            return decided(session, granted.number(), budget, () -> {
                var answer = session.txn(swap, budget);
                return answer.getSucceeded()
                        ? new LockResult.Held(new Lease(EtcdLeases.id(granted.number()), before.plus(granted.ttl())))
                        : new LockResult.Refused(holderIn(answer));
            });
        });
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        return fenced(lease, (session, number, budget) -> {
            var operations = new ArrayList<RequestOp>();
            operations.add(EtcdRequests.delete(keys.leader()));
            operations.addAll(EtcdRequests.writes(keys, change));
            var request = transaction(change, EtcdRequests.leaseIs(keys.leader(), number), operations);
            try {
                var result = written(session.txn(request, budget));
                if (result instanceof WriteResult.Done) {
                    EtcdLeases.revoke(session, number, budget);
                }
                return result;
            } catch (StatusRuntimeException e) {
                // The lease is dead to us whatever became of the release; without it the key ends at once.
                EtcdLeases.revoke(session, number, budget);
                throw e;
            }
        });
    }

    /** A fresh lease each time: an offer that was used once and lost must not come back (SAF-013). */
    @Override
    public Optional<LeaseId> offerLease(MemberName self) {
        return attempt(
                timing.retryTimeout(),
                (session, budget) ->
                        Optional.of(EtcdLeases.id(grant(session, budget).number())),
                _ -> Optional.empty());
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        var target = EtcdLeases.number(offered);
        if (target.isEmpty()) {
            return new WriteResult.Refused("not a lease of etcd: " + offered);
        }
        return fenced(lease, (session, number, budget) -> {
            // The offer may be old: from here on the receiver has its whole ttl to renew.
            if (session.keepAlive(target.getAsLong(), budget).getTTL() <= 0) {
                return new WriteResult.Refused("the lease " + offered + " that " + receiver + " offered has ended");
            }
            var operations = new ArrayList<RequestOp>();
            operations.add(EtcdRequests.put(keys.leader(), receiver.value(), target.getAsLong()));
            operations.addAll(EtcdRequests.writes(keys, change));
            var request = transaction(change, EtcdRequests.leaseIs(keys.leader(), number), operations);
            try {
                return written(session.txn(request, budget));
            } catch (StatusRuntimeException e) {
                if (EtcdFailures.isLeaseGone(e)) {
                    return new WriteResult.Refused("the lease " + offered + " that " + receiver + " offered has ended");
                }
                throw e;
            }
        });
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        var operations = EtcdRequests.writes(keys, change);
        if (fence.isPresent()) {
            return fenced(
                    fence.get(),
                    (session, number, budget) -> written(session.txn(
                            transaction(change, EtcdRequests.leaseIs(keys.leader(), number), operations), budget)));
        }
        return attempt(
                timing.retryTimeout(),
                (session, budget) -> written(session.txn(transaction(change, operations), budget)),
                WriteResult.Unknown::new);
    }

    @Override
    public WriteResult publishMember(MemberName self, String value) {
        var ttl = timing.ttl();
        return attempt(
                timing.retryTimeout(),
                (session, budget) -> memberKey.publish(session, self, value, ttl, budget),
                WriteResult.Unknown::new);
    }

    @Override
    public WriteResult removeCluster() {
        var request = DeleteRangeRequest.newBuilder()
                .setKey(keys.first())
                .setRangeEnd(keys.end())
                .build();
        return attempt(
                timing.retryTimeout(),
                (session, budget) -> new WriteResult.Done(new Revision(
                        session.deleteRange(request, budget).getHeader().getRevision())),
                WriteResult.Unknown::new);
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        var watch = EtcdWatch.start(connection, keys, listener);
        watches.add(watch);
        return () -> {
            watches.remove(watch);
            watch.close();
        };
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        var ttl = wanted.ttl().compareTo(shortestTtl) < 0 ? shortestTtl : wanted.ttl();
        timing = new DcsTiming(ttl, wanted.loopWait(), wanted.retryTimeout());
        return timing;
    }

    @Override
    public void close() {
        watches.forEach(EtcdWatch::close);
        watches.clear();
        connection.close();
    }

    private EtcdLeases.Granted grant(EtcdSession session, Budget budget) {
        var wanted = timing.ttl();
        var granted = EtcdLeases.grant(session, wanted, budget);
        if (granted.raised() && shortestTtl.compareTo(granted.lasts()) < 0) {
            log.warn(
                    "etcd keeps leases for at least {} s, longer than the ttl of {}",
                    granted.lasts().toSeconds(),
                    wanted);
            shortestTtl = granted.lasts();
        }
        return granted;
    }

    /** Carries out a decision about the lock by a fresh lease, and ends the lease unless the lock lives by it now. */
    private static LockResult decided(EtcdSession session, long lease, Budget budget, Supplier<LockResult> decision) {
        boolean used = false;
        try {
            var result = decision.get();
            used = result instanceof LockResult.Held;
            return result;
        } finally {
            if (!used) {
                EtcdLeases.revoke(session, lease, budget);
            }
        }
    }

    private TxnRequest transaction(Change change, List<RequestOp> operations) {
        return TxnRequest.newBuilder()
                .addAllCompare(EtcdRequests.conditions(keys, change))
                .addAllSuccess(operations)
                .addFailure(EtcdRequests.get(keys.leader()))
                .build();
    }

    private TxnRequest transaction(Change change, Compare fence, List<RequestOp> operations) {
        return transaction(change, operations).toBuilder().addCompare(fence).build();
    }

    private WriteResult written(TxnResponse answer) {
        return answer.getSucceeded()
                ? new WriteResult.Done(new Revision(answer.getHeader().getRevision()))
                : new WriteResult.Refused(holderIn(answer));
    }

    /** Why a transaction was not applied, for people. */
    private static String holderIn(TxnResponse refused) {
        var found = refused.getResponses(0).getResponseRange().getKvsList();
        var holder = found.isEmpty()
                ? "nobody holds the leader key"
                : "the leader key is " + found.getFirst().getValue().toStringUtf8() + "'s by lease "
                        + Long.toHexString(found.getFirst().getLease());
        return "a condition does not hold (" + holder + ")";
    }

    private StoreSnapshot snapshot(List<KeyValue> found) {
        var values = new EnumMap<StoreKey, StoredValue>(StoreKey.class);
        var members = new TreeMap<MemberName, StoredValue>();
        for (var entry : found) {
            var value = stored(entry);
            keys.storeKey(entry.getKey()).ifPresent(key -> values.put(key, value));
            keys.memberName(entry.getKey()).ifPresent(name -> members.put(name, value));
        }
        return new StoreSnapshot(values, members);
    }

    private static StoredValue stored(KeyValue entry) {
        var lease = entry.getLease() == 0 ? Optional.<LeaseId>empty() : Optional.of(EtcdLeases.id(entry.getLease()));
        return new StoredValue(entry.getValue().toStringUtf8(), new Revision(entry.getModRevision()), lease);
    }

    private WriteResult fenced(Lease lease, FencedCall call) {
        var number = EtcdLeases.number(lease.id());
        if (number.isEmpty()) {
            return new WriteResult.Refused("not a lease of etcd: " + lease.id());
        }
        return attempt(
                timing.retryTimeout(),
                (session, budget) -> call.on(session, number.getAsLong(), budget),
                WriteResult.Unknown::new);
    }

    private LockResult lock(Duration bound, Call<LockResult> call) {
        return attempt(bound, call, LockResult.Unknown::new);
    }

    /** One attempt at one member. Whatever goes wrong on the way is "unknown": it may have had its effect. */
    private <T> T attempt(Duration bound, Call<T> call, Function<String, T> unknown) {
        var budget = Budget.of(bound);
        try {
            var session = connection.session(budget);
            try {
                return call.on(session, budget);
            } catch (StatusRuntimeException e) {
                connection.failed(session, e);
                return unknown.apply(EtcdFailures.text(e));
            }
        } catch (EtcdUnavailableException e) {
            return unknown.apply(e.getMessage());
        }
    }

    private interface Call<T> {
        T on(EtcdSession session, Budget budget);
    }

    private interface FencedCall {
        WriteResult on(EtcdSession session, long lease, Budget budget);
    }
}

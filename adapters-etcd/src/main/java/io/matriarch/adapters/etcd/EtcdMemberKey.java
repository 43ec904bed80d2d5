package io.matriarch.adapters.etcd;

import io.etcd.jetcd.api.TxnRequest;
import io.grpc.StatusRuntimeException;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.Optional;

/** A member's own key and the lease it lives by: one as long as the ttl stays, a new one when it has ended. */
final class EtcdMemberKey {

    private final EtcdKeys keys;
    private Optional<Held> held = Optional.empty();

    EtcdMemberKey(EtcdKeys keys) {
        this.keys = keys;
    }

    private record Held(long lease, Duration ttl) {}

    synchronized WriteResult publish(EtcdSession session, MemberName self, String value, Duration ttl, Budget budget) {
        try {
            return put(session, self, value, lease(session, ttl, budget), budget);
        } catch (StatusRuntimeException e) {
            if (!EtcdFailures.isLeaseGone(e)) {
                throw e;
            }
            // It ended between the two calls; etcd refused the put, so that a second one is no repetition.
            held = Optional.empty();
            return put(session, self, value, lease(session, ttl, budget), budget);
        }
    }

    private long lease(EtcdSession session, Duration ttl, Budget budget) {
        boolean living = held.isPresent()
                && held.get().ttl().equals(ttl)
                && session.keepAlive(held.get().lease(), budget).getTTL() > 0;
        if (!living) {
            held = Optional.of(new Held(EtcdLeases.grant(session, ttl, budget).number(), ttl));
        }
        return held.orElseThrow().lease();
    }

    /** Writes only what is not there yet (DCS-037): a key that is the same costs etcd's log nothing. */
    private WriteResult put(EtcdSession session, MemberName self, String value, long lease, Budget budget) {
        var key = keys.member(self);
        var answer = session.txn(
                TxnRequest.newBuilder()
                        .addCompare(EtcdRequests.valueIs(key, value))
                        .addCompare(EtcdRequests.leaseIs(key, lease))
                        .addSuccess(EtcdRequests.get(key))
                        .addFailure(EtcdRequests.put(key, value, lease))
                        .build(),
                budget);
        long revision = answer.getSucceeded()
                ? answer.getResponses(0).getResponseRange().getKvs(0).getModRevision()
                : answer.getHeader().getRevision();
        return new WriteResult.Done(new Revision(revision));
    }
}

package io.matriarch.adapters.etcd;

import io.etcd.jetcd.api.ClusterGrpc;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.MemberListRequest;
import io.etcd.jetcd.api.MemberListResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Calls to one etcd member over one connection. Each is sent once, with what is left of the caller's budget as its
 * deadline; all throw {@link StatusRuntimeException}. A request that etcd refused for a stale token alone is sent again
 * with a new one: it had no effect.
 */
final class EtcdSession {

    private final Endpoint endpoint;
    private final ManagedChannel channel;
    private final EtcdToken token;

    EtcdSession(Endpoint endpoint, ManagedChannel channel, EtcdToken token) {
        this.endpoint = endpoint;
        this.channel = channel;
        this.token = token;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    ManagedChannel managed() {
        return channel;
    }

    /** The connection with the token on every call. */
    Channel channel(Budget budget) {
        return token.on(channel, budget);
    }

    RangeResponse range(RangeRequest request, Budget budget) {
        return authorized(
                budget,
                () -> bounded(KVGrpc.newBlockingStub(channel(budget)), budget).range(request));
    }

    DeleteRangeResponse deleteRange(DeleteRangeRequest request, Budget budget) {
        return authorized(
                budget,
                () -> bounded(KVGrpc.newBlockingStub(channel(budget)), budget).deleteRange(request));
    }

    TxnResponse txn(TxnRequest request, Budget budget) {
        return authorized(
                budget,
                () -> bounded(KVGrpc.newBlockingStub(channel(budget)), budget).txn(request));
    }

    MemberListResponse members(Budget budget) {
        var request = MemberListRequest.getDefaultInstance();
        return authorized(
                budget,
                () -> bounded(ClusterGrpc.newBlockingStub(channel(budget)), budget)
                        .memberList(request));
    }

    LeaseGrantResponse grant(long seconds, Budget budget) {
        var request = LeaseGrantRequest.newBuilder().setTTL(seconds).build();
        return authorized(
                budget,
                () -> bounded(LeaseGrpc.newBlockingStub(channel(budget)), budget)
                        .leaseGrant(request));
    }

    void revoke(long lease, Budget budget) {
        var request = LeaseRevokeRequest.newBuilder().setID(lease).build();
        authorized(
                budget,
                () -> bounded(LeaseGrpc.newBlockingStub(channel(budget)), budget)
                        .leaseRevoke(request));
    }

    /** One keep-alive; a TTL of 0 in the answer says that the lease is gone. */
    LeaseKeepAliveResponse keepAlive(long lease, Budget budget) {
        return authorized(budget, () -> keepAliveOnce(lease, budget));
    }

    private LeaseKeepAliveResponse keepAliveOnce(long lease, Budget budget) {
        var answer = new CompletableFuture<LeaseKeepAliveResponse>();
        var requests = bounded(LeaseGrpc.newStub(channel(budget)), budget).leaseKeepAlive(new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse response) {
                answer.complete(response);
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(
                        Status.UNAVAILABLE.withDescription("no answer").asRuntimeException());
            }
        });
        requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        requests.onCompleted();
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.withDescription("interrupted").asRuntimeException();
        } catch (ExecutionException e) {
            throw Status.fromThrowable(e.getCause()).asRuntimeException();
        }
    }

    private <T> T authorized(Budget budget, Supplier<T> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            if (!token.renewAfter(e)) {
                throw e;
            }
            return call.get();
        }
    }

    private static <S extends AbstractStub<S>> S bounded(S stub, Budget budget) {
        return stub.withDeadlineAfter(budget.left().toNanos(), TimeUnit.NANOSECONDS);
    }
}

package io.matriarch.adapters.raft.lease;

import java.util.Optional;

/**
 * What a log entry asks of the {@link LeaseTable}. A scope is a path with a slash at both ends; keys are below it.
 *
 * <p>The ttl always travels in the entry (SAF-015): a configuration that changes on some members first must not make two
 * replicas apply the same entry differently.
 */
public sealed interface RaftCommand {

    /** A command that is applied once, however often it is delivered: its request is remembered for a while. */
    sealed interface Once extends RaftCommand {
        RequestId request();
    }

    /** Creates the leader key with a fresh lease (SAF-016, SAF-017, SAF-018). */
    record Acquire(RequestId request, String scope, String holder, String leaseId, long ttlMillis, Edit edit)
            implements Once {
        public Acquire {
            Limits.scope(scope);
            Limits.name(holder, "member name");
            Limits.name(leaseId, "lease");
            Limits.ttl(ttlMillis);
        }
    }

    /**
     * Prolongs the hold of exactly this lease (SAF-012). It is not {@link Once}: nobody repeats it, and a second delivery
     * would prolong a lease whose holder counts from the first.
     *
     * @param nonce told back in the answer
     */
    record Renew(String scope, String leaseId, long ttlMillis, long nonce) implements RaftCommand {
        public Renew {
            Limits.scope(scope);
            Limits.name(leaseId, "lease");
            Limits.ttl(ttlMillis);
        }
    }

    /** Compare-and-set of the leader key from a former lease of the same holder to a fresh one (SAF-014). */
    record Adopt(RequestId request, String scope, String holder, String former, String leaseId, long ttlMillis)
            implements Once {
        public Adopt {
            Limits.scope(scope);
            Limits.name(holder, "member name");
            Limits.name(former, "lease");
            Limits.name(leaseId, "lease");
            Limits.ttl(ttlMillis);
        }
    }

    /** Ends the hold of exactly this lease. */
    record Release(RequestId request, String scope, String leaseId, Edit edit) implements Once {
        public Release {
            Limits.scope(scope);
            Limits.name(leaseId, "lease");
        }
    }

    /** Gives the leader key from one lease to another member's (SAF-060). */
    record HandOver(
            RequestId request, String scope, String leaseId, String receiver, String offered, long ttlMillis, Edit edit)
            implements Once {
        public HandOver {
            Limits.scope(scope);
            Limits.name(leaseId, "lease");
            Limits.name(receiver, "member name");
            Limits.name(offered, "lease");
            Limits.ttl(ttlMillis);
        }
    }

    /** Writes keys, fenced by the lease of the leader key where one is given (SAF-017). */
    record Write(RequestId request, String scope, Optional<String> fence, Edit edit) implements Once {
        public Write {
            Limits.scope(scope);
            fence.ifPresent(lease -> Limits.name(lease, "lease"));
        }
    }

    /** Writes a member's key, which lives by this lease from now on. */
    record PublishMember(String scope, String member, String value, String leaseId, long ttlMillis)
            implements RaftCommand {
        public PublishMember {
            Limits.scope(scope);
            Limits.name(member, "member name");
            Limits.value(value);
            Limits.name(leaseId, "lease");
            Limits.ttl(ttlMillis);
        }
    }

    /** Ends every key below the scope. */
    record RemoveScope(RequestId request, String scope) implements Once {
        public RemoveScope {
            Limits.scope(scope);
        }
    }

    /** Ends a lease and its key, if no renewal came after the one that {@code seq} names (SAF-011). */
    record Expire(String leaseId, long seq) implements RaftCommand {
        public Expire {
            Limits.name(leaseId, "lease");
        }
    }

    /** Changes nothing; that it was applied says that this leader can commit. */
    record Noop() implements RaftCommand {}

    /** Gives the store another identity and counts every lease anew: it went on with one copy (SAF-019). */
    record Recover(String clusterId) implements RaftCommand {
        public Recover {
            Limits.name(clusterId, "cluster id");
        }
    }

    /** Gives the store an identity if it has none. */
    record NameCluster(String clusterId) implements RaftCommand {
        public NameCluster {
            Limits.name(clusterId, "cluster id");
        }
    }
}

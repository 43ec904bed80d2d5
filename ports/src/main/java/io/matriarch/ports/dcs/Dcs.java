package io.matriarch.ports.dcs;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import java.util.Optional;

/**
 * The store of a cluster's keys and of its leader lock, as one member sees it.
 *
 * <p>An implementation knows keys, leases and conditions; what the values mean is read and written by the application,
 * so that one codec serves every store. Each call is one attempt: it returns within the retry timeout of
 * {@link #adopt} and is not repeated below this interface, because a renewal that is sent twice would lie about its
 * age (SAF-012). {@link #load} alone may try again inside its bound. Every method may be called from several threads.
 *
 * <p>Times are counted on the clock the implementation was given: a deadline is the reading from before the request's
 * first byte left plus the ttl that the store applied.
 */
public interface Dcs extends AutoCloseable {

    /**
     * A linearizable read of everything below the scope: never from a follower's or a client's cache. Members' keys
     * whose lease has ended are not in it.
     */
    StoreSnapshot load() throws DcsUnavailableException;

    /**
     * Creates the leader key with a fresh lease and applies {@code change} in the same transaction. Refused while
     * anyone holds the key or when one of the change's conditions fails (SAF-016, SAF-017, SAF-018).
     */
    LockResult acquireLeaderLock(MemberName self, Change change);

    /**
     * Prolongs our hold. Applied only if that very lease holds the key (SAF-012, SAF-014); the lease in the answer has
     * the deadline of this attempt alone, the caller keeps the latest one.
     */
    LockResult renewLeaderLock(MemberName self, Lease lease);

    /**
     * Takes over a key that still carries the lease of this member's former self: compare-and-set from the old lease to
     * a fresh one. Only for a caller that has made sure that its former self no longer acts (SAF-014).
     */
    LockResult adoptLeaderLock(MemberName self, LeaseId former);

    /**
     * Ends our hold and applies {@code change} in the same transaction. Refused if the lock is not ours. After any
     * answer, {@code Unknown} included, the lease is dead to us (SAF-013).
     */
    WriteResult releaseLeaderLock(Lease lease, Change change);

    /**
     * The lease under which this member would hold the lock if the present holder handed it over. It grants nothing
     * until a {@link #renewLeaderLock} with it is answered; empty when the store cannot be reached to make one.
     */
    Optional<LeaseId> offerLease(MemberName self);

    /**
     * Hands the lock to another member's offered lease and applies {@code change}, in one transaction fenced by our own
     * lease (SAF-060). The receiver has the lock for one ttl from then on and must renew before it acts.
     */
    WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change);

    /**
     * Writes keys.
     *
     * @param fence the lease that must hold the leader key for the write to apply (SAF-017); empty for what any member
     *     or an operator may write
     */
    WriteResult write(Optional<Lease> fence, Change change);

    /** Writes a member's own key, which ends by itself one ttl after the last such call. */
    WriteResult publishMember(MemberName self, String value);

    /** Ends every key below the scope: {@code remove} of an operator. */
    WriteResult removeCluster();

    /**
     * Tells that something changed that a turn should look at: the leader key came, went or changed hands, or the
     * configuration, a failover request, the synchronous state, the bootstrap key or a member's set of keys changed. A
     * renewal and a member's new positions are no such change. Hints only: they may be late, repeated or lost. The
     * listener returns at once and never throws.
     */
    AutoCloseable watch(Runnable listener);

    /**
     * Takes new bounds over, at once for calls to come.
     *
     * @return the bounds that hold: a store may have to lengthen the ttl (Consul's minimum session TTL)
     */
    DcsTiming adopt(DcsTiming wanted);

    /** Ends the client. A lock that is held stays held until its lease ends: release it first. */
    @Override
    void close();
}

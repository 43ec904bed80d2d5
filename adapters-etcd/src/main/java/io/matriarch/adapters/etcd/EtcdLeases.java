package io.matriarch.adapters.etcd;

import io.grpc.StatusRuntimeException;
import io.matriarch.domain.cluster.LeaseId;
import java.time.Duration;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** etcd's leases: 64-bit numbers, written in hexadecimal as etcd's own tools do, with whole seconds to live. */
final class EtcdLeases {

    private static final Logger log = LoggerFactory.getLogger(EtcdLeases.class);

    private EtcdLeases() {}

    /**
     * A lease that etcd granted.
     *
     * @param ttl what we count on: the wanted time, although etcd counts in whole seconds and has a minimum
     * @param lasts what etcd counts
     * @param raised whether that is more than we asked for
     */
    record Granted(long number, Duration ttl, Duration lasts, boolean raised) {}

    static Granted grant(EtcdSession session, Duration ttl, Budget budget) {
        long seconds = seconds(ttl);
        var granted = session.grant(seconds, budget);
        var lasts = Duration.ofSeconds(granted.getTTL());
        return new Granted(granted.getID(), min(ttl, lasts), lasts, granted.getTTL() > seconds);
    }

    /** Ends a lease that nothing may live by any more. It ends by itself when this fails. */
    static void revoke(EtcdSession session, long lease, Budget budget) {
        try {
            session.revoke(lease, budget);
        } catch (StatusRuntimeException e) {
            log.debug("lease {} is left to its end: {}", Long.toHexString(lease), e.getMessage());
        }
    }

    static LeaseId id(long lease) {
        return new LeaseId(Long.toHexString(lease));
    }

    /** Empty when it is no number that etcd could have given. */
    static OptionalLong number(LeaseId id) {
        try {
            return OptionalLong.of(Long.parseUnsignedLong(id.value(), 16));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    static Duration min(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private static long seconds(Duration ttl) {
        return Math.max(1, ttl.plusSeconds(1).minusNanos(1).toSeconds());
    }
}

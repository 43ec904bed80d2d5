package io.matriarch.ports.dcs;

import java.time.Duration;

/**
 * The bounds a store's client works within; they change with the dynamic configuration.
 *
 * @param ttl length of the leader's lease
 * @param loopWait pause between turns
 * @param retryTimeout longest time one call may take
 */
public record DcsTiming(Duration ttl, Duration loopWait, Duration retryTimeout) {

    public DcsTiming {
        if (ttl.isNegative() || ttl.isZero() || retryTimeout.isNegative() || retryTimeout.isZero()) {
            throw new IllegalArgumentException("ttl and retry_timeout are positive: " + ttl + ", " + retryTimeout);
        }
    }
}

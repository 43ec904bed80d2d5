package io.matriarch.domain.failsafe;

import io.matriarch.domain.time.MonotonicTime;
import java.util.Optional;

/**
 * What the members have promised each other, as far as this one knows.
 *
 * @param agentStarted when this process began: what its predecessor promised is not known
 * @param promise the last promise given, binding or not
 * @param round what the members asked in the turn before have answered; empty if none were asked
 * @param heldByConsent whether our lease has its deadline from the members, not from the store
 */
public record FailsafeView(
        MonotonicTime agentStarted,
        Optional<FailsafePromise> promise,
        Optional<FailsafeRound> round,
        boolean heldByConsent) {

    /** Of an agent that began then and has heard nothing. */
    public static FailsafeView since(MonotonicTime start) {
        return new FailsafeView(start, Optional.empty(), Optional.empty(), false);
    }

    /** The promise, while it binds. */
    public Optional<FailsafePromise> binding(MonotonicTime now) {
        return promise.filter(given -> given.binds(now));
    }
}

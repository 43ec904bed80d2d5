package io.matriarch.domain.cluster;

/** The leader lock as one consistent read of the store showed it. */
public sealed interface LeaderLock {

    /** Nobody holds it: the key is absent or its value is empty. */
    record Free() implements LeaderLock {}

    /**
     * Somebody holds it.
     *
     * @param holder the key's value
     * @param lease the identity of the hold
     */
    record Held(MemberName holder, LeaseId lease) implements LeaderLock {}
}

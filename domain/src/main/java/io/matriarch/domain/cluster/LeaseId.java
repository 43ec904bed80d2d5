package io.matriarch.domain.cluster;

/**
 * The identity of one hold on the leader lock. It is never used twice: who lost it once has lost it for good (SAF-013).
 *
 * @param value the store's own name for it: our own store's lease, etcd's lease number, Consul's session
 */
public record LeaseId(String value) {

    public LeaseId {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a lease has an identity");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}

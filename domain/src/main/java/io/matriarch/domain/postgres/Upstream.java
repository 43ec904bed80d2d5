package io.matriarch.domain.postgres;

import io.matriarch.domain.cluster.MemberName;

/** Where a standby gets its WAL from. */
public sealed interface Upstream {

    /** From nobody: no connection is configured. */
    record Nobody() implements Upstream {}

    /**
     * From a member of the cluster.
     *
     * @param name its name
     * @param connUrl the address it publishes, {@code postgres://host:port/database}
     */
    record Of(MemberName name, String connUrl) implements Upstream {}
}

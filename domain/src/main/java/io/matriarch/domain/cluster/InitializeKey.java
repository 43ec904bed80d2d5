package io.matriarch.domain.cluster;

import io.matriarch.domain.postgres.SystemIdentifier;

/** The key that makes one database cluster, and only one, the cluster of a scope. */
public sealed interface InitializeKey {

    Revision revision();

    /** Nobody has initialized the cluster. */
    record Absent() implements InitializeKey {
        @Override
        public Revision revision() {
            return Revision.ABSENT;
        }
    }

    /** Somebody is at it: the key is there and empty. */
    record InProgress(Revision revision) implements InitializeKey {}

    /** The cluster's system identifier. */
    record Done(SystemIdentifier identifier, Revision revision) implements InitializeKey {}

    /** Something that is no system identifier; the leader mends it. */
    record Invalid(String text, Revision revision) implements InitializeKey {}
}

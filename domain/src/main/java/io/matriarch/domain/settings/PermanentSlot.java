package io.matriarch.domain.settings;

import java.util.Optional;

/** A replication slot that an operator wants on every member that may lead, whoever uses it. */
public sealed interface PermanentSlot {

    String name();

    /** What a cluster has to be to have a slot. */
    enum ClusterType {
        PRIMARY,
        STANDBY
    }

    /**
     * A physical slot.
     *
     * @param only the type of cluster it is for; empty for both
     */
    record Physical(String name, Optional<ClusterType> only) implements PermanentSlot {}

    /** A logical slot of one database. */
    record Logical(String name, String database, String plugin) implements PermanentSlot {}
}

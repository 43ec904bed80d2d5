package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.ShutdownPosition;

/** How far the primary of a cluster that has become a standby cluster has come with its demotion (ha-decisions §11.1). */
public sealed interface ClusterDemotion {

    record None() implements ClusterDemotion {}

    /** It has been told to stop. */
    record Stopping() implements ClusterDemotion {}

    /** It has stopped cleanly, and its last WAL file is to be archived: nobody else would do it. */
    record Stopped(ShutdownPosition position) implements ClusterDemotion {}

    /** Nothing is archived here: another member that has everything may lead, else this one goes on. */
    record Unarchived(ShutdownPosition position) implements ClusterDemotion {}
}

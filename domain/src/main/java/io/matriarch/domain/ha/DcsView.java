package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.ClusterView;

/** The store as a turn saw it. */
public sealed interface DcsView {

    /** It could not be read in time. */
    record Unreachable(String why) implements DcsView {}

    /** One consistent read. */
    record Read(ClusterView cluster) implements DcsView {}
}

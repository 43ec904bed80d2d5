package io.matriarch.domain.ha;

/** How far the first start of a new cluster has come on the member that does it. */
public enum BootstrapStep {
    NONE,
    /** The initialize key has been asked for. */
    ASKED,
    INITIALIZING,
    CREATING_ROLES,
    /** The database is ready: identifier, configuration and leader key in one transaction. */
    TAKING_LOCK,
    /** Something went wrong: everything is taken back. */
    FAILED
}

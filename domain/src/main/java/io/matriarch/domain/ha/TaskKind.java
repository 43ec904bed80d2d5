package io.matriarch.domain.ha;

/** The long actions; at most one runs at a time. */
public enum TaskKind {
    INITIALIZE,
    POST_BOOTSTRAP,
    COPY,
    REWIND,
    RECOVER_CRASH,
    START_PRIMARY,
    START_STANDBY,
    RESTART,
    STOP,
    FOLLOW,
    CHECKPOINT,
    COMPARE_TIMELINES,
    AWAIT_CANDIDATE,
    PROBE_WRITE,
    ARCHIVE_WAL,
    REMOVE_DATA,
    PRE_PROMOTE,
    COPY_SLOTS
}

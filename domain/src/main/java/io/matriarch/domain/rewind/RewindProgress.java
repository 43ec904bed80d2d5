package io.matriarch.domain.rewind;

/** How far the question "has this data directory diverged from the leader's?" has come. */
public enum RewindProgress {
    /** Nothing speaks for it. */
    UNCHECKED,
    /** It must be compared before the server is trusted to stream. */
    CHECK,
    NEEDED,
    NOT_NEEDED,
    /** pg_rewind has run. */
    DONE,
    /** pg_rewind has failed, and whether the leader is to blame is to be asked. */
    UNSURE,
    /** pg_rewind has failed against a healthy leader. */
    FAILED;

    /** Whether the comparison or its consequence is still to come. */
    public boolean isOpen() {
        return this == CHECK || this == NEEDED || this == UNSURE;
    }

    public boolean isExecuted() {
        return this == DONE || this == FAILED;
    }
}

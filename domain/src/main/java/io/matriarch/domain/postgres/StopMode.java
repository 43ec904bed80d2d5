package io.matriarch.domain.postgres;

/** How a server is asked to stop. */
public enum StopMode {
    /** Ends the sessions, writes a shutdown checkpoint, sends all WAL to the standbys that stream. */
    FAST,
    /** The same, but a standby that does not take the last WAL within a moment is not waited for (SAF-060). */
    HAND_OVER,
    /** Ends everything at once, as a crash would. A courtesy before the kill, never a fence (SAF-032). */
    IMMEDIATE
}

package io.matriarch.domain.postgres;

/**
 * What pg_controldata says of a data directory.
 *
 * @param state "Database cluster state"
 * @param systemIdentifier "Database system identifier"
 * @param checkpoint where the latest checkpoint record begins
 * @param checkpointTimeline the timeline it is on
 * @param minimumRecoveryEnd position a standby must reach to be consistent, zero on a primary
 * @param minimumRecoveryTimeline its timeline, unknown on a primary
 * @param walLogHints whether hint bits are logged
 * @param dataChecksums whether pages carry checksums
 */
public record ControlData(
        State state,
        SystemIdentifier systemIdentifier,
        Lsn checkpoint,
        Timeline checkpointTimeline,
        Lsn minimumRecoveryEnd,
        Timeline minimumRecoveryTimeline,
        boolean walLogHints,
        boolean dataChecksums) {

    /** The cluster states PostgreSQL writes. */
    public enum State {
        STARTING_UP("starting up"),
        SHUT_DOWN("shut down"),
        SHUT_DOWN_IN_RECOVERY("shut down in recovery"),
        SHUTTING_DOWN("shutting down"),
        IN_CRASH_RECOVERY("in crash recovery"),
        IN_ARCHIVE_RECOVERY("in archive recovery"),
        IN_PRODUCTION("in production"),
        /** A text this version does not know. */
        UNRECOGNIZED("unrecognized status code");

        private final String text;

        State(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }

        public static State parse(String text) {
            for (State state : values()) {
                if (state.text.equals(text)) {
                    return state;
                }
            }
            return UNRECOGNIZED;
        }

        /** A primary's states after which its WAL must be replayed or its end compared before anything else. */
        public boolean isUncleanPrimary() {
            return this == IN_PRODUCTION || this == SHUTTING_DOWN || this == IN_CRASH_RECOVERY;
        }
    }

    /** Whether pg_rewind can compare this directory with another one. */
    public boolean canBeRewound() {
        return walLogHints || dataChecksums;
    }
}

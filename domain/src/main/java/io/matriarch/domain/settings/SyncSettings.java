package io.matriarch.domain.settings;

import java.util.Optional;

/**
 * What is asked for of synchronous replication (ha-decisions §10).
 *
 * @param mode whether commits wait for standbys, and for which
 * @param strict no commit without a standby that confirms it
 * @param nodeCount standbys that are to confirm each commit, at least 1
 * @param maximumLag bytes a synchronous standby may lie behind before another one takes its place; 0 or less for any
 * @param ownNames {@code synchronous_standby_names} of the configuration, in force while the mode is off
 */
public record SyncSettings(Mode mode, boolean strict, int nodeCount, long maximumLag, Optional<String> ownNames) {

    /** The modes. */
    public enum Mode {
        OFF,
        /** Certain standbys confirm every commit, and one of them is promoted. */
        PRIORITY,
        /** Any so many of the standbys confirm a commit, and a quorum of them elects. */
        QUORUM
    }

    /** Commits wait for nobody. */
    public static final SyncSettings OFF = new SyncSettings(Mode.OFF, false, 1, -1, Optional.empty());

    public boolean isOn() {
        return mode != Mode.OFF;
    }

    /** Fewest standbys that must confirm a commit, even while none is there. */
    public int leastStandbys() {
        return strict ? 1 : 0;
    }
}

package io.matriarch.domain.cluster;

import java.util.Optional;

/** A member's role as it publishes it. */
public enum Role {
    /** No data directory yet. */
    UNINITIALIZED("uninitialized"),
    PRIMARY("primary"),
    /** Told to promote, not yet seen as primary. */
    PROMOTED("promoted"),
    /** Was a primary and has been stopped. */
    DEMOTED("demoted"),
    REPLICA("replica"),
    /** Holds the lock of a standby cluster. */
    STANDBY_LEADER("standby_leader");

    private final String text;

    Role(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** Whether it is a primary or about to be one. */
    public boolean isPrimary() {
        return this == PRIMARY || this == PROMOTED;
    }

    /** Reads a role; {@code master} is what older members write for {@code primary}. */
    public static Optional<Role> parse(String text) {
        if (text.equals("master")) {
            return Optional.of(PRIMARY);
        }
        for (Role role : values()) {
            if (role.text.equals(text)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}

package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Role;
import java.util.List;

/** The choices of {@code --role}. */
enum RoleFilter {
    LEADER("leader"),
    PRIMARY("primary"),
    STANDBY_LEADER("standby-leader"),
    REPLICA("replica"),
    STANDBY("standby"),
    ANY("any");

    static final List<String> NAMES = List.of("leader", "primary", "standby-leader", "replica", "standby", "any");

    private final String text;

    RoleFilter(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    /** A choice by its name; it must be one of {@link #NAMES}. */
    static RoleFilter named(String text) {
        return values()[NAMES.indexOf(text)];
    }

    /** Who holds the leader key is the leader; its own role tells a primary from a standby leader. */
    boolean matches(Member member, boolean leader) {
        boolean standbyLeader =
                member.role().filter(Role.STANDBY_LEADER::equals).isPresent();
        boolean primary = member.role().filter(Role.PRIMARY::equals).isPresent();
        return switch (this) {
            case LEADER -> leader;
            case PRIMARY -> leader && !standbyLeader;
            case STANDBY_LEADER -> leader && !primary;
            case REPLICA, STANDBY -> !leader;
            case ANY -> true;
        };
    }
}

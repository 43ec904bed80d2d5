package io.matriarch.domain.cluster;

import java.time.Instant;
import java.util.Optional;

/**
 * What an operator asks for in the failover key.
 *
 * @param leader the leader to switch over from; empty for a manual failover
 * @param candidate who is to lead next; empty for anybody fit
 * @param scheduledAt when; empty for at once
 * @param scheduleText a time that could not be read, so that its removal can name it
 * @param revision the key's revision
 */
public record SwitchoverRequest(
        Optional<MemberName> leader,
        Optional<MemberName> candidate,
        Optional<Instant> scheduledAt,
        Optional<String> scheduleText,
        Revision revision) {

    public boolean isSwitchover() {
        return leader.isPresent();
    }

    /** What it is called in messages. */
    public String action() {
        return isSwitchover() ? "switchover" : "manual failover";
    }

    public String bareAction() {
        return isSwitchover() ? "switchover" : "failover";
    }
}

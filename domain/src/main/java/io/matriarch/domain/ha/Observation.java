package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.failsafe.FailsafeView;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything a turn decides on.
 *
 * @param self this member
 * @param tags its tags
 * @param now for leases and timeouts
 * @param wallClock only for what people have scheduled
 * @param settings the configuration in force
 * @param dcs the store
 * @param lease our hold on the lock
 * @param postgres the local server
 * @param serverVersion {@code server_version_num}, 0 if not known
 * @param task the background task
 * @param peers what the members asked in the turn before have answered; empty if none were asked
 * @param watchdog the watchdog
 * @param requests what operators ask of this member, oldest first
 * @param initializeCreated revision of the initialize key this process has created
 * @param nameTaken whether another process answered for this member's name when the store was read first
 * @param shutdown whether the agent is to end
 * @param failsafe what the members have promised each other
 */
public record Observation(
        MemberName self,
        Tags tags,
        MonotonicTime now,
        Instant wallClock,
        HaSettings settings,
        DcsView dcs,
        LeaseView lease,
        PostgresView postgres,
        int serverVersion,
        TaskView task,
        Optional<List<PeerAnswer>> peers,
        WatchdogView watchdog,
        List<OperatorRequest> requests,
        Optional<Revision> initializeCreated,
        boolean nameTaken,
        boolean shutdown,
        FailsafeView failsafe) {

    public Observation {
        peers = peers.map(List::copyOf);
        requests = List.copyOf(requests);
    }
}

package io.matriarch.app.loop;

import io.matriarch.domain.ha.HaState;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.postgres.ServerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the last turn saw and decided: the only thing that requests are answered from.
 *
 * @param observation what it decided on
 * @param state what it remembers
 * @param reason why
 * @param sentence why, in words
 * @param report the server's own account
 * @param lastRead the last read of the store that succeeded, for as long as it is younger than the ttl
 * @param dcsLastSeen when the store was last read, the epoch if never
 * @param endedAt when the turn ended
 * @param nextWithin when the next one comes at the latest
 */
public record AgentView(
        Observation observation,
        HaState state,
        Reason reason,
        String sentence,
        ServerReport report,
        Optional<StoreSnapshot> lastRead,
        Instant dcsLastSeen,
        MonotonicTime endedAt,
        Duration nextWithin) {}

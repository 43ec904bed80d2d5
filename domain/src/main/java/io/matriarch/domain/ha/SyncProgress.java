package io.matriarch.domain.ha;

import io.matriarch.domain.sync.SyncMemory;
import io.matriarch.domain.time.MonotonicTime;
import java.util.Optional;

/**
 * What a member remembers for synchronous replication.
 *
 * @param memory as a primary: who has confirmed what of the names in force; present while names of ours may be in force
 * @param settledAt as a primary: until when standbys have time to come after the register was taken over
 * @param pending as a primary: whether a standby that commits wait for has to catch up before it can be listed
 * @param givenBack as a primary without synchronous mode: whether the names are the configuration's, as far as we can
 *     make them
 * @param quietSince as a voter: since when our server has had no upstream and no WAL receiver
 * @param promise as a voter: what we have promised
 * @param voting whether a race is open in which promises and votes are waited for
 * @param leavingSince as a standby: since when we ask not to be synchronous, for our server is about to stop
 */
public record SyncProgress(
        Optional<SyncMemory> memory,
        Optional<MonotonicTime> settledAt,
        boolean pending,
        boolean givenBack,
        Optional<MonotonicTime> quietSince,
        Optional<Promise.Given> promise,
        boolean voting,
        Optional<MonotonicTime> leavingSince) {

    public static final SyncProgress NONE = new SyncProgress(
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty());

    SyncProgress leading(Optional<SyncMemory> next, Optional<MonotonicTime> settled, boolean waits) {
        return new SyncProgress(next, settled, waits, false, quietSince, promise, voting, leavingSince);
    }

    SyncProgress off() {
        return new SyncProgress(
                Optional.empty(), Optional.empty(), false, true, quietSince, promise, voting, leavingSince);
    }

    SyncProgress promising(Optional<Promise.Given> next) {
        return new SyncProgress(memory, settledAt, pending, givenBack, quietSince, next, voting, leavingSince);
    }

    SyncProgress voting(boolean open) {
        return new SyncProgress(memory, settledAt, pending, givenBack, quietSince, promise, open, leavingSince);
    }

    SyncProgress leaving(Optional<MonotonicTime> since) {
        return new SyncProgress(memory, settledAt, pending, givenBack, quietSince, promise, voting, since);
    }

    SyncProgress quiet(Optional<MonotonicTime> since) {
        return new SyncProgress(memory, settledAt, pending, givenBack, since, promise, voting, leavingSince);
    }
}

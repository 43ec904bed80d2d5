package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a primary remembers of the value of {@code synchronous_standby_names} that its server has loaded.
 *
 * @param names the value
 * @param since when it was first seen
 * @param from a commit beyond this position has waited for these names; empty for the first moments, in which some of the
 *     server's processes may still go by the value before
 * @param ready the names that have confirmed everything up to there
 */
public record SyncMemory(StandbyNames names, MonotonicTime since, Optional<Lsn> from, List<MemberName> ready) {

    /** Every process of a server reads its configuration anew when it is idle, and within much less than this. */
    static final Duration SETTLING = Duration.ofMillis(100);

    public SyncMemory {
        ready = List.copyOf(ready);
    }

    /** The memory once {@code loaded} has been seen. Who confirmed all commits before and still does stays ready. */
    static SyncMemory seen(Optional<SyncMemory> before, StandbyNames loaded, MonotonicTime now, Lsn flushed) {
        SyncMemory memory = before.filter(known -> known.names().equals(loaded))
                .orElseGet(() -> new SyncMemory(loaded, now, Optional.empty(), kept(before, loaded)));
        boolean settled = memory.from().isEmpty() && now.since(memory.since()).compareTo(SETTLING) >= 0;
        return settled ? new SyncMemory(memory.names(), memory.since(), Optional.of(flushed), memory.ready()) : memory;
    }

    /** Of a quorum nobody is known to have confirmed a certain commit: there every change begins anew. */
    private static List<MemberName> kept(Optional<SyncMemory> before, StandbyNames loaded) {
        return before.filter(known -> known.names().waitsForAll() && loaded.waitsForAll())
                .map(known ->
                        known.ready().stream().filter(loaded.names()::contains).toList())
                .orElse(List.of());
    }

    /** The same with everybody ready who has confirmed enough by now. */
    SyncMemory confirmedBy(List<MemberName> caughtUp) {
        var all = new ArrayList<>(ready);
        caughtUp.stream().filter(name -> !all.contains(name)).forEach(all::add);
        return new SyncMemory(names, since, from, all);
    }
}

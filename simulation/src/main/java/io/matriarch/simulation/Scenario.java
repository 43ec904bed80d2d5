package io.matriarch.simulation;

import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.simulation.raft.RaftStore;
import java.time.Duration;
import java.util.Optional;

/**
 * What is simulated; the rest is the seed's.
 *
 * @param guardProcess whether a guard outlives the agent; without one agents neither crash alone nor stand still, but in
 *     a synchronous mode, which needs no clock
 * @param chaos how long things go wrong
 * @param sync the synchronous mode to begin with; in one that never changes no commit may be lost, whatever the guard
 * @param theme what goes wrong most; by the seed if none is named
 * @param store the store; by the seed, one somewhere on the network or the embedded one, if none is named
 */
public record Scenario(
        boolean guardProcess,
        Duration chaos,
        SyncSettings.Mode sync,
        Optional<Theme> theme,
        Optional<SimStore.Kind> store) {

    public Scenario(boolean guardProcess, Duration chaos) {
        this(guardProcess, chaos, SyncSettings.Mode.OFF, Optional.empty(), Optional.empty());
    }

    /** The same in a synchronous mode. */
    public Scenario with(SyncSettings.Mode mode) {
        return new Scenario(guardProcess, chaos, mode, theme, store);
    }

    /** The same on another store. */
    public Scenario on(SimStore.Kind kind) {
        return new Scenario(guardProcess, chaos, sync, theme, Optional.of(kind));
    }

    /** The same about one thing. */
    public Scenario about(Theme one) {
        return new Scenario(guardProcess, chaos, sync, Optional.of(one), store);
    }

    /** Whether an agent may stand still or die while its server lives on. */
    boolean agentsFailAlone() {
        return guardProcess || sync != SyncSettings.Mode.OFF;
    }

    /** Every other seed meets the store that lives in the members, if none is named. */
    SimStore.Kind kind(long seed) {
        return store.orElse(seed % 2 == 0 ? RaftStore::new : MemoryStore::new);
    }
}

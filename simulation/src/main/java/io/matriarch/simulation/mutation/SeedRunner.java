package io.matriarch.simulation.mutation;

import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.simulation.MemoryStore;
import io.matriarch.simulation.Scenario;
import io.matriarch.simulation.Simulation;
import io.matriarch.simulation.Theme;
import io.matriarch.simulation.raft.RaftStore;
import io.matriarch.simulation.raft.StoreRun;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Runs one seed. It is loaded anew with each mutant and everything it runs, so only types of the JDK cross its border.
 */
public final class SeedRunner implements BiFunction<String, Long, Optional<String>> {

    private static final Duration STORE_CHAOS = Duration.ofMinutes(5);
    private static final Duration CHAOS = Duration.ofHours(1);

    /** Called by reflection. */
    public SeedRunner() {
        // Nothing to set up.
    }

    /**
     * The rule that is broken by a seed.
     *
     * @param hunt the name of a {@link Hunt}
     * @throws IllegalStateException if the run ended in another way, which says nothing about rules
     */
    @Override
    public Optional<String> apply(String hunt, Long seed) {
        try {
            run(Hunt.valueOf(hunt), seed);
            return Optional.empty();
        } catch (RuntimeException | Error e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof Simulation.Violation) {
                    return Optional.of(cause.getMessage());
                }
            }
            throw new IllegalStateException("seed " + seed + " of " + hunt + " ends without breaking a rule", e);
        }
    }

    private static void themed(long seed, Scenario scenario) {
        Simulation.run(seed, scenario.on(MemoryStore::new), Optional.empty());
    }

    private static void run(Hunt hunt, long seed) {
        var guarded = new Scenario(true, CHAOS);
        var alone = new Scenario(false, CHAOS);
        switch (hunt) {
            case STORE -> StoreRun.run(seed, Duration.ofSeconds(10), STORE_CHAOS, Optional.empty());
            case FAST_STORE -> StoreRun.run(seed, Duration.ofSeconds(3), STORE_CHAOS, Optional.empty());
            case CLUSTER -> Simulation.run(seed, guarded.on(MemoryStore::new), Optional.empty());
            case RAFT_CLUSTER -> Simulation.run(seed, guarded.on(RaftStore::new), Optional.empty());
            case HAND_OVERS -> themed(seed, guarded.about(Theme.HAND_OVERS));
            case FAILSAFE -> themed(seed, guarded.about(Theme.FAILSAFE));
            case STEPS -> themed(seed, guarded.about(Theme.STEPS));
            case LOSSES -> themed(seed, guarded.about(Theme.LOSSES));
            case BOOTSTRAPS -> themed(seed, guarded.about(Theme.BOOTSTRAP));
            case AGENTS_OUTAGES -> themed(seed, alone.about(Theme.FAILSAFE));
            case AGENTS -> Simulation.run(seed, alone, Optional.empty());
            case PRIORITY -> Simulation.run(seed, guarded.with(SyncSettings.Mode.PRIORITY), Optional.empty());
            case QUORUM -> Simulation.run(seed, guarded.with(SyncSettings.Mode.QUORUM), Optional.empty());
            case PRIORITY_LOSSES ->
                themed(seed, guarded.with(SyncSettings.Mode.PRIORITY).about(Theme.LOSSES));
            case QUORUM_LOSSES ->
                themed(seed, guarded.with(SyncSettings.Mode.QUORUM).about(Theme.LOSSES));
            case UNGUARDED_QUORUM_LOSSES ->
                themed(seed, alone.with(SyncSettings.Mode.QUORUM).about(Theme.LOSSES));
            case UNGUARDED_QUORUM -> Simulation.run(seed, alone.with(SyncSettings.Mode.QUORUM), Optional.empty());
        }
    }
}

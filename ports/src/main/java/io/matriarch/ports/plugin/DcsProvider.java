package io.matriarch.ports.plugin;

import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.Dcs;
import java.util.Optional;

/**
 * A store's plain client, without Guice, found with {@link java.util.ServiceLoader}: the command line opens it directly
 * and the store's {@link AdapterPlugin} builds on it.
 */
public interface DcsProvider {

    /** The section of the configuration it is for. */
    String section();

    /**
     * A client that reads and writes keys but never takes part in the store itself.
     *
     * @throws ConfigProblems when the section cannot be used
     */
    Dcs client(ConfigSection settings, DcsContext context);

    /**
     * Loads what a client will need, on a thread of its own while the caller reads its configuration. Touches no network,
     * keeps nothing; what goes wrong here goes wrong again, and is told, when the client is made.
     */
    default void warmUp() {
        // Most have nothing worth it.
    }

    /** Administration of the store, where the store is ours. */
    default Optional<ConsensusAdmin> admin(ConfigSection settings) {
        return Optional.empty();
    }
}

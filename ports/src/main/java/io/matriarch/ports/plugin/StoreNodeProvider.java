package io.matriarch.ports.plugin;

import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.time.Clock;

/**
 * A store that consists of nodes of ours, found with {@link java.util.ServiceLoader}: a witness runs one without
 * PostgreSQL and without an agent.
 */
public interface StoreNodeProvider {

    /** The section of the configuration it is for. */
    String section();

    /**
     * Starts a voting node that runs until it is closed. It returns before the others are there.
     *
     * @param timing the ttl decides how soon a lost leader of the store is replaced
     * @throws ConfigProblems when the section cannot be used
     * @throws java.io.UncheckedIOException when the port or the directory cannot be used; the message says which
     */
    AutoCloseable start(ConfigSection settings, DcsTiming timing, Clock clock);
}

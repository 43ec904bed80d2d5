package io.matriarch.ports.watchdog;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.MonotonicTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * PostgreSQL's parent. It starts the server, promotes it, and ends it when the lease ends without news (SAFETY.md §5).
 *
 * <p>Whatever serves this port, the server is started through it and promoted through it, so that a guard that outlives
 * the agent takes the place of one that doesn't without a change elsewhere.
 */
public interface Guard {

    /**
     * Starts the server, detached from the agent: it survives the agent and receives no signal that is meant for it.
     *
     * @return the postmaster's pid
     * @throws GuardException when nothing was started
     */
    long start(ServerCommand command) throws GuardException;

    /**
     * Tells the postmaster to promote; refused when the deadline last told has passed.
     *
     * @throws GuardException when nothing was sent
     */
    void promote(long postmaster, Path dataDirectory) throws GuardException;

    /**
     * Before any act that may lead to a writable server and with every renewal: from now on the server ends at the
     * latest at {@code deadline}. Acknowledged when it returns.
     *
     * @throws GuardException when there is no acknowledgement
     */
    void arm(LeaseId lease, MonotonicTime deadline) throws GuardException;

    /** Automation is paused: nothing is ended any more until the next {@link #arm}. */
    void pause();

    /** This lease is dead to us: no {@link #arm} for it counts any more, however late it comes (SAF-013). */
    default void release(LeaseId lease) {
        // Who keeps no deadline beyond the agent's life has nothing to remember.
    }

    /** The server has stopped for certain: nothing is left to guard. */
    void disarm(StopProof proof);

    /** What it is, for the status document. */
    GuardState state();

    /** The same with what it has done so far. */
    default Report report() {
        return Report.of(state());
    }

    /** Takes the lease's length over: it decides how long before a deadline the server is ended (SAF-040). */
    default void adopt(Duration ttl) {
        // Who ends nothing has no use for it.
    }

    /** Whether the member may lead with what there is of a guard: no only where one is required. Blocks for seconds at most. */
    default boolean isUsable() {
        return true;
    }

    /** What there is of a guard. */
    enum GuardState {
        /** No process guards the server: only the agent itself does, as long as it lives. */
        ABSENT,
        DISARMED,
        ARMED
    }

    /**
     * What a guard last said of itself.
     *
     * @param state what there is of it
     * @param fences how often it has ended the server because a deadline passed
     * @param killed how many processes it had to kill for that; none where an immediate shutdown was enough
     * @param refused starts and promotions it refused because the deadline had passed
     * @param traits what it could get from the host: locked memory, real-time priority
     */
    record Report(GuardState state, long fences, long killed, long refused, List<String> traits) {

        public Report {
            traits = List.copyOf(traits);
        }

        public static Report of(GuardState state) {
            return new Report(state, 0, 0, 0, List.of());
        }
    }

    /**
     * A command with its surroundings.
     *
     * @param arguments the program and its arguments
     * @param environment the whole environment
     * @param workingDirectory where it starts
     * @param log file that takes its standard output and error
     */
    record ServerCommand(List<String> arguments, Map<String, String> environment, Path workingDirectory, Path log) {

        public ServerCommand {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
        }
    }

    /** The guard did not do what it was asked. */
    final class GuardException extends Exception {
        public GuardException(String message) {
            super(message);
        }

        public GuardException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}

package io.matriarch.adapters.consul;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.model.session.ImmutableSession;
import org.kiwiproject.consul.model.session.SessionInfo;
import org.kiwiproject.consul.util.Jackson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, renews and ends sessions (DCS-057): their keys end with them, nobody waits longer than a millisecond for a key
 * whose session ended, and no health check of Consul's ends one unless the configuration names it.
 */
final class ConsulSessions {

    private static final Logger log = LoggerFactory.getLogger(ConsulSessions.class);

    private static final String INVALID_TTL = "Invalid Session TTL";
    private static final Pattern BOUNDS = Pattern.compile("between \\[([^=\\]]+)=");

    /** What Consul's servers demand unless they are configured otherwise. */
    private static final Duration DEFAULT_SHORTEST = Duration.ofSeconds(10);

    static {
        // The client leaves empty lists out, and a session without a list of checks gets the node's health check.
        Jackson.MAPPER.addMixIn(ImmutableSession.class, WithEmptyLists.class);
    }

    private final ConsulConnection connection;
    private final String name;
    private final List<String> checks;
    private volatile Duration shortest = Duration.ZERO;
    private volatile Optional<Duration> accepted = Optional.empty();
    private final Set<Thread> ending = ConcurrentHashMap.newKeySet();

    ConsulSessions(ConsulConnection connection, String name, List<String> checks) {
        this.connection = connection;
        this.name = name;
        this.checks = List.copyOf(checks);
    }

    private interface WithEmptyLists {
        @JsonInclude(JsonInclude.Include.ALWAYS)
        List<String> getChecks();
    }

    /** The length a session gets when this one is wanted, as far as is known. */
    Duration effective(Duration wanted) {
        return wanted.compareTo(shortest) < 0 ? shortest : wanted;
    }

    /** Finds out whether Consul has sessions of this length; without an answer what was known stays. */
    void probe(Duration wanted, Duration bound) {
        if (accepted.isPresent() && accepted.get().compareTo(effective(wanted)) <= 0) {
            return;
        }
        try {
            end(create(wanted, Budget.of(bound)).id());
        } catch (ConsulException e) {
            log.debug("the minimum session TTL is not known: {}", ConsulFailures.text(e));
        }
    }

    /** A fresh session of this length, or of Consul's shortest one. */
    ConsulSession create(Duration wanted, Budget budget) {
        var ttl = effective(wanted);
        try {
            return open(ttl, budget);
        } catch (ConsulException e) {
            if (!e.getMessage().contains(INVALID_TTL)) {
                throw e;
            }
            // Consul has refused it, so that asking once more with another length is no repetition.
            var minimum = minimum(e.getMessage());
            if (minimum.compareTo(ttl) <= 0) {
                throw e;
            }
            log.warn("Changing Session TTL from {} to {}", ConsulSession.seconds(ttl), ConsulSession.seconds(minimum));
            shortest = minimum;
            return open(minimum, budget);
        }
    }

    /** Renews a session once; empty when it has ended. */
    Optional<SessionInfo> renew(String id, Budget budget) {
        try {
            return connection.call(
                    budget,
                    client -> connection
                            .datacenter()
                            .map(dc -> client.sessionClient().renewSession(dc, id))
                            .orElseGet(() -> client.sessionClient().renewSession(id)));
        } catch (ConsulException e) {
            if (ConsulFailures.isNotFound(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Ends a session that nothing may live by any more, in the background: it ends by itself when this fails. */
    void end(String id) {
        var thread = Thread.ofVirtual().name("consul session end").unstarted(() -> {
            try {
                destroy(id);
            } catch (ConsulException e) {
                log.debug("session {} is left to its end: {}", id, ConsulFailures.text(e));
            } finally {
                ending.remove(Thread.currentThread());
            }
        });
        ending.add(thread);
        thread.start();
    }

    /** Waits for the sessions that are being ended, at most this long for all of them. */
    void awaitEnds(Duration bound) {
        var budget = Budget.of(bound);
        for (var thread : ending) {
            try {
                thread.join(budget.left());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void destroy(String id) {
        connection.call(Budget.of(DEFAULT_SHORTEST), client -> {
            connection
                    .datacenter()
                    .ifPresentOrElse(
                            dc -> client.sessionClient().destroySession(id, dc),
                            () -> client.sessionClient().destroySession(id));
            return id;
        });
    }

    private ConsulSession open(Duration ttl, Budget budget) {
        var session = ImmutableSession.builder()
                .name(name)
                .behavior("delete")
                .lockDelay("0.001s")
                .ttl(ConsulSession.format(ttl))
                .checks(checks)
                .build();
        var created = connection.call(
                budget,
                client -> connection
                        .datacenter()
                        .map(dc -> client.sessionClient().createSession(session, dc))
                        .orElseGet(() -> client.sessionClient().createSession(session)));
        if (accepted.isEmpty() || ttl.compareTo(accepted.get()) < 0) {
            accepted = Optional.of(ttl);
        }
        return new ConsulSession(created.getId(), ttl);
    }

    /** The server's own words count: the agent that was asked may be configured otherwise than the servers. */
    private static Duration minimum(String message) {
        var bounds = BOUNDS.matcher(message);
        return bounds.find() ? ConsulSession.parse(bounds.group(1)).orElse(DEFAULT_SHORTEST) : DEFAULT_SHORTEST;
    }
}

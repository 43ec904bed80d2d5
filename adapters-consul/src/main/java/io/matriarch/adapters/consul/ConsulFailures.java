package io.matriarch.adapters.consul;

import java.util.Optional;
import java.util.Set;
import org.kiwiproject.consul.ConsulException;

/** What the errors of Consul and of the way to it mean. */
final class ConsulFailures {

    private static final int NOT_FOUND = 404;

    /** Codes of a transaction that was certainly not applied: malformed, a condition does not hold, too large. */
    private static final Set<Integer> NOT_APPLIED = Set.of(400, 409, 413);

    private ConsulFailures() {}

    static boolean isNotFound(ConsulException failure) {
        return failure.hasCode() && failure.getCode() == NOT_FOUND;
    }

    static boolean isNotApplied(ConsulException failure) {
        return failure.hasCode() && NOT_APPLIED.contains(failure.getCode());
    }

    /** The request itself is wrong or not allowed; anything else, 500 without a leader included, may pass. */
    static boolean isFinal(ConsulException failure) {
        return failure.hasCode() && failure.getCode() >= 400 && failure.getCode() < 500;
    }

    /** Consul's own words about a session that has ended. */
    static boolean isSessionGone(String why) {
        return why.contains("invalid session");
    }

    /** For people: Consul's own words where it said something. */
    static String text(ConsulException failure) {
        var cause = Optional.ofNullable(failure.getCause()).map(Throwable::toString);
        return "Consul: " + failure.getMessage()
                + cause.map(text -> ": " + text).orElse("");
    }
}

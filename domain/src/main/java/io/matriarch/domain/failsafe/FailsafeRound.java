package io.matriarch.domain.failsafe;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.List;

/**
 * The answers of all that were asked at once.
 *
 * @param lease what they were asked for
 * @param began before the first request left: what they promise counts from then on
 * @param ttl how long they promise it for at least
 * @param answers one of each
 */
public record FailsafeRound(LeaseId lease, MonotonicTime began, Duration ttl, List<FailsafeAnswer> answers) {

    public FailsafeRound {
        answers = List.copyOf(answers);
    }

    /** Those who do not agree, with what they said. */
    public List<FailsafeAnswer.Refused> refusals() {
        return answers.stream()
                .filter(FailsafeAnswer.Refused.class::isInstance)
                .map(FailsafeAnswer.Refused.class::cast)
                .toList();
    }
}

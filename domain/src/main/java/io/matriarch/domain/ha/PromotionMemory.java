package io.matriarch.domain.ha;

import io.matriarch.domain.time.MonotonicTime;
import java.util.Optional;

/**
 * What is remembered of the script that runs before a promotion.
 *
 * @param script what it has said since the lock became ours
 * @param releasedAt when the lock was last given back because it had failed
 */
public record PromotionMemory(Script script, Optional<MonotonicTime> releasedAt) {

    public static final PromotionMemory NONE = new PromotionMemory(Script.NOT_RUN, Optional.empty());

    /** What the script has said. */
    public enum Script {
        NOT_RUN,
        PASSED,
        FAILED
    }

    PromotionMemory with(Script said) {
        return new PromotionMemory(said, releasedAt);
    }
}

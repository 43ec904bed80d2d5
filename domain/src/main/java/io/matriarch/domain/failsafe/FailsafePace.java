package io.matriarch.domain.failsafe;

import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.time.LeaseLadder;
import java.time.Duration;

/**
 * When a leader without the store asks the members again, and how long it waits for them. A round that fails has to be
 * over before the first rung of the ladder (SAF-040), so both depend on what is left until there.
 */
public final class FailsafePace {

    private FailsafePace() {}

    /** How long one try of a question may take: two of them and a rest fit into what is left. */
    public static Duration patience(HaSettings settings, Duration toFirstRung) {
        return shorter(settings.peerPatience(), toFirstRung.dividedBy(3));
    }

    /**
     * Pause before the next turn without the store: at most {@code loop_wait}, and short enough that the turn's own read
     * of the store and of the server and a round of questions end before the first rung. Where the settings leave no
     * room for all of that, a short pause is kept all the same.
     */
    public static Duration pause(HaSettings settings, Duration toFirstRung) {
        Duration room = toFirstRung.minus(turnAndRound(settings));
        Duration least = shorter(LeaseLadder.of(settings.ttl()).margin().dividedBy(2), settings.loopWait());
        return shorter(settings.loopWait(), room.compareTo(least) > 0 ? room : least);
    }

    /** The longest a turn without the store can take until the answers are there. */
    public static Duration turnAndRound(HaSettings settings) {
        Duration probe = settings.peerPatience();
        return settings.retryTimeout().plus(probe).plus(settings.peerPatience().multipliedBy(2));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}

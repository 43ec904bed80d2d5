package io.matriarch.domain.cluster;

import io.matriarch.domain.postgres.Timeline;
import java.util.Optional;

/**
 * The number of the last acquisition of the leader lock and who made it (SAF-016). It only grows: a primary that was not
 * the last holder has been overtaken, whatever its timeline says.
 *
 * @param number 0 when nobody has ever acquired the lock under these rules
 * @param holder who acquired it last
 * @param reserved the highest timeline its holder may write, reserved before the promotion: whoever is promoted later
 *     takes a higher one, even if this one was never heard of; unknown before the first acquisition
 * @param revision the key's revision
 */
public record Epoch(long number, Optional<MemberName> holder, Timeline reserved, Revision revision) {

    public static final Epoch NONE = new Epoch(0, Optional.empty(), Timeline.UNKNOWN, Revision.ABSENT);

    /** The one to write with an acquisition by {@code next}, who writes no timeline above {@code highest}. */
    public Epoch followedBy(MemberName next, Timeline highest) {
        return new Epoch(number + 1, Optional.of(next), reserved.max(highest), revision);
    }

    public boolean wasHeldBy(MemberName name) {
        return holder.filter(name::equals).isPresent();
    }
}

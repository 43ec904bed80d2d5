package io.matriarch.domain.cluster;

import java.util.Optional;

/**
 * The number of the last acquisition of the leader lock and who made it (SAF-016). It only grows: a primary that was not
 * the last holder has been overtaken, whatever its timeline says.
 *
 * @param number 0 when nobody has ever acquired the lock under these rules
 * @param holder who acquired it last
 * @param revision the key's revision
 */
public record Epoch(long number, Optional<MemberName> holder, Revision revision) {

    public static final Epoch NONE = new Epoch(0, Optional.empty(), Revision.ABSENT);

    /** The one to write with an acquisition by {@code next}. */
    public Epoch followedBy(MemberName next) {
        return new Epoch(number + 1, Optional.of(next), revision);
    }

    public boolean wasHeldBy(MemberName name) {
        return holder.filter(name::equals).isPresent();
    }
}

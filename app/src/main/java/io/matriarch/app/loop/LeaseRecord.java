package io.matriarch.app.loop;

import io.matriarch.domain.cluster.LeaseId;
import java.util.Optional;

/**
 * Where the agents of one data directory leave word of the lease they hold, so that the next one knows it again
 * (SAF-014). It is written before the hold is used; what cannot be written costs the next agent the wait for the lease
 * to end, nothing else.
 */
public interface LeaseRecord {

    /** No record: every lease of a former self is waited out. */
    LeaseRecord NONE = new LeaseRecord() {
        @Override
        public Optional<LeaseId> last() {
            return Optional.empty();
        }

        @Override
        public void write(LeaseId held) {
            // There is nowhere to write it.
        }
    };

    /** The lease that was written last, by whatever process. */
    Optional<LeaseId> last();

    /** Never throws. */
    void write(LeaseId held);
}

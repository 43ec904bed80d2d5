package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** One change of one of the two places that say who is synchronous. The next one is decided when this one is done. */
public sealed interface SyncStep {

    /**
     * Writes the register: who may be elected without loss.
     *
     * @param quorum votes a candidate needs besides its own
     * @param done the line for the log when it is written
     * @param refused the line for the log when somebody else has changed it
     */
    record Register(MemberName leader, List<MemberName> voters, int quorum, String done, String refused)
            implements SyncStep {

        public Register {
            voters = List.copyOf(voters);
        }
    }

    /** Makes commits wait for these. */
    record Server(StandbyNames names) implements SyncStep {}

    /** Everything is as it should be, or has to wait for a standby. */
    record Nothing() implements SyncStep {}

    /** Names as the log shows them. */
    static String list(Collection<MemberName> names) {
        return names.stream().map(name -> "'" + name + "'").collect(Collectors.joining(", ", "[", "]"));
    }
}

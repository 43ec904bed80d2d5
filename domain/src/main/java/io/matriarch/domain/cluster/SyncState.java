package io.matriarch.domain.cluster;

import java.util.List;
import java.util.Optional;

/**
 * The register of who may be promoted without loss.
 *
 * @param leader the primary it belongs to; empty while synchronous mode is off
 * @param voters members that confirm commits, sorted
 * @param quorum votes needed besides the candidate's own in quorum mode
 * @param revision the key's revision
 */
public record SyncState(Optional<MemberName> leader, List<MemberName> voters, int quorum, Revision revision) {

    public static final SyncState NONE = new SyncState(Optional.empty(), List.of(), 0, Revision.ABSENT);

    public SyncState {
        voters = List.copyOf(voters);
    }

    public boolean lists(MemberName name) {
        return voters.stream().anyMatch(name::matchesIgnoringCase);
    }

    /** Whether the member is the register's leader or one of its voters. */
    public boolean includes(MemberName name) {
        return lists(name) || leader.filter(name::matchesIgnoringCase).isPresent();
    }
}

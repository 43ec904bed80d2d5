package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import java.util.Collection;
import java.util.Set;

/**
 * Whether one change of quorum mode may be made now, whoever has thought of it (SAF-051, S-8).
 *
 * <p>Two kinds of commits have to survive a change. Those that the present names acknowledge from now on: both places must
 * intersect after the change. And those acknowledged before the server loaded these names: the new register must not be
 * satisfied by a group that may lack one of them.
 */
final class QuorumRule {

    private QuorumRule() {}

    /** The server may wait for other standbys if the register still intersects with them. */
    static boolean allowsServer(QuorumState after) {
        return after.intersects();
    }

    /**
     * The register may be changed if it still intersects with the server's names, and each group that it lets elect
     * contains the primary, or a standby that has everything from before, or a group that could elect before.
     *
     * @param confirmed standbys that have everything from before the server's present names
     */
    static boolean allowsRegister(QuorumState before, QuorumState after, Collection<MemberName> confirmed) {
        if (!after.intersects()) {
            return false;
        }
        Set<MemberName> unsure = QuorumState.minus(after.electable(), confirmed);
        unsure.remove(after.me());
        int group = after.quorum() + 1;
        if (unsure.size() < group) {
            return true;
        }
        int newcomers = QuorumState.minus(unsure, before.electable()).size();
        return group - Math.min(newcomers, group) >= before.quorum() + 1;
    }
}

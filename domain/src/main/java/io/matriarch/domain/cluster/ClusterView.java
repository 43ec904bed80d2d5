package io.matriarch.domain.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One consistent read of everything a cluster has in the store.
 *
 * @param initialize who has initialized it
 * @param leaderLock who leads
 * @param members the members whose keys are alive, by name
 * @param request what an operator has asked for
 * @param sync the synchronous register
 * @param status the leader's position
 * @param history the promotions
 * @param epoch the last acquisition
 * @param failoverRevision the failover key's revision, request or not
 * @param hasConfig whether there is a valid configuration
 * @param configRevision the configuration key's revision, valid or not
 * @param failsafe the members that take part in failsafe mode
 */
public record ClusterView(
        InitializeKey initialize,
        LeaderLock leaderLock,
        List<Member> members,
        Optional<SwitchoverRequest> request,
        SyncState sync,
        ClusterStatus status,
        TimelineHistory history,
        Epoch epoch,
        Revision failoverRevision,
        boolean hasConfig,
        Revision configRevision,
        FailsafeMap failsafe) {

    /** A scope without a single key. */
    public static final ClusterView EMPTY = new ClusterView(
            new InitializeKey.Absent(),
            new LeaderLock.Free(),
            List.of(),
            Optional.empty(),
            SyncState.NONE,
            ClusterStatus.NONE,
            TimelineHistory.UNKNOWN,
            Epoch.NONE,
            Revision.ABSENT,
            false,
            Revision.ABSENT,
            FailsafeMap.NONE);

    public ClusterView {
        members = List.copyOf(members);
    }

    /** The same led by {@code leader}, of whom another source than the store knows. */
    public ClusterView ledBy(Member leader, LeaseId lease) {
        List<Member> all = new ArrayList<>(members);
        all.removeIf(member -> member.name().equals(leader.name()));
        all.add(leader);
        return new ClusterView(
                initialize,
                new LeaderLock.Held(leader.name(), lease),
                all,
                request,
                sync,
                status,
                history,
                epoch,
                failoverRevision,
                hasConfig,
                configRevision,
                failsafe);
    }

    public Optional<Member> member(MemberName name) {
        for (Member member : members) {
            if (member.name().equals(name)) {
                return Optional.of(member);
            }
        }
        return Optional.empty();
    }

    public boolean isLocked() {
        return leaderLock instanceof LeaderLock.Held;
    }

    public Optional<MemberName> leaderName() {
        return switch (leaderLock) {
            case LeaderLock.Free _ -> Optional.empty();
            case LeaderLock.Held held -> Optional.of(held.holder());
        };
    }

    /** The leader as a member; one without a key of its own is still the leader, with nothing known of it. */
    public Optional<Member> leader() {
        return leaderName().map(name -> member(name).orElseGet(() -> Member.named(name)));
    }
}

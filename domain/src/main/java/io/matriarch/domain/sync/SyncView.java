package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.settings.SyncSettings;
import java.util.List;
import java.util.Optional;

/**
 * What a primary with the lock sees of synchronous replication.
 *
 * @param self the primary
 * @param settings what is asked for
 * @param members the cluster's members
 * @param register who may be elected without loss
 * @param replication who streams, and whom commits wait for
 * @param flushed the primary's WAL is on disk up to here
 * @param slotsUsed whether members stream through slots of their own
 */
public record SyncView(
        MemberName self,
        SyncSettings settings,
        List<Member> members,
        SyncState register,
        Replication replication,
        Lsn flushed,
        boolean slotsUsed) {

    public SyncView {
        members = List.copyOf(members);
    }

    List<MemberName> memberNames() {
        return members.stream().map(Member::name).toList();
    }

    /** The value in force, names spelled as the members spell them. */
    StandbyNames loaded() {
        return StandbyNames.parse(replication.synchronousNames()).spelledLike(memberNames());
    }

    List<MemberName> voters() {
        return register.voters().stream()
                .map(name -> StandbyNames.spelled(name, memberNames()))
                .distinct()
                .sorted()
                .toList();
    }

    Optional<MemberName> leader() {
        return register.leader().map(name -> StandbyNames.spelled(name, memberNames()));
    }

    /** The member that an application name stands for. */
    Optional<MemberName> named(String applicationName) {
        return memberNames().stream()
                .filter(name -> name.value().equalsIgnoreCase(applicationName))
                .findFirst();
    }

    Optional<Member> member(MemberName name) {
        return members.stream().filter(one -> one.name().equals(name)).findFirst();
    }

    int nodeCount() {
        return Math.max(settings.nodeCount(), settings.leastStandbys());
    }
}

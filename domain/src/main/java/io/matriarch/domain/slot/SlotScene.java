package io.matriarch.domain.slot;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.settings.SlotSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a member's slots depend on.
 *
 * @param self the member
 * @param tags its own tags, whatever its key in the store says
 * @param role {@code PRIMARY} and {@code STANDBY_LEADER} serve the others, {@code REPLICA} prepares to
 * @param cluster the store
 * @param settings what is asked for
 * @param standbyCluster whether the cluster follows another one
 * @param paused whether automation is off: nothing is dropped then
 * @param present the slots there are
 * @param position replayed by a standby, written by a primary
 * @param retained slots of absent members that are still kept
 */
public record SlotScene(
        MemberName self,
        Tags tags,
        Role role,
        ClusterView cluster,
        SlotSettings settings,
        boolean standbyCluster,
        boolean paused,
        List<SlotView> present,
        Lsn position,
        List<String> retained) {

    public SlotScene {
        present = List.copyOf(present);
        retained = List.copyOf(retained);
    }

    boolean leads() {
        return role.isPrimary() || role == Role.STANDBY_LEADER;
    }

    /** Members other than this one that stream from somebody; a leader without a key of its own is one of them. */
    List<Member> others() {
        List<Member> all = new ArrayList<>(cluster.members());
        cluster.leader()
                .filter(leader -> cluster.member(leader.name()).isEmpty())
                .ifPresent(all::add);
        all.removeIf(member -> member.name().equals(self) || member.tags().nostream());
        return all;
    }

    /** Whether a member should be connected to this one right now. */
    boolean expectsToServe(Member member) {
        Optional<MemberName> from = member.tags().replicatefrom();
        if (leads()) {
            return from.filter(upstream -> !upstream.equals(self))
                    .flatMap(cluster::member)
                    .isEmpty();
        }
        boolean isLeader = cluster.leaderName().filter(member.name()::equals).isPresent();
        return from.filter(self::equals).isPresent() && !isLeader;
    }

    /** Whether a member that never leads keeps slots only for those that stream from it. */
    boolean keepsOnlyServed() {
        return !leads() && tags.nofailover();
    }

    /**
     * Whether no walsender of the primary tells the primary which old rows this member needs: it, or somebody it gets its
     * WAL through, does not stream.
     */
    boolean isCutOff() {
        return tags.nostream()
                || !leads()
                        && chain(tags).stream()
                                .anyMatch(upstream -> upstream.tags().nostream());
    }

    /** Those through whom the WAL reaches a member with these tags, nearest first; the leader is not among them. */
    List<Member> chain(Tags from) {
        List<Member> chain = new ArrayList<>();
        Optional<Member> next = from.replicatefrom().flatMap(cluster::member);
        while (next.isPresent() && !chain.contains(next.get())) {
            chain.add(next.get());
            next = next.get().tags().replicatefrom().flatMap(cluster::member);
        }
        return chain;
    }

    /** Whether the leader does not publish the positions of its slots (HA-143). */
    boolean leaderIsOld() {
        return cluster.leader()
                .map(leader -> leader.version().map(SlotScene::isOld).orElse(true))
                .orElse(false);
    }

    private static boolean isOld(String version) {
        int dot = version.indexOf('.');
        String major = dot < 0 ? version : version.substring(0, dot);
        boolean number = !major.isEmpty() && major.length() < 9 && major.chars().allMatch(c -> c >= '0' && c <= '9');
        return !number || Integer.parseInt(major) < 4;
    }
}

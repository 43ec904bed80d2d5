package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.time.MonotonicTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The members that stream from a primary, as candidates for synchronous standbys (ha-decisions §10.2).
 *
 * @param active those that should confirm commits, the preferred ones first
 * @param confirmed those of them that have everything acknowledged before the present names were loaded
 * @param memory what to remember
 * @param impostors members whose name something else uses that streams from here, too
 */
record Standbys(List<MemberName> active, List<MemberName> confirmed, SyncMemory memory, List<MemberName> impostors) {

    private static final List<String> ORDER = List.of("sync", "quorum", "potential", "async");

    /** A member that streams. */
    private record Candidate(Member member, String syncState, Lsn position) {

        MemberName name() {
            return member.name();
        }

        int priority() {
            return member.tags().nosync() ? 0 : member.tags().syncPriority();
        }

        int stateRank() {
            int at = ORDER.indexOf(syncState);
            return at < 0 ? ORDER.size() : at;
        }

        boolean nofailover() {
            return member.tags().effectivePriority() <= 0;
        }
    }

    Standbys {
        active = List.copyOf(active);
        confirmed = List.copyOf(confirmed);
        impostors = List.copyOf(impostors);
    }

    static Standbys of(SyncView seen, MonotonicTime now, Optional<SyncMemory> before) {
        SyncMemory memory = SyncMemory.seen(before, seen.loaded(), now, seen.flushed());
        List<MemberName> impostors = impostors(seen);
        List<Candidate> candidates = candidates(seen, impostors);
        memory = memory.confirmedBy(caughtUp(candidates, memory));
        List<MemberName> active = active(seen, candidates);
        boolean quorum = seen.settings().mode() == SyncSettings.Mode.QUORUM;
        List<MemberName> ready = ready(seen, memory, quorum);
        List<MemberName> confirmed = candidates.stream()
                .filter(one -> one.syncState().equals(quorum ? "quorum" : "sync"))
                .map(Candidate::name)
                .filter(active::contains)
                .filter(ready::contains)
                .toList();
        return new Standbys(active, confirmed, memory, impostors);
    }

    /** In priority mode who is listed has been enforced since, so that it has everything whatever we remember. */
    private static List<MemberName> ready(SyncView seen, SyncMemory memory, boolean quorum) {
        List<MemberName> ready = new ArrayList<>(memory.ready());
        SyncState register = seen.register();
        boolean listedHaveAll = !quorum
                && register.quorum() == 0
                && register.leader().filter(seen.self()::matchesIgnoringCase).isPresent()
                && seen.loaded().waitsForAll();
        if (listedHaveAll) {
            ready.addAll(seen.voters());
        }
        return ready;
    }

    private static List<MemberName> caughtUp(List<Candidate> candidates, SyncMemory memory) {
        if (memory.from().isEmpty()) {
            return List.of();
        }
        return candidates.stream()
                .filter(one -> one.syncState().equals("sync") || one.syncState().equals("quorum"))
                .filter(one -> one.position().isAtLeast(memory.from().get()))
                .map(Candidate::name)
                .filter(memory.names().names()::contains)
                .toList();
    }

    private static List<MemberName> active(SyncView seen, List<Candidate> candidates) {
        int wanted = seen.nodeCount();
        if (seen.settings().mode() == SyncSettings.Mode.PRIORITY) {
            return candidates.stream().limit(wanted).map(Candidate::name).toList();
        }
        List<MemberName> active = new ArrayList<>();
        for (Candidate one : candidates) {
            if (!one.nofailover() || active.size() < wanted) {
                active.add(one.name());
            }
        }
        return active;
    }

    private static List<Candidate> candidates(SyncView seen, List<MemberName> impostors) {
        Set<MemberName> streaming = new TreeSet<>();
        seen.replication()
                .senders()
                .forEach(sender -> seen.named(sender.applicationName()).ifPresent(streaming::add));
        List<Candidate> all = new ArrayList<>();
        for (WalSender sender : seen.replication().senders()) {
            Optional<Member> member = seen.named(sender.applicationName()).flatMap(seen::member);
            Optional<Lsn> position = position(sender, seen.replication());
            if (member.isPresent()
                    && position.isPresent()
                    && sender.isStreaming()
                    && mayBeSynchronous(seen, member.get(), streaming)
                    && !impostors.contains(member.get().name())) {
                all.add(new Candidate(member.get(), sender.syncState(), position.get()));
            }
        }
        all.sort(Comparator.comparing(Candidate::nofailover)
                .thenComparing(one -> -one.priority())
                .thenComparing(Candidate::stateRank)
                .thenComparing(Candidate::position, Comparator.reverseOrder())
                .thenComparing(Candidate::name));
        return withoutLagging(seen, all);
    }

    /** Which of a sender's positions a commit waits for. */
    private static Optional<Lsn> position(WalSender sender, Replication replication) {
        return switch (replication.synchronousCommit()) {
            case "remote_apply" -> sender.replayed();
            case "remote_write" -> sender.written();
            default -> sender.flushed();
        };
    }

    private static boolean mayBeSynchronous(SyncView seen, Member member, Set<MemberName> streaming) {
        return member.isRunning()
                && !member.name().equals(seen.self())
                && !member.tags().nosync()
                && member.tags().syncPriority() > 0
                && !shouldCascade(seen, member, streaming);
    }

    /** Whether it should stream from a member that, in the end, streams from us itself: what it does here is passing. */
    private static boolean shouldCascade(SyncView seen, Member member, Set<MemberName> streaming) {
        Set<MemberName> visited = new TreeSet<>();
        Optional<MemberName> upstream = member.tags().replicatefrom();
        while (upstream.isPresent() && !upstream.get().equals(seen.self()) && visited.add(upstream.get())) {
            if (!upstream.get().equals(member.name()) && streaming.contains(upstream.get())) {
                return true;
            }
            upstream = seen.member(upstream.get()).flatMap(one -> one.tags().replicatefrom());
        }
        return false;
    }

    private static List<Candidate> withoutLagging(SyncView seen, List<Candidate> all) {
        long limit = seen.settings().maximumLag();
        if (limit <= 0) {
            return all;
        }
        Lsn furthest = all.size() < 2
                ? seen.flushed()
                : all.stream()
                        .map(Candidate::position)
                        .max(Comparator.naturalOrder())
                        .orElseThrow();
        return all.stream()
                .filter(one -> furthest.lagBytes(one.position()) <= limit)
                .toList();
    }

    /**
     * PostgreSQL lets whatever has a member's name confirm commits: a member of a standby cluster, for example, that has
     * the name of one of ours (W-26). Only the member itself holds the slot we have made for it.
     */
    private static List<MemberName> impostors(SyncView seen) {
        return seen.replication().senders().stream()
                .filter(sender -> seen.slotsUsed() && !sender.holdsItsSlot())
                .filter(WalSender::isStreaming)
                .flatMap(sender -> seen.named(sender.applicationName()).stream())
                .distinct()
                .sorted()
                .toList();
    }
}

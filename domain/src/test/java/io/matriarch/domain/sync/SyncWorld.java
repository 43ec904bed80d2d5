package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A naive model of a cluster in a synchronous mode: positions are counters, a commit is acknowledged when enough of the
 * names have it, and a member wins a race when enough voters are not ahead of it.
 */
final class SyncWorld {

    static final List<MemberName> ALL =
            List.of("a", "b", "c", "d", "e").stream().map(MemberName::new).toList();

    final Map<MemberName, Long> position = new TreeMap<>();
    final Set<MemberName> connected = new TreeSet<>();
    final Map<MemberName, Tags> tags = new HashMap<>();
    MemberName primary = ALL.getFirst();
    SyncSettings settings = new SyncSettings(SyncSettings.Mode.QUORUM, false, 1, -1, Optional.empty());
    SyncState register = SyncState.NONE;
    StandbyNames names = StandbyNames.NONE;
    /** Some processes of the server go by it for a moment yet. */
    StandbyNames namesBefore = StandbyNames.NONE;

    MonotonicTime changed = MonotonicTime.ofNanos(0);
    MonotonicTime now = MonotonicTime.ofNanos(Duration.ofHours(1).toNanos());
    Optional<SyncMemory> memory = Optional.empty();
    Optional<MonotonicTime> settledAt = Optional.empty();
    long acknowledged;

    SyncWorld() {
        for (MemberName name : ALL) {
            position.put(name, 10L);
            tags.put(name, Tags.NONE);
        }
        acknowledged = 10;
    }

    static Tags tags(boolean nofailover, boolean nosync, int syncPriority) {
        return new Tags(nofailover, 1, false, false, nosync, syncPriority, Optional.empty(), false, Map.of());
    }

    void write() {
        position.merge(primary, 1L, Long::sum);
        acknowledge();
    }

    void receive(MemberName name, long upTo) {
        if (connected.contains(name) && !name.equals(primary)) {
            position.put(name, Math.max(position.get(name), Math.min(upTo, position.get(primary))));
            acknowledge();
        }
    }

    private void acknowledge() {
        acknowledged = Math.max(acknowledged, confirmedBy(names));
        if (now.since(changed).toMillis() < 90) {
            acknowledged = Math.max(acknowledged, confirmedBy(namesBefore));
        }
    }

    private long confirmedBy(StandbyNames by) {
        if (by.kind() == StandbyNames.Kind.OFF) {
            return position.get(primary);
        }
        List<Long> all = by.names().stream().map(position::get).sorted().toList();
        return all.size() < by.number() ? 0 : all.get(all.size() - by.number());
    }

    SyncView view() {
        List<Member> members = new ArrayList<>();
        for (MemberName name : ALL) {
            members.add(member(name));
        }
        List<WalSender> senders = new ArrayList<>();
        for (MemberName name : connected) {
            if (!name.equals(primary)) {
                Optional<Lsn> at = Optional.of(new Lsn(position.get(name)));
                senders.add(new WalSender(name.value(), "streaming", syncState(name), at, at, at));
            }
        }
        return new SyncView(
                primary,
                settings,
                members,
                register,
                new Replication(senders, names.text(), "on"),
                new Lsn(position.get(primary)),
                true);
    }

    private Member member(MemberName name) {
        return new Member(
                name,
                Optional.empty(),
                Optional.empty(),
                "running",
                Optional.of(Role.REPLICA),
                Optional.empty(),
                tags.get(name),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Timeline.FIRST,
                false,
                List.of(),
                false,
                Optional.empty(),
                Optional.empty());
    }

    private String syncState(MemberName name) {
        return !names.names().contains(name) ? "async" : names.kind() == StandbyNames.Kind.QUORUM ? "quorum" : "sync";
    }

    /** One turn of the primary. */
    SyncStep turn() {
        SyncPlanner.Next next = SyncPlanner.next(view(), now, memory, settledAt);
        memory = Optional.of(next.memory());
        carryOut(next.advice().step());
        return next.advice().step();
    }

    private void carryOut(SyncStep step) {
        switch (step) {
            case SyncStep.Register written ->
                register = new SyncState(
                        Optional.of(written.leader()),
                        written.voters(),
                        written.quorum(),
                        new Revision(register.revision().value() + 1));
            case SyncStep.Server set -> load(set.names());
            case SyncStep.Nothing _ -> {}
        }
    }

    private void load(StandbyNames next) {
        namesBefore = names;
        names = StandbyNames.parse(next.text());
        changed = now;
        acknowledge();
    }

    Set<MemberName> electable() {
        Set<MemberName> all = new TreeSet<>(register.voters());
        register.leader().ifPresent(all::add);
        return all;
    }

    /** Whether it would win a race in which only these answer. */
    boolean wins(MemberName name, Set<MemberName> answering) {
        boolean listed = electable().contains(name);
        if (!listed
                && (settings.mode() != SyncSettings.Mode.QUORUM
                        || register.leader().isEmpty())) {
            return false;
        }
        long votes = electable().stream()
                .filter(one -> !one.equals(name) && answering.contains(one))
                .filter(one -> position.get(one) <= position.get(name))
                .count();
        return votes >= register.quorum() + (listed ? 0 : 1);
    }

    /** The primary is gone, and this one takes over; what others have beyond it is rewound. */
    void promote(MemberName next) {
        primary = next;
        position.replaceAll((name, at) -> Math.min(at, position.get(next)));
        connected.clear();
        begin();
        settledAt = Optional.of(now.plus(Duration.ofSeconds(10)));
    }

    /** What stands before the primary may write. */
    void begin() {
        memory = Optional.empty();
        var beginning = SyncPlanner.beginning(view());
        beginning.register().ifPresent(this::carryOut);
        namesBefore = beginning.names();
        names = StandbyNames.parse(beginning.names().text());
        acknowledge();
    }

    @Override
    public String toString() {
        return "primary " + primary + " mode " + settings.mode() + " x" + settings.nodeCount() + " strict "
                + settings.strict() + ", /sync " + register.leader() + register.voters() + " quorum "
                + register.quorum() + ", names " + names + ", positions " + position + ", connected " + connected
                + ", acknowledged " + acknowledged + ", " + memory;
    }
}

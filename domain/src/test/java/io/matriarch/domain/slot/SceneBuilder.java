package io.matriarch.domain.slot;

import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.cluster.TimelineHistory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.settings.IgnoredSlot;
import io.matriarch.domain.settings.PermanentSlot;
import io.matriarch.domain.settings.SlotSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A scene, changed step by step into the one that a row needs. */
final class SceneBuilder {

    private final MemberName self;
    private final Role role;
    private final MemberName leader;
    private boolean locked = true;
    private TagsBuilder tags = new TagsBuilder();
    private boolean use = true;
    private boolean paused;
    private Duration memberTtl = Duration.ofMinutes(30);
    private Lsn position = Lsn.ZERO;
    private List<PermanentSlot> permanent = List.of();
    private List<IgnoredSlot> ignored = List.of();
    private List<SlotView> present = List.of();
    private List<String> retained = List.of();
    private final List<Member> members = new ArrayList<>();
    private final TreeMap<String, Lsn> published = new TreeMap<>();

    /** Tags of a member. */
    static final class TagsBuilder {
        private boolean nofailover;
        private boolean nostream;
        private Optional<MemberName> replicatefrom = Optional.empty();

        TagsBuilder nofailover(boolean value) {
            nofailover = value;
            return this;
        }

        TagsBuilder nostream(boolean value) {
            nostream = value;
            return this;
        }

        TagsBuilder replicatefrom(String name) {
            replicatefrom = Optional.of(new MemberName(name));
            return this;
        }

        Tags build() {
            return new Tags(nofailover, 1, false, false, false, 1, replicatefrom, nostream, Map.of());
        }
    }

    private SceneBuilder(String self, Role role, String leader) {
        this.self = new MemberName(self);
        this.role = role;
        this.leader = new MemberName(leader);
        with(self);
    }

    static SceneBuilder primary(String self) {
        return new SceneBuilder(self, Role.PRIMARY, self);
    }

    static SceneBuilder standbyLeader(String self) {
        return new SceneBuilder(self, Role.STANDBY_LEADER, self);
    }

    static SceneBuilder replica(String self, String leader) {
        return new SceneBuilder(self, Role.REPLICA, leader);
    }

    SceneBuilder with(String name) {
        return with(name, all -> all);
    }

    SceneBuilder with(String name, UnaryOperator<TagsBuilder> theirs) {
        return with(name, theirs, Optional.empty(), "4.1.4");
    }

    SceneBuilder with(String name, UnaryOperator<TagsBuilder> theirs, Lsn position) {
        return with(name, theirs, Optional.of(position), "4.1.4");
    }

    SceneBuilder version(String name, String version) {
        return with(name, all -> all, Optional.empty(), version);
    }

    private SceneBuilder with(String name, UnaryOperator<TagsBuilder> theirs, Optional<Lsn> lsn, String version) {
        members.removeIf(member -> member.name().value().equals(name));
        members.add(new Member(
                new MemberName(name),
                Optional.empty(),
                Optional.empty(),
                "running",
                Optional.empty(),
                Optional.of(version),
                theirs.apply(new TagsBuilder()).build(),
                lsn,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Timeline.FIRST,
                false,
                List.of(),
                false,
                Optional.empty(),
                Optional.empty()));
        return this;
    }

    SceneBuilder nofailover() {
        tags = tags.nofailover(true);
        return this;
    }

    SceneBuilder nostream() {
        tags = tags.nostream(true);
        return this;
    }

    SceneBuilder replicatefrom(String name) {
        tags = tags.replicatefrom(name);
        return this;
    }

    SceneBuilder unlocked() {
        locked = false;
        return this;
    }

    SceneBuilder useSlots(boolean value) {
        use = value;
        return this;
    }

    SceneBuilder paused() {
        paused = true;
        return this;
    }

    SceneBuilder memberTtl(Duration value) {
        memberTtl = value;
        return this;
    }

    SceneBuilder position(Lsn value) {
        position = value;
        return this;
    }

    SceneBuilder permanent(PermanentSlot... slots) {
        permanent = List.of(slots);
        return this;
    }

    SceneBuilder ignored(IgnoredSlot... slots) {
        ignored = List.of(slots);
        return this;
    }

    SceneBuilder present(SlotView... slots) {
        present = List.of(slots);
        return this;
    }

    SceneBuilder retained(String... names) {
        retained = List.of(names);
        return this;
    }

    SceneBuilder published(String name, Lsn lsn) {
        published.put(name, lsn);
        return this;
    }

    SlotScene build() {
        var cluster = new ClusterView(
                new InitializeKey.Absent(),
                locked ? new LeaderLock.Held(leader, new LeaseId("lease")) : new LeaderLock.Free(),
                members,
                Optional.empty(),
                SyncState.NONE,
                new ClusterStatus(Lsn.ZERO, published, List.of()),
                TimelineHistory.UNKNOWN,
                Epoch.NONE,
                Revision.ABSENT,
                true,
                Revision.ABSENT,
                ClusterView.EMPTY.failsafe());
        return new SlotScene(
                self,
                tags.build(),
                role,
                cluster,
                new SlotSettings(use, memberTtl, permanent, ignored),
                role == Role.STANDBY_LEADER,
                paused,
                present,
                position,
                retained);
    }
}

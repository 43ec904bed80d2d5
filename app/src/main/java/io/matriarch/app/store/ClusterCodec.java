package io.matriarch.app.store;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.Trees;
import io.matriarch.app.store.MemberCodec.Fields;
import io.matriarch.domain.cluster.ClusterStatus;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.cluster.TimelineHistory;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Translates between the texts in the store and the domain. Reading never fails: what cannot be understood counts as
 * absent with the revision it has, so that whoever mends it can say "unchanged since". Writing gives byte for byte what
 * a member of the reference writes for the same content.
 */
public final class ClusterCodec {

    /** The failover key's value when nothing is asked for; the key itself stays. */
    public static final String NO_REQUEST = "{}";

    private ClusterCodec() {}

    /** Logging is loaded only when something is wrong: the command line has no time for it. */
    private static final class Complaints {
        private static final Logger log = LoggerFactory.getLogger(ClusterCodec.class);
    }

    public static ClusterView decode(StoreSnapshot snapshot) {
        List<Member> members = new ArrayList<>();
        snapshot.members().forEach((name, value) -> members.add(MemberCodec.decode(name, value.text())));
        return decode(snapshot, members, ClusterView.EMPTY, Map.of());
    }

    /**
     * The same with the members' keys read already, and what has been read before.
     *
     * @param before what {@code keys} were read as
     * @param keys the cluster's keys of the snapshot before
     */
    static ClusterView decode(
            StoreSnapshot snapshot, List<Member> members, ClusterView before, Map<StoreKey, StoredValue> keys) {
        return new ClusterView(
                initialize(snapshot),
                leaderLock(snapshot),
                members,
                snapshot.get(StoreKey.FAILOVER).flatMap(ClusterCodec::request),
                snapshot.get(StoreKey.SYNC).map(ClusterCodec::sync).orElse(SyncState.NONE),
                status(snapshot),
                isSame(StoreKey.HISTORY, snapshot, keys)
                        ? before.history()
                        : snapshot.get(StoreKey.HISTORY)
                                .map(value -> history(value.text()))
                                .orElse(TimelineHistory.UNKNOWN),
                isSame(StoreKey.EPOCH, snapshot, keys)
                        ? before.epoch()
                        : snapshot.get(StoreKey.EPOCH).map(ClusterCodec::epoch).orElse(Epoch.NONE),
                snapshot.revision(StoreKey.FAILOVER),
                isSame(StoreKey.CONFIG, snapshot, keys)
                        ? before.hasConfig()
                        : config(snapshot).isPresent(),
                snapshot.revision(StoreKey.CONFIG),
                isSame(StoreKey.FAILSAFE, snapshot, keys) ? before.failsafe() : failsafeMap(snapshot));
    }

    private static boolean isSame(StoreKey key, StoreSnapshot now, Map<StoreKey, StoredValue> before) {
        StoredValue value = before.get(key);
        return value != null && now.get(key).filter(value::equals).isPresent();
    }

    private static FailsafeMap failsafeMap(StoreSnapshot snapshot) {
        return new FailsafeMap(
                failsafe(snapshot).map(urls -> {
                    SortedMap<MemberName, String> members = new TreeMap<>();
                    urls.forEach((name, url) -> memberName(name).ifPresent(one -> members.put(one, url)));
                    return members;
                }),
                snapshot.revision(StoreKey.FAILSAFE));
    }

    /** The dynamic configuration; empty when there is none or the text is no JSON object (DCS-024). */
    public static Optional<Map<String, Object>> config(StoreSnapshot snapshot) {
        return snapshot.get(StoreKey.CONFIG).flatMap(value -> Json.object(value.text()));
    }

    /** Name and API address of the members that take part in failsafe mode; empty when unknown (DCS-023). */
    public static Optional<SortedMap<String, String>> failsafe(StoreSnapshot snapshot) {
        return snapshot.get(StoreKey.FAILSAFE)
                .flatMap(value -> Json.object(value.text()))
                .map(document -> {
                    SortedMap<String, String> urls = new TreeMap<>();
                    document.forEach((name, url) -> urls.put(name, url == null ? "" : Trees.text(url)));
                    return urls;
                });
    }

    /** The fields of a member's key as they stand there, for what shows them unread; empty for garbage. */
    public static Map<String, Object> memberDocument(StoredValue value) {
        return MemberCodec.document(value.text());
    }

    /** Reads tags as a member publishes them. */
    public static Tags tags(Map<String, Object> published) {
        return MemberCodec.tags(published);
    }

    /** Reads a member's key. */
    public static Member member(MemberName name, String text) {
        return MemberCodec.decode(name, text);
    }

    private static InitializeKey initialize(StoreSnapshot snapshot) {
        Optional<StoredValue> value = snapshot.get(StoreKey.INITIALIZE);
        if (value.isEmpty()) {
            return new InitializeKey.Absent();
        }
        String text = value.get().text();
        Revision revision = value.get().revision();
        if (text.isEmpty()) {
            return new InitializeKey.InProgress(revision);
        }
        return SystemIdentifier.parse(text)
                .<InitializeKey>map(identifier -> new InitializeKey.Done(identifier, revision))
                .orElseGet(() -> new InitializeKey.Invalid(text, revision));
    }

    /** A value that names no member frees nothing: the store refuses to create a key that is there. */
    private static LeaderLock leaderLock(StoreSnapshot snapshot) {
        return snapshot.get(StoreKey.LEADER)
                .<LeaderLock>flatMap(value -> memberName(value.text())
                        .map(name -> new LeaderLock.Held(
                                name,
                                value.lease()
                                        .orElseGet(() -> new LeaseId(
                                                "revision:" + value.revision().value())))))
                .orElseGet(LeaderLock.Free::new);
    }

    private static Optional<SwitchoverRequest> request(StoredValue value) {
        Object document;
        try {
            document = Json.parse(value.text());
        } catch (Json.SyntaxException e) {
            return legacyRequest(value);
        }
        return Trees.asMap(document).flatMap(fields -> request(fields, value.revision()));
    }

    /** {@code leader:candidate}, from before the key held JSON. */
    private static Optional<SwitchoverRequest> legacyRequest(StoredValue value) {
        String[] names = value.text().split(":", -1);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("leader", names[0].strip());
        if (names.length > 1) {
            fields.put("member", names[1].strip());
        }
        return request(fields, value.revision());
    }

    private static Optional<SwitchoverRequest> request(Map<String, Object> fields, Revision revision) {
        Optional<MemberName> leader = Fields.name(fields, "leader");
        Optional<MemberName> candidate = Fields.name(fields, "member");
        // A candidate that can't be read must not turn into "anybody".
        boolean unreadable = leader.isEmpty() && Trees.truthy(fields.get("leader"))
                || candidate.isEmpty() && Trees.truthy(fields.get("member"));
        if (unreadable || leader.isEmpty() && candidate.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> schedule = Optional.ofNullable(fields.get("scheduled_at"))
                .filter(Trees::truthy)
                .map(Trees::text);
        var at = schedule.flatMap(IsoTime::parse);
        return Optional.of(
                new SwitchoverRequest(leader, candidate, at, at.isPresent() ? Optional.empty() : schedule, revision));
    }

    private static SyncState sync(StoredValue value) {
        Map<String, Object> fields = Json.object(value.text()).orElse(Map.of());
        Optional<MemberName> leader = Fields.name(fields, "leader");
        if (leader.isEmpty()) {
            return new SyncState(Optional.empty(), List.of(), 0, value.revision());
        }
        List<MemberName> voters = new ArrayList<>();
        for (String name : Fields.text(fields, "sync_standby").orElse("").split(",")) {
            memberName(name.strip()).ifPresent(voters::add);
        }
        Collections.sort(voters);
        int quorum = Fields.integer(fields, "quorum").orElse(0);
        return new SyncState(leader, voters, Math.max(0, quorum), value.revision());
    }

    private static ClusterStatus status(StoreSnapshot snapshot) {
        Optional<StoredValue> status = snapshot.get(StoreKey.STATUS);
        if (status.isPresent()) {
            return status(status.get().text());
        }
        return snapshot.get(StoreKey.LEGACY_OPTIME)
                .flatMap(value -> Fields.number(value.text()))
                .map(position -> ClusterStatus.of(new Lsn(position), Map.of()))
                .orElse(ClusterStatus.NONE);
    }

    private static ClusterStatus status(String text) {
        Object document = Json.read(text).orElse("");
        if (document instanceof Number) {
            return ClusterStatus.of(Fields.number(document).map(Lsn::new).orElse(Lsn.ZERO), Map.of());
        }
        Map<String, Object> fields = Trees.asMap(document).orElse(Map.of());
        SortedMap<String, Lsn> slots = new TreeMap<>();
        Trees.asMap(unwrapped(fields.get("slots")))
                .orElse(Map.of())
                .forEach((name, position) ->
                        Fields.number(position).ifPresent(number -> slots.put(name, new Lsn(number))));
        List<String> retained = new ArrayList<>();
        if (unwrapped(fields.get("retain_slots")) instanceof List<?> names) {
            names.forEach(name -> retained.add(Trees.text(name)));
        }
        Collections.sort(retained);
        return new ClusterStatus(Fields.lsn(fields, "optime").orElse(Lsn.ZERO), slots, retained);
    }

    /** On Kubernetes the parts are texts with JSON in them; a copy of such a key must read alike. */
    private static Object unwrapped(Object part) {
        return part instanceof String text ? Json.read(text).orElse(null) : part;
    }

    private static TimelineHistory history(String text) {
        List<TimelineHistory.Line> lines = new ArrayList<>();
        boolean readable = Json.read(text).orElse("") instanceof List<?> items
                && items.stream().allMatch(item -> line(item).map(lines::add).isPresent());
        if (!readable) {
            Complaints.log.error("history in the store can't be read: {}", text);
            return TimelineHistory.UNKNOWN;
        }
        return new TimelineHistory(true, lines);
    }

    private static Optional<TimelineHistory.Line> line(Object item) {
        if (!(item instanceof List<?> parts) || parts.size() < 2) {
            return Optional.empty();
        }
        Optional<Integer> timeline = Fields.number(parts.get(0)).map(Long::intValue);
        Optional<Lsn> switchpoint = Fields.number(parts.get(1)).map(Lsn::new);
        return timeline.isEmpty() || switchpoint.isEmpty()
                ? Optional.empty()
                : Optional.of(new TimelineHistory.Line(
                        new Timeline(timeline.get()),
                        switchpoint.get(),
                        part(parts, 2).orElse(""),
                        part(parts, 3),
                        part(parts, 4)));
    }

    private static Optional<String> part(List<?> parts, int index) {
        return index < parts.size() && parts.get(index) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    private static Epoch epoch(StoredValue value) {
        Map<String, Object> fields = Json.object(value.text()).orElse(Map.of());
        return new Epoch(
                Fields.number(fields.get("epoch")).orElse(0L),
                Fields.name(fields, "holder"),
                new Timeline(Fields.number(fields.get("timeline")).orElse(0L).intValue()),
                value.revision());
    }

    static Optional<MemberName> memberName(String text) {
        return text.isBlank() || text.indexOf('/') >= 0 ? Optional.empty() : Optional.of(new MemberName(text));
    }

    /** {@code members/NAME}. */
    public static String encodeMember(Member member) {
        return MemberCodec.encode(member);
    }

    /** {@code status}; empty parts are left out. */
    public static String encodeStatus(ClusterStatus status) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("optime", status.position().value());
        if (!status.slots().isEmpty()) {
            Map<String, Object> slots = new LinkedHashMap<>();
            status.slots().forEach((name, position) -> slots.put(name, position.value()));
            fields.put("slots", slots);
        }
        if (!status.retained().isEmpty()) {
            fields.put("retain_slots", status.retained());
        }
        return Json.compact(fields);
    }

    /** {@code optime/leader}, for members before 2.1.0. */
    public static String encodeLegacyOptime(Lsn position) {
        return Long.toString(position.value());
    }

    /** {@code sync}; the revision plays no part. */
    public static String encodeSync(SyncState sync) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("leader", sync.leader().map(MemberName::value).orElse(null));
        fields.put("quorum", sync.quorum());
        List<String> voters =
                sync.voters().stream().map(MemberName::value).sorted().toList();
        fields.put("sync_standby", voters.isEmpty() ? null : String.join(",", voters));
        return Json.compact(fields);
    }

    /** {@code failover}; {@link #NO_REQUEST} clears it. */
    public static String encodeFailover(SwitchoverRequest request) {
        Map<String, Object> fields = new LinkedHashMap<>();
        request.leader().ifPresent(name -> fields.put("leader", name.value()));
        request.candidate().ifPresent(name -> fields.put("member", name.value()));
        request.scheduledAt()
                .map(IsoTime::format)
                .or(request::scheduleText)
                .ifPresent(text -> fields.put("scheduled_at", text));
        return Json.compact(fields);
    }

    /** {@code history}. */
    public static String encodeHistory(TimelineHistory history) {
        List<Object> lines = new ArrayList<>();
        for (TimelineHistory.Line line : history.lines()) {
            List<Object> parts = new ArrayList<>();
            parts.add(Integer.toUnsignedLong(line.timeline().value()));
            parts.add(line.switchpoint().value());
            parts.add(line.reason());
            if (line.timestamp().isPresent() || line.leader().isPresent()) {
                parts.add(line.timestamp().orElse(null));
            }
            line.leader().ifPresent(parts::add);
            lines.add(parts);
        }
        return Json.compact(lines);
    }

    /** {@code epoch}, which only we have. */
    public static String encodeEpoch(Epoch epoch) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("epoch", epoch.number());
        epoch.holder().ifPresent(holder -> fields.put("holder", holder.value()));
        if (epoch.reserved().isKnown()) {
            fields.put("timeline", Integer.toUnsignedLong(epoch.reserved().value()));
        }
        return Json.compact(fields);
    }

    /** {@code failsafe}. */
    public static String encodeFailsafe(SortedMap<MemberName, String> members) {
        Map<String, Object> urls = new LinkedHashMap<>();
        members.forEach((name, url) -> urls.put(name.value(), url));
        return Json.compact(urls);
    }

    /** {@code config}. */
    public static String encodeConfig(Map<String, Object> config) {
        return Json.compact(config);
    }

    /**
     * Whether two values say the same: same keys, values equal as text. A key is written again only if they do not, or
     * every member would be woken for nothing (DCS-016, DCS-037).
     */
    public static boolean sameContent(String stored, String encoded) {
        if (stored.equals(encoded)) {
            return true;
        }
        Optional<Object> one = Json.read(stored);
        return one.isPresent() && Trees.same(one.get(), Json.read(encoded).orElse(null));
    }
}

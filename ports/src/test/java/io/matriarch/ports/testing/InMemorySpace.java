package io.matriarch.ports.testing;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.InMemoryStore.Attempt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The keys and leases of one scope. The store's lock guards it. */
final class InMemorySpace {

    /** A change of these is worth a turn; of the members' keys only their coming and going is. */
    private static final Set<StoreKey> WATCHED =
            Set.of(StoreKey.LEADER, StoreKey.CONFIG, StoreKey.FAILOVER, StoreKey.SYNC, StoreKey.INITIALIZE);

    private final InMemoryStore.Counter counter;
    private final Map<StoreKey, StoredValue> keys = new EnumMap<>(StoreKey.class);
    private final TreeMap<MemberName, PublishedMember> members = new TreeMap<>();
    private final TreeMap<MemberName, Offer> offers = new TreeMap<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private Optional<Grant> holder = Optional.empty();
    private boolean changed;

    InMemorySpace(InMemoryStore.Counter counter) {
        this.counter = counter;
    }

    /**
     * Who holds the lock.
     *
     * @param seq the entry that granted or last renewed it
     * @param noted the grantor's clock when it applied that entry (SAF-010)
     */
    record Grant(LeaseId id, MemberName member, Duration ttl, long seq, MonotonicTime noted) {

        boolean isOver(MonotonicTime now) {
            return InMemorySpace.isOver(ttl, noted, now);
        }
    }

    private record Offer(LeaseId id, Duration ttl) {}

    private record PublishedMember(StoredValue value, Duration ttl, MonotonicTime noted) {}

    Optional<Grant> holder() {
        return holder;
    }

    List<Runnable> listeners() {
        return listeners;
    }

    /** The listeners to call for what has changed since the last call. */
    List<Runnable> takeHints() {
        if (!changed) {
            return List.of();
        }
        changed = false;
        return List.copyOf(listeners);
    }

    List<Runnable> expire(MonotonicTime now) {
        if (holder.isPresent() && holder.get().isOver(now)) {
            endHold();
        }
        boolean gone = members.values().removeIf(member -> isOver(member.ttl(), member.noted(), now));
        if (gone) {
            counter.next();
            changed = true;
        }
        return takeHints();
    }

    /** How long until the lock or a member's key may end. */
    Optional<Duration> untilNextEnd(MonotonicTime now) {
        Optional<Duration> hold = holder.map(grant -> left(grant.ttl(), grant.noted(), now));
        Optional<Duration> member = members.values().stream()
                .map(one -> left(one.ttl(), one.noted(), now))
                .min(Duration::compareTo);
        return Stream.concat(hold.stream(), member.stream()).min(Duration::compareTo);
    }

    StoreSnapshot snapshot() {
        var values = new TreeMap<MemberName, StoredValue>();
        members.forEach((name, member) -> values.put(name, member.value()));
        return new StoreSnapshot(keys, values);
    }

    Attempt acquire(MemberName self, Duration ttl, Change change, MonotonicTime now) {
        if (holder.isPresent()) {
            return new Attempt.Refused(
                    "the leader key is held by " + holder.get().member());
        }
        var broken = brokenCondition(change);
        if (broken.isPresent()) {
            return new Attempt.Refused(broken.get());
        }
        var granted = grant(newLease(), self, ttl, now);
        apply(change);
        return granted;
    }

    Attempt renew(MemberName self, LeaseId lease, Duration ttl, MonotonicTime now) {
        if (!isHeldBy(lease) || !holder.orElseThrow().member().equals(self)) {
            return new Attempt.Refused(notHolder(lease));
        }
        holder = Optional.of(new Grant(lease, self, ttl, counter.next(), now));
        return new Attempt.Granted(lease);
    }

    Attempt adopt(MemberName self, LeaseId former, Duration ttl, MonotonicTime now) {
        if (!isHeldBy(former) || !holder.orElseThrow().member().equals(self)) {
            return new Attempt.Refused(notHolder(former));
        }
        return grant(newLease(), self, ttl, now);
    }

    WriteResult release(LeaseId lease, Change change) {
        return conditionally(Optional.of(lease), change, this::endHold);
    }

    LeaseId offer(MemberName self, Duration ttl) {
        var offer = new Offer(newLease(), ttl);
        offers.put(self, offer);
        return offer.id();
    }

    WriteResult handOver(LeaseId lease, MemberName receiver, LeaseId offered, Change change, MonotonicTime now) {
        var offer = Optional.ofNullable(offers.get(receiver))
                .filter(made -> made.id().equals(offered));
        if (offer.isEmpty()) {
            return new WriteResult.Refused("no lease " + offered + " is offered by " + receiver);
        }
        return conditionally(Optional.of(lease), change, () -> {
            offers.remove(receiver);
            grant(offered, receiver, offer.get().ttl(), now);
        });
    }

    WriteResult write(Optional<LeaseId> fence, Change change) {
        return conditionally(fence, change, () -> {});
    }

    WriteResult publish(MemberName self, String value, Duration ttl, MonotonicTime now) {
        var before = Optional.ofNullable(members.get(self));
        var lease = before.flatMap(member -> member.value().lease()).orElseGet(this::newLease);
        var stored = before.map(PublishedMember::value)
                .filter(old -> old.text().equals(value))
                .orElseGet(() -> new StoredValue(value, new Revision(counter.next()), Optional.of(lease)));
        members.put(self, new PublishedMember(stored, ttl, now));
        changed |= before.isEmpty();
        return new WriteResult.Done(stored.revision());
    }

    boolean deleteLeaderKey() {
        boolean held = holder.isPresent();
        if (held) {
            endHold();
        }
        return held;
    }

    WriteResult removeAll() {
        changed |= !keys.isEmpty() || !members.isEmpty();
        keys.clear();
        members.clear();
        holder = Optional.empty();
        return new WriteResult.Done(new Revision(counter.next()));
    }

    private WriteResult conditionally(Optional<LeaseId> fence, Change change, Runnable effect) {
        if (fence.isPresent() && !isHeldBy(fence.get())) {
            return new WriteResult.Refused(notHolder(fence.get()));
        }
        var broken = brokenCondition(change);
        if (broken.isPresent()) {
            return new WriteResult.Refused(broken.get());
        }
        effect.run();
        return new WriteResult.Done(apply(change));
    }

    private Optional<String> brokenCondition(Change change) {
        return change.unchanged().stream()
                .filter(condition -> !revision(condition.key()).equals(condition.revision()))
                .map(condition -> condition.key().path() + " has revision "
                        + revision(condition.key()).value() + ", not "
                        + condition.revision().value())
                .findFirst();
    }

    private Revision apply(Change change) {
        var revision = new Revision(counter.next());
        for (var write : change.writes()) {
            write.value()
                    .ifPresentOrElse(
                            text -> keys.put(write.key(), new StoredValue(text, revision, Optional.empty())),
                            () -> keys.remove(write.key()));
            changed |= WATCHED.contains(write.key());
        }
        return revision;
    }

    private Attempt grant(LeaseId id, MemberName member, Duration ttl, MonotonicTime now) {
        long seq = counter.next();
        holder = Optional.of(new Grant(id, member, ttl, seq, now));
        keys.put(StoreKey.LEADER, new StoredValue(member.value(), new Revision(seq), Optional.of(id)));
        changed = true;
        return new Attempt.Granted(id);
    }

    private void endHold() {
        holder = Optional.empty();
        keys.remove(StoreKey.LEADER);
        counter.next();
        changed = true;
    }

    private boolean isHeldBy(LeaseId lease) {
        return holder.isPresent() && holder.get().id().equals(lease);
    }

    private String notHolder(LeaseId lease) {
        return "lease " + lease + " does not hold the leader key, "
                + holder.map(grant -> grant.id() + " of " + grant.member()).orElse("nobody") + " does";
    }

    private Revision revision(StoreKey key) {
        return Optional.ofNullable(keys.get(key)).map(StoredValue::revision).orElse(Revision.ABSENT);
    }

    private LeaseId newLease() {
        return new LeaseId("lease-" + counter.next());
    }

    /** The bound of SAF-002: the grantor's slower clock, a thousandth and 20 ms more than was promised. */
    private static boolean isOver(Duration ttl, MonotonicTime noted, MonotonicTime now) {
        return left(ttl, noted, now).isNegative();
    }

    private static Duration left(Duration ttl, MonotonicTime noted, MonotonicTime now) {
        long bound = ttl.toNanos() + ttl.toNanos() / 1000 + 20_000_000;
        return Duration.ofNanos(bound - now.grantorSince(noted).toNanos());
    }
}

package io.matriarch.adapters.raft.lease;

import io.matriarch.adapters.raft.lease.Effect.Counted;
import io.matriarch.adapters.raft.lease.Effect.Ended;
import io.matriarch.adapters.raft.lease.Effect.LeaseEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The replicated state of the embedded store: keys, the leases some of them live by, and the requests of late.
 *
 * <p>Invariant: equal commands at equal indexes give equal tables. It reads no clock, does no IO and draws no random
 * numbers; time comes in as {@link RaftCommand.Expire}, which names exactly one renewal. A lease holds one key, and a key
 * that names a lease is held by it. Not safe for several threads.
 */
public final class LeaseTable {

    /** Requests remembered. Hours of a cluster's life; a command that is older has lost its client long ago. */
    static final int REMEMBERED = 512;

    /** Leases of the leader key remembered after their end. */
    static final int ENDED = 512;

    private static final int SHOWN_REASON = 200;

    private final TreeMap<String, StoreEntry> entries;
    private final TreeMap<String, LeaseRecord> leases;
    private final LinkedHashMap<RequestId, Outcome> remembered;
    private final LinkedHashSet<String> ended;
    private String clusterId;
    private long index;

    private List<LeaseEvent> events = new ArrayList<>();
    private TreeSet<String> woken = new TreeSet<>();

    public LeaseTable() {
        this(0, "", new TreeMap<>(), new TreeMap<>(), new LinkedHashMap<>(), new LinkedHashSet<>());
    }

    LeaseTable(
            long index,
            String clusterId,
            SortedMap<String, StoreEntry> entries,
            SortedMap<String, LeaseRecord> leases,
            Map<RequestId, Outcome> remembered,
            Collection<String> ended) {
        this.index = index;
        this.clusterId = clusterId;
        this.entries = new TreeMap<>(entries);
        this.leases = new TreeMap<>(leases);
        this.remembered = new LinkedHashMap<>(remembered);
        this.ended = new LinkedHashSet<>(ended);
    }

    /** Applies the command of the log entry with this index, which is higher than any before. */
    public Effect apply(long at, RaftCommand command) {
        if (at <= index) {
            throw new IllegalArgumentException("entry " + at + " comes after entry " + index);
        }
        index = at;
        events = new ArrayList<>();
        woken = new TreeSet<>();
        var outcome = command instanceof RaftCommand.Once once ? applyOnce(once) : dispatch(command);
        return new Effect(outcome, events, woken);
    }

    /** The log index of the last applied command. */
    public long index() {
        return index;
    }

    /** The store's identity, empty before it has one. */
    public String clusterId() {
        return clusterId;
    }

    public Optional<StoreEntry> get(String path) {
        return Optional.ofNullable(entries.get(path));
    }

    /** A copy of every key whose path starts like this. */
    public SortedMap<String, StoreEntry> below(String prefix) {
        return new TreeMap<>(entries.subMap(prefix, prefix + Character.MAX_VALUE));
    }

    /**
     * A number that changes when something below the scope changes that a turn should look at: the leader key, the set of
     * members, the configuration, a failover request, the synchronous state, the bootstrap key.
     */
    public long print(String scope) {
        long print = 1;
        for (var entry : below(scope).entrySet()) {
            var key = entry.getKey().substring(scope.length());
            if (key.startsWith(Keys.MEMBERS)) {
                print = 31 * print + key.hashCode();
            } else if (key.equals(Keys.LEADER) || Keys.WAKING.contains(key)) {
                print = 31 * (31 * print + key.hashCode()) + entry.getValue().revision();
            }
        }
        return print;
    }

    /** All leases by their id. */
    public Collection<LeaseRecord> leases() {
        return Collections.unmodifiableCollection(leases.values());
    }

    public Optional<LeaseRecord> lease(String id) {
        return Optional.ofNullable(leases.get(id));
    }

    SortedMap<String, StoreEntry> entries() {
        return Collections.unmodifiableSortedMap(entries);
    }

    Map<RequestId, Outcome> remembered() {
        return Collections.unmodifiableMap(remembered);
    }

    /** Leases that held the leader key and never will again (SAF-013), in the order of their end. */
    Collection<String> ended() {
        return Collections.unmodifiableCollection(ended);
    }

    private Outcome applyOnce(RaftCommand.Once command) {
        var before = remembered.get(command.request());
        if (before != null) {
            return before;
        }
        var outcome = dispatch(command);
        remembered.put(command.request(), outcome);
        if (remembered.size() > REMEMBERED) {
            remembered.pollFirstEntry();
        }
        return outcome;
    }

    private Outcome dispatch(RaftCommand command) {
        return switch (command) {
            case RaftCommand.Acquire acquire -> acquire(acquire);
            case RaftCommand.Renew renew -> renew(renew);
            case RaftCommand.Adopt adopt -> adopt(adopt);
            case RaftCommand.Release release -> release(release);
            case RaftCommand.HandOver handOver -> handOver(handOver);
            case RaftCommand.Write write -> write(write);
            case RaftCommand.PublishMember member -> publish(member);
            case RaftCommand.RemoveScope remove -> remove(remove);
            case RaftCommand.Expire expire -> expire(expire);
            case RaftCommand.Noop() -> applied();
            case RaftCommand.NameCluster(var id) -> name(id);
            case RaftCommand.Recover(var id) -> recover(id);
        };
    }

    private Outcome acquire(RaftCommand.Acquire command) {
        var path = command.scope() + Keys.LEADER;
        var held = get(path);
        if (held.isPresent()) {
            return refused("the leader key is held by " + held.get().value());
        }
        if (isUsed(command.leaseId())) {
            return refused("the lease is in use or has ended");
        }
        var broken = broken(command.scope(), command.edit());
        if (broken.isPresent()) {
            return broken.get();
        }
        grant(path, command.holder(), command.leaseId(), command.ttlMillis());
        put(command.scope(), command.edit());
        return applied();
    }

    private Outcome renew(RaftCommand.Renew command) {
        var path = command.scope() + Keys.LEADER;
        if (!holds(command.leaseId(), path)) {
            return refused("the lease does not hold the leader key");
        }
        count(leases.get(command.leaseId()).holder(), path, command.leaseId(), command.ttlMillis());
        return new Outcome.Applied(index, command.nonce());
    }

    private Outcome adopt(RaftCommand.Adopt command) {
        var path = command.scope() + Keys.LEADER;
        if (!holds(command.former(), path)) {
            return refused("the former lease does not hold the leader key");
        }
        if (!leases.get(command.former()).holder().equals(command.holder())) {
            return refused("the former lease is another member's");
        }
        if (isUsed(command.leaseId())) {
            return refused("the lease is in use or has ended");
        }
        end(command.former());
        grant(path, command.holder(), command.leaseId(), command.ttlMillis());
        return applied();
    }

    private Outcome release(RaftCommand.Release command) {
        if (!holds(command.leaseId(), command.scope() + Keys.LEADER)) {
            return refused("the lease does not hold the leader key");
        }
        var broken = broken(command.scope(), command.edit());
        if (broken.isPresent()) {
            return broken.get();
        }
        end(command.leaseId());
        put(command.scope(), command.edit());
        return applied();
    }

    private Outcome handOver(RaftCommand.HandOver command) {
        var path = command.scope() + Keys.LEADER;
        if (!holds(command.leaseId(), path)) {
            return refused("the lease does not hold the leader key");
        }
        if (isUsed(command.offered())) {
            return refused("the offered lease is in use or has ended");
        }
        var broken = broken(command.scope(), command.edit());
        if (broken.isPresent()) {
            return broken.get();
        }
        end(command.leaseId());
        grant(path, command.receiver(), command.offered(), command.ttlMillis());
        put(command.scope(), command.edit());
        return applied();
    }

    private Outcome write(RaftCommand.Write command) {
        var path = command.scope() + Keys.LEADER;
        if (command.fence().isPresent() && !holds(command.fence().get(), path)) {
            return refused("the lease that fences the write does not hold the leader key");
        }
        var broken = broken(command.scope(), command.edit());
        if (broken.isPresent()) {
            return broken.get();
        }
        put(command.scope(), command.edit());
        return applied();
    }

    private Outcome publish(RaftCommand.PublishMember command) {
        var path = command.scope() + Keys.MEMBERS + command.member();
        var sameLease = holds(command.leaseId(), path);
        if (!sameLease && isUsed(command.leaseId())) {
            return refused("the lease holds another key or has ended");
        }
        var former = get(path);
        if (!sameLease) {
            former.flatMap(StoreEntry::lease).ifPresent(this::drop);
        }
        if (former.isEmpty()) {
            woken.add(command.scope());
        }
        boolean same = sameLease && former.get().value().equals(command.value());
        if (!same) {
            entries.put(path, new StoreEntry(command.value(), index, Optional.of(command.leaseId())));
        }
        count(command.member(), path, command.leaseId(), command.ttlMillis());
        return new Outcome.Applied(entries.get(path).revision(), 0);
    }

    private Outcome remove(RaftCommand.RemoveScope command) {
        for (var path : below(command.scope()).keySet()) {
            entries.remove(path).lease().ifPresent(this::drop);
            woken.add(command.scope());
        }
        return applied();
    }

    /** A renewal that was applied between the Raft leader's check and this entry has moved seq on, and wins. */
    private Outcome expire(RaftCommand.Expire command) {
        var lease = leases.get(command.leaseId());
        if (lease == null || lease.seq() != command.seq()) {
            return refused("the lease has ended or was renewed since");
        }
        end(command.leaseId());
        return applied();
    }

    private Outcome name(String id) {
        if (!clusterId.isEmpty()) {
            return refused("the store is " + clusterId);
        }
        clusterId = id;
        return applied();
    }

    /** Nobody knows what the lost voters had counted last, so each lease lasts one ttl more from here. */
    private Outcome recover(String id) {
        if (id.equals(clusterId)) {
            return refused("the store is " + id + " already");
        }
        clusterId = id;
        for (var lease : List.copyOf(leases.values())) {
            count(lease.holder(), lease.path(), lease.id(), lease.ttlMillis());
        }
        return applied();
    }

    private boolean isUsed(String leaseId) {
        return leases.containsKey(leaseId) || ended.contains(leaseId);
    }

    private boolean holds(String leaseId, String path) {
        var lease = leases.get(leaseId);
        return lease != null && lease.path().equals(path);
    }

    private void grant(String path, String holder, String leaseId, long ttlMillis) {
        entries.put(path, new StoreEntry(holder, index, Optional.of(leaseId)));
        count(holder, path, leaseId, ttlMillis);
        woken.add(scopeOf(path));
    }

    private void count(String holder, String path, String leaseId, long ttlMillis) {
        leases.put(leaseId, new LeaseRecord(leaseId, holder, path, index, ttlMillis));
        events.add(new Counted(leaseId, index));
    }

    /** The lease and its key. */
    private void end(String leaseId) {
        var path = leases.get(leaseId).path();
        drop(leaseId);
        entries.remove(path);
        woken.add(scopeOf(path));
    }

    private void drop(String leaseId) {
        var lease = leases.remove(leaseId);
        events.add(new Ended(leaseId));
        // A member publishes under one lease for as long as it lives, also after a silence that was too long.
        if (!lease.path().contains("/" + Keys.MEMBERS)) {
            ended.add(leaseId);
            if (ended.size() > ENDED) {
                ended.removeFirst();
            }
        }
    }

    private Optional<Outcome> broken(String scope, Edit edit) {
        for (var condition : edit.conditions()) {
            long revision =
                    get(scope + condition.key()).map(StoreEntry::revision).orElse(0L);
            if (revision != condition.revision()) {
                return Optional.of(
                        refused(condition.key() + " has revision " + revision + " instead of " + condition.revision()));
            }
        }
        return Optional.empty();
    }

    private void put(String scope, Edit edit) {
        for (var put : edit.puts()) {
            var path = scope + put.key();
            var former = get(path).map(StoreEntry::value);
            if (!former.equals(put.value()) && Keys.WAKING.contains(put.key())) {
                woken.add(scope);
            }
            put.value()
                    .ifPresentOrElse(
                            text -> entries.put(path, new StoreEntry(text, index, Optional.empty())),
                            () -> entries.remove(path));
        }
    }

    private static String scopeOf(String path) {
        var key = path.lastIndexOf('/');
        var scope = path.substring(0, key + 1);
        return scope.endsWith("/" + Keys.MEMBERS) ? scope.substring(0, scope.length() - Keys.MEMBERS.length()) : scope;
    }

    private Outcome applied() {
        return new Outcome.Applied(index, 0);
    }

    private static Outcome refused(String why) {
        return new Outcome.Refused(why.length() <= SHOWN_REASON ? why : why.substring(0, SHOWN_REASON));
    }
}

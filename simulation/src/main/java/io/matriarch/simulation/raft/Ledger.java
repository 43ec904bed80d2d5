package io.matriarch.simulation.raft;

import io.matriarch.adapters.raft.lease.CommandCodec;
import io.matriarch.adapters.raft.lease.Effect;
import io.matriarch.adapters.raft.lease.LeaseTable;
import io.matriarch.adapters.raft.lease.MalformedException;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.time.Clock;
import io.matriarch.simulation.Simulation;
import io.matriarch.simulation.World;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What nobody in the group knows: everything that was committed, everything that was acknowledged, and what each holder
 * believes. The rules of the store are checked against it.
 */
final class Ledger {

    /** Versions of the keys that a late read may still be compared with. */
    private static final int REMEMBERED = 5000;

    /** A holder's belief in its lease, on its own clocks. */
    private record Belief(MemberName holder, Clock clock, MonotonicTime deadline) {}

    private record Version(long index, SortedMap<String, StoreEntry> entries) {}

    private final World world;
    private final String scope;
    private final List<LogEntry> committed = new ArrayList<>();
    private final List<Optional<Outcome>> outcomes = new ArrayList<>();
    private final LeaseTable table = new LeaseTable();
    private final SortedMap<String, Belief> beliefs = new TreeMap<>();
    private final List<Version> versions = new ArrayList<>();
    private long acknowledged;
    private int reads;
    private int expiries;
    private int elections;

    Ledger(World world, String scope) {
        this.world = world;
        this.scope = scope;
        versions.add(new Version(0, new TreeMap<>()));
    }

    long index() {
        return committed.size();
    }

    long version() {
        return versions.getLast().index();
    }

    long acknowledged() {
        return acknowledged;
    }

    /** A voter takes this entry for committed. */
    void commits(MemberName voter, LogEntry entry) {
        if (entry.index() <= committed.size()) {
            if (!committed.get((int) entry.index() - 1).same(entry)) {
                throw violation(voter + " commits another entry " + entry.index() + " than was committed before");
            }
            return;
        }
        if (entry.index() != committed.size() + 1) {
            throw violation(voter + " commits entry " + entry.index() + " after " + committed.size());
        }
        committed.add(entry);
        outcomes.add(entry.isBeginning() ? Optional.empty() : Optional.of(apply(voter, entry)));
    }

    private Outcome apply(MemberName voter, LogEntry entry) {
        Effect effect;
        try {
            var command = CommandCodec.decode(ByteBuffer.wrap(entry.command()));
            effect = table.apply(entry.index(), command);
            if (world.isTracing()) {
                world.say(voter.value(), "commits " + entry.index() + " of term " + entry.term() + ": " + command);
            }
            if (command instanceof RaftCommand.Expire(var lease, long _)) {
                checkExpiry(lease, effect);
            }
        } catch (MalformedException e) {
            throw new IllegalStateException("entry " + entry.index() + " cannot be read", e);
        }
        var now = table.below(scope);
        if (!now.equals(versions.getLast().entries())) {
            versions.add(new Version(entry.index(), now));
            if (versions.size() > 2 * REMEMBERED) {
                versions.subList(0, REMEMBERED).clear();
            }
        }
        return effect.outcome();
    }

    /** Voters that apply one log come to one state, whenever they do and from whatever snapshot. */
    void applies(MemberName voter, long index, Outcome outcome) {
        var first = outcomes.get((int) index - 1);
        if (!first.equals(Optional.of(outcome))) {
            throw violation(voter + " applies entry " + index + " with " + outcome + ", the first one with " + first);
        }
    }

    /** SAF-002, SAF-010 to SAF-012: nobody is told that a lease is over while its holder may believe in it. */
    private void checkExpiry(String lease, Effect effect) {
        boolean ended = effect.leases().stream()
                .anyMatch(event ->
                        event instanceof Effect.Ended && event.leaseId().equals(lease));
        if (!ended) {
            return;
        }
        expiries++;
        var belief = beliefs.remove(lease);
        if (belief != null && !belief.clock().now().hasReached(belief.deadline())) {
            throw violation("SAF-010: the lease of " + belief.holder() + " is ended "
                    + belief.clock().now().until(belief.deadline()) + " before its holder's deadline");
        }
    }

    /** A member was told that it holds the lock until then. */
    void holds(MemberName holder, Clock clock, Lease lease) {
        var before = beliefs.get(lease.id().value());
        var deadline = before == null ? lease.deadline() : before.deadline().max(lease.deadline());
        world.say(holder.value(), "holds " + lease.id() + " for " + clock.now().until(deadline));
        beliefs.values()
                .removeIf(belief ->
                        belief.holder().equals(holder) || belief.clock().now().hasReached(belief.deadline()));
        if (clock.now().hasReached(deadline)) {
            return;
        }
        if (!beliefs.isEmpty()) {
            throw violation("a lease is granted to " + holder + " while "
                    + beliefs.values().iterator().next().holder() + " may still believe in its own");
        }
        beliefs.put(lease.id().value(), new Belief(holder, clock, deadline));
    }

    /** The member no longer believes in it, and never will again. */
    Optional<Lease> drops(LeaseId lease) {
        return Optional.ofNullable(beliefs.remove(lease.value())).map(belief -> new Lease(lease, belief.deadline()));
    }

    /** Somebody was told that the entry with this index is applied. */
    void acknowledges(long index) {
        acknowledged = Math.max(acknowledged, index);
        if (index > committed.size()) {
            throw violation("entry " + index + " is acknowledged before it is committed");
        }
    }

    /**
     * A leader's log has everything that was committed in the terms before its own, of which what was acknowledged is a
     * part. One that stood still since its election may lead belatedly, after others have committed more.
     */
    void leads(MemberName voter, long term, Disk disk) {
        elections++;
        for (long index = Math.max(disk.firstIndex(), committed.size() - 200L); index <= committed.size(); index++) {
            boolean before = index > 0 && committed.get((int) index - 1).term() < term;
            if (before && !(disk.has(index) && disk.entry(index).same(committed.get((int) index - 1)))) {
                throw violation(voter + " leads without the committed entry " + index);
            }
        }
    }

    /**
     * A read that began when everything up to an index was acknowledged gave this: some state from then on.
     *
     * @param since of {@link #acknowledged} when it began
     */
    void checkRead(MemberName reader, long since, StoreSnapshot seen) {
        reads++;
        for (int i = versions.size() - 1; i >= 0; i--) {
            if (snapshot(versions.get(i).entries()).equals(seen)) {
                return;
            }
            if (versions.get(i).index() <= since) {
                break;
            }
        }
        throw violation("linearizability: a read of " + reader
                + " misses something that was acknowledged before it began, up to entry " + since);
    }

    StoreSnapshot snapshot() {
        return snapshot(versions.getLast().entries());
    }

    private StoreSnapshot snapshot(SortedMap<String, StoreEntry> entries) {
        var keys = new EnumMap<StoreKey, StoredValue>(StoreKey.class);
        for (var key : StoreKey.values()) {
            Optional.ofNullable(entries.get(scope + key.path())).ifPresent(entry -> keys.put(key, stored(entry)));
        }
        var members = new TreeMap<MemberName, StoredValue>();
        var folder = scope + StoreKey.MEMBERS;
        entries.tailMap(folder).forEach((path, entry) -> {
            if (path.startsWith(folder)) {
                members.put(new MemberName(path.substring(folder.length())), stored(entry));
            }
        });
        return new StoreSnapshot(keys, members);
    }

    private static StoredValue stored(StoreEntry entry) {
        return new StoredValue(
                entry.value(), new Revision(entry.revision()), entry.lease().map(LeaseId::new));
    }

    /** What happened, for tests that want to know that something did. */
    Figures figures() {
        return new Figures(committed.size(), reads, expiries, elections);
    }

    record Figures(int entries, int reads, int expiries, int elections) {}

    RuntimeException violation(String what) {
        return new Simulation.Violation(world.now(), what);
    }
}

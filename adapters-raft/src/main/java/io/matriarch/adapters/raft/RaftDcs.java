package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.lease.Edit;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.RequestId;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.time.Clock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * The embedded store as one member, or a command line, sees it.
 *
 * <p>Invariant: a lease's deadline is the clock before the attempt's first byte left plus the ttl that this attempt
 * carried, and only an attempt that was answered gives one (SAF-012). A lease that was refused or given up never gets
 * another deadline, whatever arrives late (SAF-013).
 */
public final class RaftDcs implements Dcs {

    private static final int LEASE_BYTES = 16;
    private static final int DEAD_KEPT = 1000;

    private final Gateway gateway;
    private final String scope;
    private final DcsContext context;
    private final Clock clock;
    private final RandomGenerator random;
    private final String memberLease;
    private final Map<LeaseId, MonotonicTime> dead = new ConcurrentHashMap<>();
    private final Map<LeaseId, MonotonicTime> firstHeld = new ConcurrentHashMap<>();
    private volatile DcsTiming timing;

    RaftDcs(Gateway gateway, DcsContext context) {
        this(gateway, context, new SecureRandom());
    }

    /**
     * @param random names leases: nobody else must draw the same
     */
    public RaftDcs(Gateway gateway, DcsContext context, RandomGenerator random) {
        this.gateway = gateway;
        this.scope = context.scope().path();
        this.context = context;
        this.clock = context.clock();
        this.timing = context.timing();
        this.random = random;
        this.memberLease = freshLease().value();
    }

    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        var within = timing.retryTimeout();
        var reply =
                gateway.ask(new StoreRequest.Read(scope, within, true), within).reply();
        return switch (reply) {
            case StoreReply.Entries(var entries) -> snapshot(entries);
            case StoreReply.Failed(var why) -> throw new DcsUnavailableException(why);
            case StoreReply.NotLeader _,
                    StoreReply.Decided _,
                    StoreReply.Changed _,
                    StoreReply.Printed _,
                    StoreReply.Status _ -> throw new DcsUnavailableException("nobody answers: " + reply);
        };
    }

    private StoreSnapshot snapshot(SortedMap<String, StoreEntry> entries) {
        var keys = new EnumMap<StoreKey, StoredValue>(StoreKey.class);
        for (var key : StoreKey.values()) {
            Optional.ofNullable(entries.get(scope + key.path())).ifPresent(entry -> keys.put(key, stored(entry)));
        }
        var members = new TreeMap<MemberName, StoredValue>();
        var folder = scope + StoreKey.MEMBERS;
        entries.tailMap(folder).forEach((path, entry) -> {
            var name = path.startsWith(folder) ? path.substring(folder.length()) : "";
            if (!name.isBlank() && name.indexOf('/') < 0) {
                members.put(new MemberName(name), stored(entry));
            }
        });
        return new StoreSnapshot(keys, members);
    }

    private static StoredValue stored(StoreEntry entry) {
        return new StoredValue(
                entry.value(), new Revision(entry.revision()), entry.lease().map(LeaseId::new));
    }

    @Override
    public LockResult acquireLeaderLock(MemberName self, Change change) {
        var lease = freshLease();
        return lock(
                lease,
                timing.retryTimeout(),
                ttl -> new RaftCommand.Acquire(
                        RequestId.fresh(), scope, self.value(), lease.value(), ttl, edit(change)));
    }

    @Override
    public LockResult renewLeaderLock(MemberName self, Lease lease) {
        if (dead.containsKey(lease.id())) {
            return new LockResult.Refused("the lease was given up or refused before");
        }
        long nonce = random.nextLong();
        var third = timing.ttl().dividedBy(3);
        var within = timing.retryTimeout().compareTo(third) < 0 ? timing.retryTimeout() : third;
        var result = lock(
                lease.id(),
                within,
                ttl -> new RaftCommand.Renew(scope, lease.id().value(), ttl, nonce),
                nonce);
        if (result instanceof LockResult.Refused) {
            bury(lease.id());
        }
        if (result instanceof LockResult.Held && heldForLong(lease.id())) {
            gateway.wantLeadership();
        }
        return result;
    }

    /** A lock that has just changed hands may do so again: the Raft leadership follows only one that stays. */
    private boolean heldForLong(LeaseId lease) {
        firstHeld.keySet().removeIf(known -> !known.equals(lease));
        var since = firstHeld.computeIfAbsent(lease, _ -> clock.now());
        return clock.now().since(since).compareTo(timing.ttl()) > 0;
    }

    @Override
    public LockResult adoptLeaderLock(MemberName self, LeaseId former) {
        var lease = freshLease();
        return lock(
                lease,
                timing.retryTimeout(),
                ttl -> new RaftCommand.Adopt(
                        RequestId.fresh(), scope, self.value(), former.value(), lease.value(), ttl));
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        bury(lease.id());
        return write(() ->
                new RaftCommand.Release(RequestId.fresh(), scope, lease.id().value(), edit(change)));
    }

    /** Nobody has to be asked: the identity is ours to make, and holds nothing until the lock is handed to it. */
    @Override
    public Optional<LeaseId> offerLease(MemberName self) {
        return Optional.of(freshLease());
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        var result = write(() -> new RaftCommand.HandOver(
                RequestId.fresh(),
                scope,
                lease.id().value(),
                receiver.value(),
                offered.value(),
                timing.ttl().toMillis(),
                edit(change)));
        if (result instanceof WriteResult.Done) {
            bury(lease.id());
        }
        return result;
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        return write(() -> new RaftCommand.Write(
                RequestId.fresh(), scope, fence.map(lease -> lease.id().value()), edit(change)));
    }

    @Override
    public WriteResult publishMember(MemberName self, String value) {
        return write(() -> new RaftCommand.PublishMember(
                scope, self.value(), value, memberLease, timing.ttl().toMillis()));
    }

    @Override
    public WriteResult removeCluster() {
        return write(() -> new RaftCommand.RemoveScope(RequestId.fresh(), scope));
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        return gateway.watch(context.scope(), listener);
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        timing = wanted;
        gateway.adoptTtl(wanted.ttl());
        return wanted;
    }

    @Override
    public void close() {
        gateway.close();
    }

    private LockResult lock(LeaseId lease, Duration within, Function<Long, RaftCommand> command) {
        return lock(lease, within, command, 0);
    }

    private LockResult lock(LeaseId lease, Duration within, Function<Long, RaftCommand> command, long nonce) {
        var ttl = timing.ttl();
        RaftCommand made;
        try {
            made = command.apply(ttl.toMillis());
        } catch (IllegalArgumentException e) {
            return new LockResult.Refused(e.getMessage());
        }
        var timed = gateway.ask(new StoreRequest.Propose(made, within, true), within);
        return switch (timed.reply()) {
            case StoreReply.Decided(Outcome.Applied(var _, long echoed)) ->
                echoed == nonce
                        ? held(lease, timed.sentAt().plus(ttl))
                        : new LockResult.Unknown("the answer belongs to another attempt");
            case StoreReply.Decided(Outcome.Refused(var why)) -> new LockResult.Refused(why);
            case StoreReply.NotLeader _ ->
                new LockResult.Unknown("nobody leads the raft group within " + within.toMillis() + " ms");
            case StoreReply.Failed(var why) -> new LockResult.Unknown(why);
            case StoreReply.Entries _, StoreReply.Changed _, StoreReply.Printed _, StoreReply.Status _ ->
                new LockResult.Unknown("an answer to something else");
        };
    }

    private LockResult held(LeaseId lease, MonotonicTime deadline) {
        return dead.containsKey(lease)
                ? new LockResult.Refused("the lease was given up meanwhile")
                : new LockResult.Held(new Lease(lease, deadline));
    }

    private WriteResult write(java.util.function.Supplier<RaftCommand> command) {
        RaftCommand made;
        try {
            made = command.get();
        } catch (IllegalArgumentException e) {
            return new WriteResult.Refused(e.getMessage());
        }
        var within = timing.retryTimeout();
        var reply = gateway.ask(new StoreRequest.Propose(made, within, true), within)
                .reply();
        return switch (reply) {
            case StoreReply.Decided(Outcome.Applied(long revision, var _)) ->
                new WriteResult.Done(new Revision(revision));
            case StoreReply.Decided(Outcome.Refused(var why)) -> new WriteResult.Refused(why);
            case StoreReply.NotLeader _ ->
                new WriteResult.Unknown("nobody leads the raft group within " + within.toMillis() + " ms");
            case StoreReply.Failed(var why) -> new WriteResult.Unknown(why);
            case StoreReply.Entries _, StoreReply.Changed _, StoreReply.Printed _, StoreReply.Status _ ->
                new WriteResult.Unknown("an answer to something else");
        };
    }

    private void bury(LeaseId lease) {
        if (dead.size() > DEAD_KEPT) {
            var old = clock.now().minus(timing.ttl().multipliedBy(10));
            dead.values().removeIf(since -> old.hasReached(since));
        }
        dead.put(lease, clock.now());
    }

    private static Edit edit(Change change) {
        return new Edit(
                change.unchanged().stream()
                        .map(key -> new Edit.Condition(
                                key.key().path(), key.revision().value()))
                        .toList(),
                change.writes().stream()
                        .map(write -> new Edit.Put(write.key().path(), write.value()))
                        .toList());
    }

    private LeaseId freshLease() {
        var bytes = new byte[LEASE_BYTES];
        random.nextBytes(bytes);
        return new LeaseId(HexFormat.of().formatHex(bytes));
    }
}

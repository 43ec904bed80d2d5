package io.matriarch.adapters.consul;

import io.matriarch.adapters.consul.ConsulConnection.Transaction;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Scope;
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
import io.matriarch.ports.time.Clock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.model.kv.Operation;
import org.kiwiproject.consul.model.kv.Value;

/**
 * The store of a cluster in Consul.
 *
 * <p>The leader key lives by a session that is fresh for each acquisition, and that session, not the key's text, says
 * whose hold it is (SAF-014): every change of the lock and every fenced write checks it inside Consul's transaction.
 *
 * <p>Consul keeps a session for at least its TTL and for up to twice as long. So a session has half of the ttl, and a
 * hold is counted on for that half only (SAF-021). The rest is also what makes a renewal safe that a deposed leader of
 * Consul answered: the new leader counts twice the TTL from its election on.
 */
final class ConsulDcs implements Dcs {

    private static final Duration LOAD_PAUSE = Duration.ofMillis(50);

    /** A release without an answer has left the lock to its session, which is being ended when the client closes. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final ConsulKeys keys;
    private final Clock clock;
    private final ConsulConnection connection;
    private final ConsulSessions sessions;
    private final ConsulMemberKey memberKey;
    private final ConsulService service;
    private final List<ConsulWatch> watches = new CopyOnWriteArrayList<>();
    private volatile DcsTiming timing;

    ConsulDcs(
            Scope scope,
            ConsulConnection connection,
            ConsulSessions sessions,
            ConsulService service,
            DcsTiming timing,
            Clock clock) {
        this.keys = new ConsulKeys(scope);
        this.connection = connection;
        this.sessions = sessions;
        this.service = service;
        this.timing = timing;
        this.clock = clock;
        this.memberKey = new ConsulMemberKey(connection, sessions, keys);
    }

    /** Always with Consul's consistent mode, whatever mode is configured: the port promises no less. */
    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        var budget = Budget.of(timing.retryTimeout());
        while (true) {
            try {
                // An agent that hangs gets half of the time: a server behind it may have failed, not the agent.
                return snapshot(connection.list(keys.prefix(), budget.share(2)));
            } catch (ConsulException e) {
                boolean late = budget.left().compareTo(LOAD_PAUSE.multipliedBy(2)) < 0;
                if (ConsulFailures.isFinal(e) || late || !pause()) {
                    throw new DcsUnavailableException(ConsulFailures.text(e), e);
                }
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(LOAD_PAUSE);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public LockResult acquireLeaderLock(MemberName self, Change change) {
        var before = clock.now();
        return bySession(before, (session, budget) -> {
            var free = List.of(ConsulRequests.isAbsent(keys.leader()));
            var result = connection.transact(locking(self, session, change, free), budget);
            if (result instanceof Transaction.Applied) {
                return Optional.empty();
            }
            var found = connection.get(keys.leader(), budget);
            if (found.isEmpty() || !text(found.get()).isEmpty()) {
                return Optional.of(why(result, found));
            }
            // A key without a name in it counts as free (DCS-006). Nothing was applied yet, so this is no repetition.
            var empty =
                    List.of(ConsulRequests.deleteIf(keys.leader(), found.get().getModifyIndex()));
            return refusal(connection.transact(locking(self, session, change, empty), budget), found);
        });
    }

    @Override
    public LockResult renewLeaderLock(MemberName self, Lease lease) {
        // Read before anything leaves: the session is prolonged at the earliest now.
        var before = clock.now();
        var promise = sessionTtl();
        return attempt(
                min(timing.retryTimeout(), promise.dividedBy(3)),
                budget -> {
                    var renewed = sessions.renew(lease.id().value(), budget);
                    if (renewed.isEmpty()) {
                        return new LockResult.Refused("session " + lease.id() + " has ended");
                    }
                    var found = connection.get(keys.leader(), budget);
                    if (!isHeldBy(found, lease.id())) {
                        return new LockResult.Refused(holder(found));
                    }
                    var ttl =
                            renewed.get().getTtl().flatMap(ConsulSession::parse).orElse(promise);
                    return new LockResult.Held(new Lease(lease.id(), before.plus(min(promise, ttl))));
                },
                LockResult.Unknown::new);
    }

    @Override
    public LockResult adoptLeaderLock(MemberName self, LeaseId former) {
        var before = clock.now();
        var result = bySession(before, (session, budget) -> {
            var found = connection.get(keys.leader(), budget);
            if (!isHeldBy(found, former) || !text(found.get()).equals(self.value())) {
                return Optional.of(holder(found));
            }
            var swap = List.of(
                    ConsulRequests.sessionIs(keys.leader(), former.value()),
                    ConsulRequests.deleteIf(keys.leader(), found.get().getModifyIndex()));
            return refusal(connection.transact(locking(self, session, Change.NONE, swap), budget), found);
        });
        if (result instanceof LockResult.Held) {
            sessions.end(former.value());
        }
        return result;
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        var operations = fenced(lease, change);
        operations.add(ConsulRequests.delete(keys.leader()));
        operations.addAll(ConsulRequests.writes(keys, change));
        var result = written(operations, change);
        if (!(result instanceof WriteResult.Refused)) {
            // The lease is dead to us whatever became of the release; a key that still lives by it ends at once.
            sessions.end(lease.id().value());
        }
        return result;
    }

    /** A fresh session each time: an offer that was used once and lost must not come back (SAF-013). */
    @Override
    public Optional<LeaseId> offerLease(MemberName self) {
        return attempt(
                timing.retryTimeout(),
                budget ->
                        Optional.of(sessions.create(wantedSessionTtl(), budget).lease()),
                _ -> Optional.empty());
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        var operations = fenced(lease, change);
        // Ours was checked above, in the same transaction: nobody can see the key gone, nor take it in between.
        operations.add(ConsulRequests.delete(keys.leader()));
        operations.add(ConsulRequests.lock(keys.leader(), receiver.value(), offered.value()));
        operations.addAll(ConsulRequests.writes(keys, change));
        WriteResult result = attempt(
                timing.retryTimeout(),
                budget -> {
                    // The offer may be old: from here on the receiver has its whole ttl to renew.
                    if (sessions.renew(offered.value(), budget).isEmpty()) {
                        return new WriteResult.Refused(
                                "the session " + offered + " that " + receiver + " offered has ended");
                    }
                    return written(operations, change, budget);
                },
                WriteResult.Unknown::new);
        if (result instanceof WriteResult.Done) {
            sessions.end(lease.id().value());
        }
        return result;
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        var operations = fence.map(lease -> fenced(lease, change))
                .orElseGet(() -> new ArrayList<>(ConsulRequests.conditions(keys, change)));
        operations.addAll(ConsulRequests.writes(keys, change));
        return operations.isEmpty() ? new WriteResult.Done(Revision.ABSENT) : written(operations, change);
    }

    @Override
    public WriteResult publishMember(MemberName self, String value) {
        WriteResult result = attempt(
                timing.retryTimeout(),
                budget -> memberKey.publish(self, value, wantedSessionTtl(), budget),
                WriteResult.Unknown::new);
        // Whatever became of the key: the agent on this host may know the service while the servers have no leader.
        service.published(self, value, sessionTtl(), timing.retryTimeout());
        return result;
    }

    @Override
    public WriteResult removeCluster() {
        return written(new ArrayList<>(List.of(ConsulRequests.deleteTree(keys.prefix()))), Change.NONE);
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        var watch = ConsulWatch.start(connection, keys, listener);
        watches.add(watch);
        return () -> {
            watches.remove(watch);
            watch.close();
        };
    }

    /** Asks Consul whether it has sessions that short (DCS-058): its minimum bounds the ttl from below. */
    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        timing = wanted;
        sessions.probe(wantedSessionTtl(), wanted.retryTimeout());
        timing = new DcsTiming(
                sessions.effective(wantedSessionTtl()).multipliedBy(2), wanted.loopWait(), wanted.retryTimeout());
        return timing;
    }

    @Override
    public void close() {
        watches.forEach(ConsulWatch::close);
        watches.clear();
        service.await(LAST_WORDS);
        sessions.awaitEnds(LAST_WORDS);
        connection.close();
    }

    private Duration wantedSessionTtl() {
        return timing.ttl().dividedBy(2);
    }

    /** What a hold is counted on. */
    private Duration sessionTtl() {
        return sessions.effective(wantedSessionTtl());
    }

    /** Why the lock did not go to the session, empty when it did. */
    private interface Decision {
        Optional<String> on(String session, Budget budget);
    }

    /** Decides about the lock by a fresh session, which ends unless the lock lives by it now. */
    private LockResult bySession(MonotonicTime before, Decision decision) {
        return attempt(
                timing.retryTimeout(),
                budget -> {
                    var session = sessions.create(wantedSessionTtl(), budget);
                    boolean used = false;
                    try {
                        var refusal = decision.on(session.id(), budget);
                        used = refusal.isEmpty();
                        return refusal.<LockResult>map(LockResult.Refused::new)
                                .orElseGet(() ->
                                        new LockResult.Held(new Lease(session.lease(), before.plus(session.ttl()))));
                    } finally {
                        if (!used) {
                            sessions.end(session.id());
                        }
                    }
                },
                LockResult.Unknown::new);
    }

    private List<Operation> locking(MemberName self, String session, Change change, List<Operation> free) {
        return Stream.of(
                        ConsulRequests.conditions(keys, change),
                        free,
                        List.of(ConsulRequests.lock(keys.leader(), self.value(), session)),
                        ConsulRequests.writes(keys, change))
                .flatMap(Collection::stream)
                .toList();
    }

    /** What must hold for the holder's own writes. */
    private List<Operation> fenced(Lease lease, Change change) {
        var operations = new ArrayList<Operation>();
        operations.add(ConsulRequests.sessionIs(keys.leader(), lease.id().value()));
        operations.addAll(ConsulRequests.conditions(keys, change));
        return operations;
    }

    private WriteResult written(List<Operation> operations, Change change) {
        return attempt(timing.retryTimeout(), budget -> written(operations, change, budget), WriteResult.Unknown::new);
    }

    private WriteResult written(List<Operation> operations, Change change, Budget budget) {
        return switch (connection.transact(operations, budget)) {
            case Transaction.Applied(var indexes) -> new WriteResult.Done(revision(indexes, change));
            case Transaction.Refused(var why) -> new WriteResult.Refused(why);
        };
    }

    /** The index of the transaction, which every key that it wrote has; without one there is nothing to have it. */
    private Revision revision(Map<String, Long> indexes, Change change) {
        return change.writes().stream()
                .filter(write -> write.value().isPresent())
                .map(write -> indexes.get(keys.key(write.key())))
                .filter(Objects::nonNull)
                .findFirst()
                .map(Revision::new)
                .orElse(Revision.ABSENT);
    }

    private StoreSnapshot snapshot(List<Value> found) {
        var values = new EnumMap<StoreKey, StoredValue>(StoreKey.class);
        var members = new TreeMap<MemberName, StoredValue>();
        for (var entry : found) {
            var value = new StoredValue(
                    text(entry),
                    new Revision(entry.getModifyIndex()),
                    entry.getSession().map(LeaseId::new));
            keys.storeKey(entry.getKey()).ifPresent(key -> values.put(key, value));
            keys.memberName(entry.getKey()).ifPresent(name -> members.put(name, value));
        }
        return new StoreSnapshot(values, members);
    }

    private static String text(Value entry) {
        return entry.getValueAsString(StandardCharsets.UTF_8).orElse("");
    }

    private static boolean isHeldBy(Optional<Value> leader, LeaseId lease) {
        return leader.flatMap(Value::getSession).equals(Optional.of(lease.value()));
    }

    private static Optional<String> refusal(Transaction result, Optional<Value> leader) {
        return switch (result) {
            case Transaction.Applied _ -> Optional.empty();
            case Transaction.Refused _ -> Optional.of(why(result, leader));
        };
    }

    private static String why(Transaction result, Optional<Value> leader) {
        return switch (result) {
            case Transaction.Applied _ -> holder(leader);
            case Transaction.Refused(var why) -> why + " (" + holder(leader) + ")";
        };
    }

    /** Who has the lock, for people. */
    private static String holder(Optional<Value> leader) {
        return leader.map(entry -> "the leader key is " + text(entry) + "'s by session "
                        + entry.getSession().orElse("(none)"))
                .orElse("nobody holds the leader key");
    }

    private static Duration min(Duration... times) {
        return Arrays.stream(times).min(Duration::compareTo).orElseThrow();
    }

    /** One attempt. Whatever goes wrong on the way is "unknown": it may have had its effect. */
    private static <T> T attempt(Duration bound, Function<Budget, T> call, Function<String, T> unknown) {
        try {
            return call.apply(Budget.of(bound));
        } catch (ConsulException e) {
            return unknown.apply(ConsulFailures.text(e));
        }
    }
}

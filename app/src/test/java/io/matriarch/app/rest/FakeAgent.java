package io.matriarch.app.rest;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.OperatorRequest;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.testing.FaultyDcs;
import io.matriarch.ports.testing.InMemoryDcs;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.testing.SimulatedClock;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** An agent whose every answer a test sets; its store is a real one in memory. */
final class FakeAgent implements RestAgent {

    final ProcessMark mark = ProcessMark.unique();
    final SimulatedClock clock = new SimulatedClock();
    final InMemoryStore store = new InMemoryStore(
            clock, new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(10)));
    final MemberName self = new MemberName("pg1");
    final FaultyDcs dcs = new FaultyDcs(store.open(self));
    final AtomicInteger wakes = new AtomicInteger();
    final AtomicInteger reloads = new AtomicInteger();
    final List<OperatorRequest> asked = new CopyOnWriteArrayList<>();
    volatile Optional<AgentView> view = Optional.empty();
    volatile boolean leader;
    volatile boolean consent;
    volatile Guard.Report guard = Guard.Report.of(Guard.GuardState.ABSENT);
    final FailsafePromises promises = new FailsafePromises(clock, this::holdsLock);
    volatile Optional<Lease> lease = Optional.empty();
    volatile Optional<LeaseId> offer = Optional.of(new LeaseId("offered"));
    volatile Optional<ScheduledRestart> scheduled = Optional.empty();
    volatile PostgresView server = Views.replica().postgres();
    volatile Function<Member, PeerAnswer> peer = member ->
            new PeerAnswer.Reachable(member.name(), true, Lsn.ZERO, Timeline.FIRST, true, member.tags(), false);
    volatile Function<OperatorRequest, RequestBox.Answer> operator = _ -> new RequestBox.Answer(true, "done");
    volatile Function<Integer, PostgresView> observed = _ -> server;
    private final AtomicInteger observations = new AtomicInteger();
    private final RequestBox requests = new RequestBox(this::answerRequests);

    private boolean holdsLock() {
        return lease.isPresent();
    }

    private void answerRequests() {
        for (OperatorRequest request : requests().waiting()) {
            asked.add(request);
            RequestBox.Answer answer = operator.apply(request);
            requests().answer(request.number(), answer.ok(), answer.text());
        }
    }

    /** Writes a key of the cluster. */
    void put(StoreKey key, String value) {
        dcs.write(Optional.empty(), Change.NONE.put(key, value));
    }

    /** Makes a member the leader, with a member's key for each name. */
    void cluster(String leading, String... members) {
        for (String name : members) {
            publish(
                    name,
                    "{\"api_url\":\"http://127.0.0.1:1/patroni\",\"conn_url\":\"postgres://127.0.0.1:5432/postgres\","
                            + "\"state\":\"running\"}");
        }
        if (!leading.isEmpty()) {
            lead(leading);
        }
    }

    void publish(String name, String document) {
        MemberName member = new MemberName(name);
        try (Dcs client = store.open(member)) {
            client.publishMember(member, document);
        }
    }

    /** The hold made last by {@link #lead}. */
    volatile Lease held = new Lease(new LeaseId("none"), clock.now());

    Lease lead(String name) {
        MemberName member = new MemberName(name);
        try (Dcs client = store.open(member)) {
            if (client.acquireLeaderLock(member, Change.NONE) instanceof LockResult.Held(Lease lease)) {
                held = lease;
                return lease;
            }
        }
        throw new AssertionError("the lock is not free");
    }

    /** The store as the next turn sees it, with everything else as it is in {@code builder}. */
    void turn(Views builder) {
        StoreSnapshot snapshot = snapshot();
        view = Optional.of(builder.reading(snapshot).view(clock.now()));
    }

    StoreSnapshot snapshot() {
        return ((InMemoryDcs) store.open(self)).load();
    }

    @Override
    public Optional<AgentView> view() {
        return view;
    }

    @Override
    public boolean isLeader() {
        return leader;
    }

    @Override
    public Optional<Lease> lease() {
        return lease;
    }

    @Override
    public boolean isHeldByConsent() {
        return consent;
    }

    @Override
    public FailsafePromises promises() {
        return promises;
    }

    @Override
    public Optional<LeaseId> offerLease() {
        return offer;
    }

    @Override
    public Dcs dcs() {
        return dcs;
    }

    @Override
    public PeerClient peers() {
        return new PeerClient() {
            @Override
            public List<PeerAnswer> poll(List<Member> members, Optional<MemberName> suspect, Duration patience) {
                return members.stream().map(peer).toList();
            }

            @Override
            public List<FailsafeAnswer> askFailsafe(List<Member> members, FailsafeClaim claim, Duration patience) {
                return List.of();
            }

            @Override
            public boolean isAnotherProcess(Member namesake, Duration patience) {
                return false;
            }

            @Override
            public void requestCheckpoint(Member candidate, Duration patience) {}

            @Override
            public HandoverAnswer awaitPosition(
                    Member candidate, MemberName leading, Timeline timeline, Lsn end, Duration patience) {
                return new HandoverAnswer.NotReady("not asked here");
            }
        };
    }

    @Override
    public ProcessMark mark() {
        return mark;
    }

    @Override
    public RequestBox requests() {
        return requests;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public Guard.Report guard() {
        return guard;
    }

    @Override
    public PostgresView observe(Duration patience) {
        return observed.apply(observations.incrementAndGet());
    }

    @Override
    public ControlResult checkpoint() {
        return new ControlResult.Done();
    }

    @Override
    public Optional<ScheduledRestart> scheduledRestart() {
        return scheduled;
    }

    @Override
    public synchronized boolean schedule(ScheduledRestart restart) {
        if (scheduled.isPresent()) {
            return false;
        }
        scheduled = Optional.of(restart);
        return true;
    }

    @Override
    public synchronized boolean cancelSchedule() {
        boolean was = scheduled.isPresent();
        scheduled = Optional.empty();
        return was;
    }

    @Override
    public void wake() {
        wakes.incrementAndGet();
    }

    @Override
    public void reload() {
        reloads.incrementAndGet();
    }
}

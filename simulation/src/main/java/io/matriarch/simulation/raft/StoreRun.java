package io.matriarch.simulation.raft;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.simulation.Scheduler;
import io.matriarch.simulation.Simulation;
import io.matriarch.simulation.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The embedded store alone: members that do nothing but take, renew, hand over and release the lock and write keys, on
 * machines that are cut off, stand still, are suspended, crash and have clocks of their own. What an agent does with a
 * lease is no part of it, so a seed costs little and the store meets more in it than under whole clusters.
 */
public final class StoreRun {

    private static final Duration QUIET = Duration.ofSeconds(60);

    /**
     * What a run was like that broke no rule.
     *
     * @param grants times somebody got the lock
     */
    public record Report(Duration simulated, int entries, int reads, int expiries, int elections, int grants) {}

    private final World world;
    private final DcsTiming timing;
    private final RaftStore store;
    private final List<Machine> machines = new ArrayList<>();
    private int grants;
    private boolean quiet;

    private StoreRun(long seed, Duration ttl, Optional<Consumer<String>> trace) {
        world = new World(seed, trace);
        timing = new DcsTiming(ttl, ttl.dividedBy(5), ttl.multipliedBy(3).dividedBy(10));
        var names = List.of(new MemberName("srv1"), new MemberName("srv2"), new MemberName("srv3"));
        store = new RaftStore(world, names, timing);
        names.forEach(name -> machines.add(new Machine(name)));
    }

    /**
     * Runs one seed.
     *
     * @throws Simulation.Violation when a rule is broken
     */
    public static Report run(long seed, Duration ttl, Duration chaos, Optional<Consumer<String>> trace) {
        var run = new StoreRun(seed, ttl, trace);
        try {
            return run.run(chaos);
        } finally {
            run.world.scheduler().close();
        }
    }

    private Report run(Duration chaos) {
        machines.forEach(Machine::start);
        store.noisy(chaos.plusSeconds(5));
        world.scheduler().run(Duration.ofSeconds(5));
        long end = world.now() + chaos.toNanos();
        fault(end);
        world.scheduler().run(chaos);
        quiet = true;
        world.network().heal();
        store.heal();
        machines.forEach(Machine::heal);
        int before = grants;
        world.scheduler().run(QUIET);
        if (grants == before && machines.stream().noneMatch(Machine::holds)) {
            throw new Simulation.Violation(world.now(), "nobody gets the lock after everything has healed");
        }
        var figures = store.ledger().figures();
        return new Report(
                Duration.ofNanos(world.now()),
                figures.entries(),
                figures.reads(),
                figures.expiries(),
                figures.elections(),
                grants);
    }

    private void fault(long end) {
        world.scheduler().after(world.between(200, 6000), () -> {
            if (world.now() < end) {
                begin(machines.get(world.random().nextInt(machines.size())));
                fault(end);
            }
        });
    }

    private void begin(Machine machine) {
        var other = machines.get(world.random().nextInt(machines.size())).name;
        var length = world.between(200, world.chance(0.3) ? 30_000 : 4000);
        int choice = world.random().nextInt(10);
        world.say("world", "fault " + choice + " of " + machine.name + " with " + other + " for " + length);
        switch (choice) {
            case 0 -> world.network().cut(world.fault("cut"), machine.name, other, length);
            case 1 -> world.network().trouble(world.fault("one way"), machine.name, other, 1, Duration.ZERO, length);
            case 2 ->
                world.network()
                        .trouble(world.fault("bad line"), machine.name, other, 0.3, Duration.ofMillis(800), length);
            case 3 ->
                machines.forEach(one -> world.network().cut(world.fault("isolated"), machine.name, one.name, length));
            case 4 -> machine.crash(world.between(50, 8000));
            case 5 -> machine.standStill(length);
            case 6 -> machine.suspend(length);
            case 7 -> machine.clock.slew(0.9 + world.random().nextDouble() / 5);
            case 8 ->
                machine.clock.stepWallClock(Duration.ofSeconds(world.random().nextInt(200) - 100L));
            default -> store.misfortune();
        }
    }

    /** A member's machine and what an agent would do with the store. */
    private final class Machine {
        private final MemberName name;
        private final MachineClock clock;
        private Optional<Dcs> dcs = Optional.empty();
        private Optional<Scheduler.Fiber> fiber = Optional.empty();
        private Optional<Lease> lease = Optional.empty();
        private Optional<LeaseId> offered = Optional.empty();
        private Optional<LeaseId> recorded = Optional.empty();
        private long pausedUntil;

        Machine(MemberName name) {
            this.name = name;
            this.clock = new MachineClock(world.scheduler());
            clock.drift(1 + (world.random().nextDouble() - 0.5) / 1000);
            clock.slew(0.9 + world.random().nextDouble() / 5);
        }

        void start() {
            lease = Optional.empty();
            offered = Optional.empty();
            dcs = Optional.of(store.open(name, clock));
            fiber = Optional.of(world.scheduler().spawn(name.value(), this::work));
            if (pausedUntil > world.now()) {
                standStill(Duration.ofNanos(pausedUntil - world.now()));
            }
        }

        void crash(Duration length) {
            if (fiber.isPresent()) {
                fiber.get().kill();
                dcs.orElseThrow().close();
                fiber = Optional.empty();
                world.scheduler().after(length, this::heal);
            }
        }

        void heal() {
            if (fiber.isEmpty()) {
                start();
            }
        }

        void standStill(Duration length) {
            pausedUntil = Math.max(pausedUntil, world.now() + length.toNanos());
            fiber.ifPresent(one -> one.pauseUntil(pausedUntil, () -> {}));
            store.pause(name, length);
        }

        void suspend(Duration length) {
            if (pausedUntil <= world.now()) {
                standStill(length);
                clock.suspend(length);
            }
        }

        boolean holds() {
            return lease.filter(one -> !clock.now().hasReached(one.deadline())).isPresent();
        }

        private void work() {
            while (true) {
                try {
                    step(dcs.orElseThrow());
                } catch (DcsUnavailableException _) {
                    // The next step asks again.
                }
                world.scheduler()
                        .sleep(world.between(50, (int) timing.loopWait().toMillis()));
            }
        }

        private void step(Dcs client) throws DcsUnavailableException {
            if (lease.isPresent()) {
                hold(client, lease.get());
                return;
            }
            var seen = client.load();
            if (world.chance(0.2)) {
                client.publishMember(name, "{\"at\":" + world.now() + "}");
            }
            if (offered.isPresent() && world.chance(0.5)) {
                took(client.renewLeaderLock(name, new Lease(offered.get(), clock.now())));
            } else if (seen.get(StoreKey.LEADER).isEmpty()) {
                took(client.acquireLeaderLock(name, epoch(seen)));
            } else if (ours(seen).isPresent() && ours(seen).equals(recorded)) {
                took(client.adoptLeaderLock(name, recorded.get()));
            } else if (world.chance(0.3)) {
                offered = client.offerLease(name);
            }
        }

        private Optional<LeaseId> ours(StoreSnapshot seen) {
            return seen.get(StoreKey.LEADER)
                    .filter(key -> key.text().equals(name.value()))
                    .flatMap(io.matriarch.ports.dcs.StoredValue::lease);
        }

        private Change epoch(StoreSnapshot seen) {
            // Nobody but the leader key itself stands between two of those that name no condition.
            return world.chance(0.3)
                    ? Change.NONE
                    : Change.NONE
                            .when(StoreKey.EPOCH, seen.revision(StoreKey.EPOCH))
                            .put(StoreKey.EPOCH, name + " " + world.now());
        }

        private void took(LockResult result) {
            if (result instanceof LockResult.Held(Lease held)) {
                grants++;
                lease = Optional.of(held);
                recorded = Optional.of(held.id());
                offered = Optional.empty();
            } else if (result instanceof LockResult.Refused) {
                offered = Optional.empty();
            }
        }

        private void hold(Dcs client, Lease mine) {
            int choice = world.random().nextInt(quiet ? 10 : 13);
            if (choice < 8) {
                switch (client.renewLeaderLock(name, mine)) {
                    case LockResult.Held(Lease again) -> lease = Optional.of(mine.extendedTo(again.deadline()));
                    case LockResult.Refused _ -> lease = Optional.empty();
                    case LockResult.Unknown _ -> {}
                }
            } else if (choice < 11) {
                client.write(Optional.of(mine), Change.NONE.put(StoreKey.STATUS, "{\"optime\":" + world.now() + "}"));
            } else if (choice == 11) {
                lease = Optional.empty();
                client.releaseLeaderLock(mine, Change.NONE.put(StoreKey.STATUS, "released"));
            } else {
                machines.stream()
                        .filter(one -> one.offered.isPresent() && one != this)
                        .findFirst()
                        .ifPresent(to -> handOver(client, mine, to));
            }
        }

        private void handOver(Dcs client, Lease mine, Machine to) {
            lease = Optional.empty();
            var result = client.handOverLeaderLock(mine, to.name, to.offered.get(), Change.NONE);
            if (result instanceof WriteResult.Refused) {
                lease = Optional.of(mine);
            }
        }
    }
}

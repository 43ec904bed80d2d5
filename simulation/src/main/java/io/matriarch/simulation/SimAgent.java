package io.matriarch.simulation;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.BackgroundTask;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.HaLoop;
import io.matriarch.app.loop.HaLoopBuilder;
import io.matriarch.app.loop.LeaseGuard;
import io.matriarch.app.loop.LeaseKeeper;
import io.matriarch.app.loop.MemberReport;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.loop.TaskRunner;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.LeaseView;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** One process of an agent: the production loop with its two helpers, driven as the agent's threads drive them. */
final class SimAgent {

    private final World world;
    private final Simulation simulation;
    private final SimHost host;
    private final Dcs dcs;
    private final ServerPorts ports;
    private final List<Scheduler.Fiber> fibers = new ArrayList<>();
    private final LeaseKeeper keeper;
    private final LeaseGuard leaseGuard;
    private final RequestBox requests;
    private final BackgroundTask task;
    private final FailsafePromises promises;
    private final SimSettings settings;
    private final HaLoop loop;
    private Optional<Scheduler.Fiber> turns = Optional.empty();
    private boolean rung;
    private boolean dead;
    private boolean ending;
    private long pausedUntil;
    private Runnable held = () -> {};
    private LoopHangs loopHangs = new LoopHangs(0, 0);
    private String lastSentence = "";

    /** From when until when its turns stand still. */
    private record LoopHangs(long since, long until) {}

    SimAgent(Simulation simulation, SimHost host, Dcs dcs, String document) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.host = host;
        this.dcs = new SteppingDcs(world, host.name, dcs);
        ports = new ServerPorts(world, host.server, host.guard);
        keeper = new LeaseKeeper(this.dcs, host.clock, host.name, this::ring, host, new FiberLock(world.scheduler));
        var control = new WatchedControl(ports, host, simulation.invariants());
        leaseGuard = new LeaseGuard(host.clock, control, keeper::lease);
        settings = new SimSettings(document, true, this::adopt);
        adopt(settings.current());
        requests = new RequestBox(this::ring);
        promises = new FailsafePromises(host.clock, () -> keeper.lease().isPresent());
        task = new BackgroundTask(runner(), this::ring);
        loop = new HaLoopBuilder(host.name, () -> host.tags)
                .ports(this.dcs, ports, control, new SimPeers(simulation, host))
                .guards(host.guard, leaseGuard, host.watchdog)
                .keeping(host.clock, keeper, settings)
                .beside(task, requests)
                .promising(promises)
                .reporting((seen, running) -> MemberReport.of(identity(), seen, running, Optional.empty()))
                .build();
        ports.onServerExit(task::serverExited);
        dcs.watch(this::ring);
        turns = Optional.of(fiber("turns", this::runTurns));
        fiber("keeper", () -> beside(keeper::keep));
        guard();
    }

    private void adopt(HaSettings wanted) {
        dcs.adopt(new DcsTiming(wanted.ttl(), wanted.loopWait(), wanted.retryTimeout()));
        keeper.adopt(wanted.ttl());
        leaseGuard.adopt(wanted.ttl());
        host.guard.adopt(wanted.ttl());
        host.watchdog.adopt(wanted.ttl(), wanted.loopWait());
        simulation.adopted(host);
    }

    static String url(MemberName name) {
        return "postgres://" + name + ":5432/postgres";
    }

    private MemberReport.Identity identity() {
        return new MemberReport.Identity(
                host.name, url(host.name), "http://" + host.name + ":8008/patroni", Optional.empty(), host.version);
    }

    private Scheduler.Fiber fiber(String what, Runnable body) {
        fibers.removeIf(Scheduler.Fiber::isEnded);
        var fiber = world.scheduler.spawn(host.name + " " + what, body);
        fiber.pauseUntil(pausedUntil, held);
        fibers.add(fiber);
        return fiber;
    }

    private TaskRunner runner() {
        return (name, body) -> {
            var fiber = fiber(name, body);
            return () -> {
                fiber.interrupted = true;
                fiber.wake();
            };
        };
    }

    void ring() {
        rung = true;
        turns.ifPresent(Scheduler.Fiber::wake);
    }

    private void runTurns() {
        while (loop.exit().isEmpty()) {
            Duration next = loop.turn();
            AgentView view = loop.view().orElseThrow();
            if (world.isTracing() && !view.sentence().equals(lastSentence)) {
                world.say(host.name.value(), view.sentence());
                lastSentence = view.sentence();
            }
            simulation.turned(host, view);
            if (next.isPositive() && !rung) {
                world.scheduler.await(host.clock.trueTime(next));
            } else {
                world.scheduler.sleep(Duration.ofNanos(1000));
            }
            rung = false;
        }
        world.scheduler.at(world.now(), this::kill);
        world.say(host.name.value(), "agent ends with " + loop.exit());
        simulation.ended(host, loop.exit().getAsInt());
    }

    private void beside(Supplier<Duration> step) {
        while (true) {
            Duration next = step.get();
            world.scheduler.sleep(next.isPositive() ? host.clock.trueTime(next) : Duration.ofMillis(1));
        }
    }

    /** The lease guard never waits for anything: it needs no stack of its own. */
    private void guard() {
        if (dead) {
            return;
        }
        if (world.now() < pausedUntil) {
            held.run();
            world.scheduler.at(pausedUntil, this::guard);
            return;
        }
        Duration next = leaseGuard.check();
        world.scheduler.after(
                next.isPositive() ? host.clock.trueTime(next).plusNanos(1) : Duration.ofMillis(1), this::guard);
    }

    /** The process is gone from one moment to the next. */
    void kill() {
        if (!dead) {
            dead = true;
            dcs.close();
            List.copyOf(fibers).forEach(Scheduler.Fiber::kill);
            ports.close();
        }
    }

    void pause(Fault fault, Duration length) {
        pausedUntil = Math.max(pausedUntil, world.now() + length.toNanos());
        held = fault::hadEffect;
        fibers.forEach(fiber -> fiber.pauseUntil(pausedUntil, held));
    }

    /** Only its turns stand still. */
    void hangLoop(Fault fault, Duration length) {
        long until = world.now() + length.toNanos();
        loopHangs = new LoopHangs(world.now(), until);
        turns.ifPresent(fiber -> fiber.pauseUntil(until, fault::hadEffect));
    }

    /** Since when its turns have stood still, zero if they do not. */
    Duration loopHangsFor() {
        return dead || world.now() >= loopHangs.until()
                ? Duration.ZERO
                : Duration.ofNanos(world.now() - loopHangs.since());
    }

    void shutdown() {
        ending = true;
        loop.requestShutdown();
        ring();
    }

    boolean isEnding() {
        return ending;
    }

    boolean isDead() {
        return dead;
    }

    boolean answers() {
        return !dead && pausedUntil <= world.now();
    }

    /** Whether it has a hold that it may believe in: only then it is worth asking for more. */
    boolean holds() {
        return !dead && keeper.view() instanceof LeaseView.Mine;
    }

    /** Whether it would tell a client at this moment that it is the primary. */
    boolean saysLeader() {
        return answers() && keeper.isLeader();
    }

    /** What {@code POST /failsafe} does. */
    FailsafePromises.Answer promise(FailsafeClaim claim) {
        var standing = FailsafePromises.Standing.of(
                loop.view(),
                settings().failsafe(),
                host.server.isWritable(),
                settings().ttl());
        return promises.answer(claim, standing);
    }

    Optional<LeaseId> offer() {
        return keeper.offer();
    }

    /** A look at its server beside the loop, as its REST API takes one. */
    PostgresView look() {
        return ports.observe(Duration.ofSeconds(1));
    }

    Optional<AgentView> view() {
        return loop.view();
    }

    HaSettings settings() {
        return settings.current();
    }

    RequestBox requests() {
        return requests;
    }

    boolean isBusy() {
        return task.peek() instanceof io.matriarch.domain.ha.TaskView.Running;
    }
}

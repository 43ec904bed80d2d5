package io.matriarch.simulation;

import io.matriarch.app.loop.BackgroundTask;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.HaLoop;
import io.matriarch.app.loop.HaLoopBuilder;
import io.matriarch.app.loop.LeaseGuard;
import io.matriarch.app.loop.LeaseKeeper;
import io.matriarch.app.loop.LeaseRecord;
import io.matriarch.app.loop.MemberReport;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.loop.SettingsSource;
import io.matriarch.app.loop.TaskRunner;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.testing.SimulatedClock;
import io.matriarch.ports.watchdog.Watchdog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** One process of an agent: the production loop with its two helpers, driven as the agent's threads drive them. */
final class SimAgent {

    /** What of a host outlives its agents. */
    static final class Host implements LeaseRecord {
        final MemberName name;
        final SimulatedClock clock;
        final SimGuard guard;
        final FakePostgres server;
        private Optional<LeaseId> last = Optional.empty();
        Optional<SimAgent> agent = Optional.empty();

        Host(MemberName name, SimulatedClock clock, SimGuard guard, FakePostgres server) {
            this.name = name;
            this.clock = clock;
            this.guard = guard;
            this.server = server;
        }

        @Override
        public Optional<LeaseId> last() {
            return last;
        }

        @Override
        public void write(LeaseId held) {
            last = Optional.of(held);
        }
    }

    private final World world;
    private final Simulation simulation;
    private final Host host;
    private final Dcs dcs;
    private final List<Scheduler.Fiber> fibers = new ArrayList<>();
    private final LeaseKeeper keeper;
    private final LeaseGuard leaseGuard;
    private final RequestBox requests;
    private final FailsafePromises promises;
    private final HaSettings settings;
    private final HaLoop loop;
    private Scheduler.Fiber turns;
    private boolean rung;
    private boolean dead;
    private long pausedUntil;
    private String lastSentence = "";

    SimAgent(Simulation simulation, Host host, Dcs dcs, HaSettings settings) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.host = host;
        this.dcs = dcs;
        host.server.forgetAgent();
        keeper = new LeaseKeeper(dcs, host.clock, host.name, this::ring, host, new FiberLock(world.scheduler));
        leaseGuard = new LeaseGuard(host.clock, host.server, keeper::lease);
        keeper.adopt(settings.ttl());
        leaseGuard.adopt(settings.ttl());
        requests = new RequestBox(this::ring);
        promises = new FailsafePromises(host.clock, () -> keeper.lease().isPresent());
        this.settings = settings;
        var task = new BackgroundTask(runner(), this::ring);
        loop = new HaLoopBuilder(host.name, () -> Tags.NONE)
                .ports(dcs, host.server, host.server, new Peers())
                .guards(host.guard, leaseGuard, new NoDog())
                .keeping(host.clock, keeper, new Fixed(settings))
                .beside(task, requests)
                .promising(promises)
                .reporting((seen, running) -> MemberReport.of(identity(host.name), seen, running, Optional.empty()))
                .build();
        host.server.onServerExit(task::serverExited);
        dcs.watch(this::ring);
        turns = fiber("turns", this::runTurns);
        fiber("keeper", () -> beside(keeper::keep));
        fiber("guard", () -> beside(leaseGuard::check));
    }

    static String url(MemberName name) {
        return "postgres://" + name + ":5432/postgres";
    }

    private static MemberReport.Identity identity(MemberName name) {
        return new MemberReport.Identity(
                name, url(name), "http://" + name + ":8008/patroni", Optional.empty(), "4.1.4");
    }

    private Scheduler.Fiber fiber(String what, Runnable body) {
        var fiber = world.scheduler.spawn(host.name + " " + what, body);
        fiber.pauseUntil(pausedUntil);
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

    private void ring() {
        rung = true;
        if (turns != null) {
            turns.wake();
        }
    }

    private void runTurns() {
        while (loop.exit().isEmpty()) {
            Duration next = loop.turn();
            String sentence = loop.view().orElseThrow().sentence();
            if (!sentence.equals(lastSentence)) {
                world.say(host.name.value(), sentence);
            }
            lastSentence = sentence;
            simulation.turned(host.name);
            if (next.isPositive() && !rung) {
                world.scheduler.await(next);
            } else {
                world.scheduler.sleep(Duration.ofNanos(1000));
            }
            rung = false;
        }
        world.scheduler.at(world.now(), this::kill);
        world.say(host.name.value(), "agent ends with " + loop.exit());
        simulation.ended(host);
    }

    private void beside(Supplier<Duration> step) {
        while (true) {
            Duration next = step.get();
            world.scheduler.sleep(next.isPositive() ? next : Duration.ofMillis(1));
        }
    }

    /** The process is gone from one moment to the next. */
    void kill() {
        if (!dead) {
            dead = true;
            dcs.close();
            List.copyOf(fibers).forEach(Scheduler.Fiber::kill);
            host.server.close();
        }
    }

    void pause(Duration length) {
        pausedUntil = world.now() + length.toNanos();
        fibers.forEach(fiber -> fiber.pauseUntil(pausedUntil));
    }

    void shutdown() {
        loop.requestShutdown();
        ring();
    }

    boolean isDead() {
        return dead;
    }

    boolean answers() {
        return !dead && pausedUntil <= world.now();
    }

    /** Whether it would tell a client at this moment that it is the primary. */
    boolean saysLeader() {
        return answers() && keeper.isLeader();
    }

    /** What {@code POST /failsafe} does. */
    private FailsafePromises.Answer promise(FailsafeClaim claim) {
        var standing = FailsafePromises.Standing.of(
                loop.view(), settings.failsafe(), host.server.isWritable(), settings.ttl());
        return promises.answer(claim, standing);
    }

    OptionalInt exit() {
        return loop.exit();
    }

    /** Asks the other agents, as over REST. */
    private final class Peers implements PeerClient {

        @Override
        public List<PeerAnswer> poll(List<Member> members, Optional<MemberName> suspect, Duration patience) {
            world.scheduler.sleep(world.between(1, 20));
            List<PeerAnswer> answers = new ArrayList<>();
            boolean waited = false;
            for (Member member : members) {
                PeerAnswer answer = ask(member.name());
                waited |= answer instanceof PeerAnswer.Unreachable
                        && suspect.filter(member.name()::equals).isEmpty();
                answers.add(answer);
            }
            world.scheduler.sleep(waited ? patience : world.between(1, 20));
            return answers;
        }

        private PeerAnswer ask(MemberName name) {
            Host other = simulation.host(name);
            boolean answers = world.network.linked(host.name, name)
                    && other.agent.filter(SimAgent::answers).isPresent()
                    && other.server.isUp();
            if (!answers) {
                return new PeerAnswer.Unreachable(name, "no answer");
            }
            boolean primary = other.server.isWritable();
            return new PeerAnswer.Reachable(
                    name,
                    !primary,
                    primary ? Lsn.ZERO : other.server.end(),
                    other.server.timeline(),
                    other.server.streamsFrom(host.name),
                    Tags.NONE,
                    false);
        }

        /** As over HTTP: all at once, and silence costs two tries. */
        @Override
        public List<FailsafeAnswer> askFailsafe(List<Member> members, FailsafeClaim claim, Duration patience) {
            world.scheduler.sleep(world.between(1, 20));
            List<FailsafeAnswer> answers = new ArrayList<>();
            for (Member member : members) {
                answers.add(agree(member.name(), claim));
            }
            boolean waited = answers.stream().anyMatch(FailsafeAnswer.Refused.class::isInstance);
            world.scheduler.sleep(waited ? patience.multipliedBy(2) : world.between(1, 20));
            return answers;
        }

        private FailsafeAnswer agree(MemberName name, FailsafeClaim claim) {
            Host other = simulation.host(name);
            Optional<SimAgent> agent =
                    world.linked(host.name, name) ? other.agent.filter(SimAgent::answers) : Optional.empty();
            if (agent.isEmpty()) {
                return new FailsafeAnswer.Refused(name, "no answer in time");
            }
            return switch (agent.get().promise(claim)) {
                case FailsafePromises.Answer.Accepted _ -> new FailsafeAnswer.Accepted(name, Optional.empty());
                case FailsafePromises.Answer.Disabled _ -> new FailsafeAnswer.Refused(name, "off");
                case FailsafePromises.Answer.RunningAsLeader _ -> new FailsafeAnswer.Refused(name, "leads");
                case FailsafePromises.Answer.Overtaken(String why) -> new FailsafeAnswer.Refused(name, why);
            };
        }

        @Override
        public boolean isAnotherProcess(Member namesake, Duration patience) {
            return false;
        }

        @Override
        public void requestCheckpoint(Member candidate, Duration patience) {
            world.scheduler.sleep(world.between(1, 20));
        }

        @Override
        public HandoverAnswer awaitPosition(
                Member candidate, MemberName leader, Timeline timeline, Lsn end, Duration patience) {
            long until = world.now() + patience.toNanos();
            Host other = simulation.host(candidate.name());
            while (world.now() < until && !world.scheduler.current().interrupted) {
                boolean has = world.network.linked(host.name, candidate.name())
                        && other.agent.filter(SimAgent::answers).isPresent()
                        && other.server.isUp()
                        && other.server.isStandby()
                        && other.server.timeline().equals(timeline)
                        && other.server.end().isAtLeast(end);
                if (has) {
                    Lsn position = other.server.end();
                    return other.agent
                            .get()
                            .keeper
                            .offer()
                            .<HandoverAnswer>map(id -> new HandoverAnswer.Ready(timeline, position, id))
                            .orElseGet(() -> new HandoverAnswer.NotReady("no lease to offer"));
                }
                world.scheduler.sleep(Duration.ofMillis(50));
            }
            return new HandoverAnswer.NotReady("not in time");
        }
    }

    /** No device. */
    private static final class NoDog implements Watchdog {
        @Override
        public WatchdogView view() {
            return WatchdogView.OFF;
        }

        @Override
        public void adopt(Duration ttl, Duration loopWait) {
            // There is no timeout to change.
        }

        @Override
        public boolean arm() {
            return true;
        }

        @Override
        public void keepalive() {
            // There is nothing to keep from firing.
        }

        @Override
        public void disarm() {
            // There is nothing to stop.
        }
    }

    /** Settings that stay. */
    private record Fixed(HaSettings settings) implements SettingsSource {
        @Override
        public HaSettings adopt(StoreSnapshot snapshot) {
            return settings;
        }

        @Override
        public HaSettings current() {
            return settings;
        }

        @Override
        public String document() {
            return "{\"ttl\":10}";
        }
    }
}

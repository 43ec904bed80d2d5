package io.matriarch.app.loop;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.TaskView;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import io.matriarch.ports.watchdog.Watchdog;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Puts a loop together from its ports, for the agent and for simulations alike. All groups are needed. */
public final class HaLoopBuilder {

    private final MemberName self;
    private final Supplier<Tags> tags;
    private Dcs dcs;
    private PostgresProbe probe;
    private PostgresControl postgres;
    private PeerClient peers;
    private Guard guard;
    private LeaseGuard leaseGuard;
    private Watchdog watchdog;
    private Clock clock;
    private LeaseKeeper keeper;
    private SettingsSource settings;
    private BackgroundTask task;
    private RequestBox requests;
    private FailsafePromises promises;
    private BiFunction<Observation, TaskView, Member> report;

    public HaLoopBuilder(MemberName self, Supplier<Tags> tags) {
        this.self = self;
        this.tags = tags;
    }

    public HaLoopBuilder ports(Dcs store, PostgresProbe server, PostgresControl control, PeerClient others) {
        dcs = store;
        probe = server;
        postgres = control;
        peers = others;
        return this;
    }

    public HaLoopBuilder guards(Guard process, LeaseGuard own, Watchdog device) {
        guard = process;
        leaseGuard = own;
        watchdog = device;
        return this;
    }

    public HaLoopBuilder keeping(Clock time, LeaseKeeper lease, SettingsSource source) {
        clock = time;
        keeper = lease;
        settings = source;
        return this;
    }

    public HaLoopBuilder beside(BackgroundTask background, RequestBox asked) {
        task = background;
        requests = asked;
        return this;
    }

    /** What it promises other members. */
    public HaLoopBuilder promising(FailsafePromises given) {
        promises = given;
        return this;
    }

    /** What the member publishes after a turn. */
    public HaLoopBuilder reporting(BiFunction<Observation, TaskView, Member> member) {
        report = member;
        return this;
    }

    public HaLoop build() {
        LeaseKeeper hold = keeper;
        FailsafePromises given = promises == null
                ? new FailsafePromises(clock, () -> hold.lease().isPresent())
                : promises;
        Supplier<Duration> peerPatience = () -> patience(settings.current());
        Supplier<Duration> callPatience = () -> settings.current().retryTimeout();
        var observer =
                new Observer(self, tags, dcs, probe, peers, watchdog, clock, settings, keeper, task, requests, given);
        var guards = new GuardActions(guard, leaseGuard, watchdog, keeper);
        var server = new PostgresActions(postgres, peers, task, guards, callPatience);
        var interpreter = new DecisionInterpreter(
                new LockActions(keeper, settings, given),
                server,
                guards,
                new DcsActions(dcs, keeper, observer, settings, postgres, clock, self),
                new PeerActions(peers, server, observer, self, peerPatience, clock),
                new AgentActions(task, requests));
        BackgroundTask running = task;
        BiFunction<Observation, TaskView, Member> member = report;
        return new HaLoop(self, observer, interpreter, dcs, keeper, clock, seen -> member.apply(seen, running.peek()));
    }

    private static Duration patience(HaSettings settings) {
        return settings.peerPatience();
    }
}

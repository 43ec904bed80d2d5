package io.matriarch.app.wiring;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Module;
import com.google.inject.Stage;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.BackgroundTask;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.GuardedWatchdog;
import io.matriarch.app.loop.HaLoopBuilder;
import io.matriarch.app.loop.LeaseGuard;
import io.matriarch.app.loop.LeaseKeeper;
import io.matriarch.app.loop.LeaseRecord;
import io.matriarch.app.loop.MemberReport;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.loop.TaskRunner;
import io.matriarch.app.loop.Wakeup;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.postgres.PostgresConfigurator;
import io.matriarch.ports.postgres.PostgresContext;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.process.ProcessMemory;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import io.matriarch.ports.watchdog.Watchdog;
import java.util.ArrayList;
import java.util.List;

/** Builds the agent: the adapters by Guice, everything else by its constructor. */
final class AgentFactory {

    private AgentFactory() {}

    /**
     * Connects nothing yet except what an adapter connects when it is made.
     *
     * @param record what the agent before this one held
     * @throws ConfigProblems when a section of an adapter cannot be used
     */
    static AgentForRest create(LiveConfig live, LeaseRecord record) {
        List<Module> modules = new ArrayList<>(Plugins.modules(live.state().agent()));
        modules.add(new MatriarchModule(live));
        Injector injector = Guice.createInjector(Stage.PRODUCTION, modules);
        Clock clock = injector.getInstance(Clock.class);
        Dcs dcs = injector.getInstance(Dcs.class);
        PostgresControl postgres = injector.getInstance(PostgresControl.class);
        PostgresProbe probe = injector.getInstance(PostgresProbe.class);
        Watchdog watchdog = injector.getInstance(Watchdog.class);
        PeerClient peers = injector.getInstance(PeerClient.class);
        Guard guard = injector.getInstance(Guard.class);
        LiveSettings settings = injector.getInstance(LiveSettings.class);

        var wakeup = new Wakeup();
        var self = live.state().agent().name();
        var keeper = new LeaseKeeper(dcs, clock, self, wakeup::ring, record);
        var leaseGuard = new LeaseGuard(clock, postgres, keeper::lease);
        var requests = new RequestBox(wakeup::ring);
        var promises = new FailsafePromises(clock, () -> keeper.lease().isPresent());
        var task = new BackgroundTask(TaskRunner.ofVirtualThreads(), wakeup::ring);
        probe.onServerExit(task::serverExited);
        var schedule = new ScheduledRestarts();
        settings.addListener(
                new Listeners(watchdog, guard, keeper, leaseGuard, injector.getInstance(PostgresConfigurator.class)));
        var loop = new HaLoopBuilder(self, () -> live.state().agent().tags())
                .ports(dcs, probe, postgres, peers)
                .guards(guard, leaseGuard, new GuardedWatchdog(watchdog, guard))
                .keeping(clock, keeper, settings)
                .beside(task, requests)
                .promising(promises)
                .reporting((seen, running) -> MemberReport.of(Agent.identity(live), seen, running, schedule.current()))
                .build();
        var memory = new MemoryKeeper(injector.getInstance(ProcessMemory.class), Runtime.getRuntime()::totalMemory);
        var agent = new Agent(
                live, settings, dcs, probe, loop, keeper, leaseGuard, requests, promises, schedule, wakeup, memory);
        return new AgentForRest(agent, peers, probe, postgres, guard, clock, injector.getInstance(ProcessMark.class));
    }

    /** Everybody who has to know of a change of the configuration. */
    private record Listeners(
            Watchdog watchdog, Guard guard, LeaseKeeper keeper, LeaseGuard leaseGuard, PostgresConfigurator postgres)
            implements LiveSettings.Listener {

        @Override
        public void changed(HaSettings settings, PostgresContext context, boolean always) {
            watchdog.adopt(settings.ttl(), settings.loopWait());
            guard.adopt(settings.ttl());
            keeper.adopt(settings.ttl());
            leaseGuard.adopt(settings.ttl());
            postgres.adopt(context, always);
        }
    }
}

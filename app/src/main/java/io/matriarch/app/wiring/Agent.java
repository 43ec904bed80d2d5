package io.matriarch.app.wiring;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.HostPort;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.HaLoop;
import io.matriarch.app.loop.LeaseGuard;
import io.matriarch.app.loop.LeaseKeeper;
import io.matriarch.app.loop.MemberReport;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.loop.Wakeup;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.app.version.Version;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.postgres.PostgresProbe;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running agent: its loop, the threads beside it, and what requests may ask of it. */
public final class Agent implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Agent.class);

    private final LiveConfig live;
    private final LiveSettings settings;
    private final Dcs dcs;
    private final PostgresProbe probe;
    private final HaLoop loop;
    private final LeaseKeeper keeper;
    private final LeaseGuard leaseGuard;
    private final RequestBox requests;
    private final FailsafePromises promises;
    private final ScheduledRestarts schedule;
    private final Wakeup wakeup;
    private final MemoryKeeper memory;
    private volatile boolean running = true;

    Agent(
            LiveConfig live,
            LiveSettings settings,
            Dcs dcs,
            PostgresProbe probe,
            HaLoop loop,
            LeaseKeeper keeper,
            LeaseGuard leaseGuard,
            RequestBox requests,
            FailsafePromises promises,
            ScheduledRestarts schedule,
            Wakeup wakeup,
            MemoryKeeper memory) {
        this.live = live;
        this.settings = settings;
        this.dcs = dcs;
        this.probe = probe;
        this.loop = loop;
        this.keeper = keeper;
        this.leaseGuard = leaseGuard;
        this.requests = requests;
        this.promises = promises;
        this.schedule = schedule;
        this.wakeup = wakeup;
        this.memory = memory;
    }

    /** What the last turn saw; empty before the first one has ended. */
    public Optional<AgentView> view() {
        return loop.view();
    }

    /** The lease, asked at the moment of the answer (SAF-062). */
    public LeaseKeeper lease() {
        return keeper;
    }

    public LiveConfig config() {
        return live;
    }

    public Dcs dcs() {
        return dcs;
    }

    public RequestBox requests() {
        return requests;
    }

    /** What this member has promised to leaders without the store. */
    public FailsafePromises promises() {
        return promises;
    }

    /** The restart that is scheduled here, if any. */
    public ScheduledRestarts schedule() {
        return schedule;
    }

    /** A turn comes at once. */
    public void wake() {
        wakeup.ring();
    }

    /** Who is told after the configuration has been read again. */
    void onReload(Runnable listener) {
        settings.addListener((changed, postgres, always) -> {
            if (always) {
                listener.run();
            }
        });
    }

    /** Reads the configuration files again, as SIGHUP does. */
    public void reload() {
        settings.requestReload();
        wakeup.ring();
    }

    /** Stops PostgreSQL, gives the lock back and ends. */
    public void shutdown() {
        loop.requestShutdown();
        wakeup.ring();
    }

    /** Runs turns until the agent ends. @return its exit status */
    int run() throws Exception {
        Thread renewals = beside("lease keeper", keeper::keep);
        Thread guard = beside("lease guard", leaseGuard::check);
        Thread memories = beside("memory keeper", memory::look);
        AutoCloseable watch = dcs.watch(wakeup::ring);
        try {
            while (loop.exit().isEmpty()) {
                Duration next = turn();
                wakeup.await(next);
            }
        } finally {
            running = false;
            renewals.interrupt();
            guard.interrupt();
            memories.interrupt();
            watch.close();
        }
        return loop.exit().orElse(0);
    }

    @Override
    public void close() {
        probe.close();
        dcs.close();
    }

    private Duration turn() {
        Duration next = loop.steadyTurn();
        try {
            // An agent that ends because the data directory is another cluster's leaves no file of ours in it.
            if (loop.exit().isEmpty()
                    && loop.view()
                            .filter(view ->
                                    view.observation().postgres().controlData().isPresent())
                            .isPresent()) {
                live.save();
            }
            return next;
        } catch (RuntimeException e) {
            log.error("the configuration in force could not be kept beside the data, please report it as a BUG", e);
            return next;
        }
    }

    private Thread beside(String name, Supplier<Duration> step) {
        return Thread.ofPlatform().daemon().name(name).start(() -> {
            while (running) {
                try {
                    Duration next = step.get();
                    Thread.sleep(next.isPositive() ? next : Duration.ofMillis(1));
                } catch (InterruptedException e) {
                    return;
                } catch (RuntimeException e) {
                    log.error("the {} raised an unexpected exception, please report it as a BUG", name, e);
                }
            }
        });
    }

    /** What the member publishes of itself, from the configuration in force. */
    static MemberReport.Identity identity(LiveConfig live) {
        AgentConfig agent = live.state().agent();
        var postgresql = live.effective().postgresqlSection();
        String database = postgresql.text("database").orElse("postgres");
        HostPort address = postgresql
                .text("connect_address")
                .or(() -> postgresql.text("listen").map(Agent::firstAddress))
                .flatMap(text -> HostPort.parse(text, MemberUrls.POSTGRES_PORT))
                .orElse(new HostPort("localhost", MemberUrls.POSTGRES_PORT));
        Optional<String> proxy = postgresql
                .text("proxy_address")
                .flatMap(text -> HostPort.parse(text, MemberUrls.POSTGRES_PORT))
                .map(one -> MemberUrls.connUrl(one.host(), one.port(), database));
        return new MemberReport.Identity(
                agent.name(),
                MemberUrls.connUrl(address.host(), address.port(), database),
                agent.rest().apiUrl(),
                proxy,
                Version.PATRONI);
    }

    /** The first of several hosts with the port that all of them have; everywhere means localhost here. */
    private static String firstAddress(String listen) {
        int colon = listen.lastIndexOf(':');
        String hosts = colon < 0 ? listen : listen.substring(0, colon);
        String port = colon < 0 ? "" : listen.substring(colon);
        String first = hosts.split(",")[0];
        return (first.equals("*") || first.equals("0.0.0.0") || first.isEmpty() ? "localhost" : first) + port;
    }
}

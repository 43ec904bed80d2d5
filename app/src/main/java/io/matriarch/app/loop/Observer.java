package io.matriarch.app.loop;

import io.matriarch.app.store.ClusterReader;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.failsafe.FailsafeRound;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.HaState;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.OperatorRequest;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Watchdog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the ports and makes one observation of it. Failures become values here. */
public final class Observer {

    private static final Logger log = LoggerFactory.getLogger(Observer.class);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(2);
    private static final Duration LONGEST_KNOCK = Duration.ofSeconds(3);

    /** What an observation was made of, for those who show it. */
    public record Seen(Observation observation, Optional<StoreSnapshot> snapshot) {}

    private final MemberName self;
    private final Supplier<Tags> tags;
    private final Dcs dcs;
    private final PostgresProbe probe;
    private final Watchdog watchdog;
    private final Clock clock;
    private final SettingsSource settings;
    private final LeaseKeeper keeper;
    private final BackgroundTask task;
    private final RequestBox requests;
    private final PeerClient peers;
    private final FailsafePromises promises;
    private final ClusterReader reader = new ClusterReader();
    private Optional<List<PeerAnswer>> answers = Optional.empty();
    private Optional<FailsafeRound> round = Optional.empty();
    private Optional<Revision> initializeCreated = Optional.empty();
    private boolean nameChecked;

    public Observer(
            MemberName self,
            Supplier<Tags> tags,
            Dcs dcs,
            PostgresProbe probe,
            PeerClient peers,
            Watchdog watchdog,
            Clock clock,
            SettingsSource settings,
            LeaseKeeper keeper,
            BackgroundTask task,
            RequestBox requests,
            FailsafePromises promises) {
        this.self = self;
        this.tags = tags;
        this.dcs = dcs;
        this.probe = probe;
        this.peers = peers;
        this.watchdog = watchdog;
        this.clock = clock;
        this.settings = settings;
        this.keeper = keeper;
        this.task = task;
        this.requests = requests;
        this.promises = promises;
    }

    /** The answers of a poll: what the next observation has of them, and only that one. */
    void polled(List<PeerAnswer> answers) {
        this.answers = Optional.of(answers);
    }

    /** The answers of a failsafe round, likewise. */
    void agreed(FailsafeRound answers) {
        round = Optional.of(answers);
    }

    /** Our own creation of the initialize key. */
    void created(Revision initialize) {
        initializeCreated = Optional.of(initialize);
    }

    Seen observe(HaState state, boolean shutdown) {
        var agreed = round;
        round = Optional.empty();
        // The answers belong to the outage that the turn before has seen: to wait for the store once more would use up
        // the time that they give.
        Optional<StoreSnapshot> snapshot = agreed.isPresent() ? Optional.empty() : load();
        // Each step is bounded, but all together may take longer than a short lease's mandate (SAF-070).
        keeper.signOfLife();
        DcsView store = snapshot.<DcsView>map(read -> new DcsView.Read(reader.decode(read)))
                .orElseGet(() -> new DcsView.Unreachable("the store did not answer"));
        HaSettings inForce = snapshot.map(settings::adopt).orElseGet(settings::current);
        Duration patience = patience(inForce);
        boolean nameTaken = store instanceof DcsView.Read(var cluster) && isNameTaken(cluster, inForce);
        // The task first: an end that is seen together with the state before it would be lost on the domain.
        var taskView = task.observe();
        PostgresView server = probe.observe(patience);
        keeper.signOfLife();
        var polled = answers;
        answers = Optional.empty();
        var observation = new Observation(
                self,
                tags.get(),
                clock.now(),
                clock.wallClock(),
                inForce,
                store,
                keeper.view(),
                server,
                server.isAlive() ? probe.serverVersion() : 0,
                taskView,
                polled,
                watchdog.view(),
                waiting(state),
                initializeCreated,
                nameTaken,
                shutdown,
                promises.view(agreed, keeper.isHeldByConsent()));
        return new Seen(observation, snapshot);
    }

    /** The server's account of itself, for those who show it: no decision waits for that. */
    ServerReport report(Observation seen) {
        return seen.postgres().isAlive()
                ? probe.report(patience(seen.settings()))
                : new ServerReport.NoAnswer("the server does not run");
    }

    /**
     * Asked once, of the first view of the store: whoever answers at the address of a member of our name, and is not this
     * very process, had the name before us. A quarter of the lease at most: an agent that has just been restarted may
     * have to renew one.
     */
    private boolean isNameTaken(ClusterView cluster, HaSettings inForce) {
        if (nameChecked) {
            return false;
        }
        nameChecked = true;
        Duration patience = shorter(inForce.ttl().dividedBy(4), LONGEST_KNOCK);
        boolean taken = cluster.member(self)
                .filter(namesake -> peers.isAnotherProcess(namesake, patience))
                .isPresent();
        keeper.signOfLife();
        return taken;
    }

    private List<OperatorRequest> waiting(HaState state) {
        return requests.waiting().stream()
                .filter(request -> !state.pendingReply().equals(Optional.of(request.number())))
                .toList();
    }

    private Optional<StoreSnapshot> load() {
        try {
            return Optional.of(dcs.load());
        } catch (DcsUnavailableException e) {
            log.error("Error communicating with DCS: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** A probe is short against the lease: an eighth of it, two seconds at most (SAF-070). */
    private static Duration patience(HaSettings inForce) {
        return shorter(Duration.ofNanos(inForce.ttl().toNanos() / 8), LONGEST_PROBE);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}

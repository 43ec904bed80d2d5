package io.matriarch.app.loop;

import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Tags;
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

    /** What an observation was made of, for those who show it. */
    public record Seen(Observation observation, Optional<StoreSnapshot> snapshot, ServerReport report) {}

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
    private Optional<List<PeerAnswer>> peers = Optional.empty();
    private Optional<Revision> initializeCreated = Optional.empty();

    public Observer(
            MemberName self,
            Supplier<Tags> tags,
            Dcs dcs,
            PostgresProbe probe,
            Watchdog watchdog,
            Clock clock,
            SettingsSource settings,
            LeaseKeeper keeper,
            BackgroundTask task,
            RequestBox requests) {
        this.self = self;
        this.tags = tags;
        this.dcs = dcs;
        this.probe = probe;
        this.watchdog = watchdog;
        this.clock = clock;
        this.settings = settings;
        this.keeper = keeper;
        this.task = task;
        this.requests = requests;
    }

    /** The answers of a poll: what the next observation has of them, and only that one. */
    void polled(List<PeerAnswer> answers) {
        peers = Optional.of(answers);
    }

    /** Our own creation of the initialize key. */
    void created(Revision initialize) {
        initializeCreated = Optional.of(initialize);
    }

    Seen observe(HaState state, boolean shutdown) {
        Optional<StoreSnapshot> snapshot = load();
        // Each step is bounded, but all together may take longer than a short lease's mandate (SAF-070).
        keeper.signOfLife();
        DcsView store = snapshot.<DcsView>map(read -> new DcsView.Read(ClusterCodec.decode(read)))
                .orElseGet(() -> new DcsView.Unreachable("the store did not answer"));
        HaSettings inForce = snapshot.map(settings::adopt).orElseGet(settings::current);
        Duration patience = patience(inForce);
        // The task first: an end that is seen together with the state before it would be lost on the domain.
        var taskView = task.observe();
        PostgresView server = probe.observe(patience);
        keeper.signOfLife();
        ServerReport report =
                server.isAlive() ? probe.report(patience) : new ServerReport.NoAnswer("the server does not run");
        var answers = peers;
        peers = Optional.empty();
        var observation = new Observation(
                self,
                tags.get(),
                clock.now(),
                clock.wallClock(),
                inForce,
                store,
                keeper.view(),
                server,
                report instanceof ServerReport.Answer answer ? answer.serverVersion() : 0,
                taskView,
                answers,
                watchdog.view(),
                waiting(state),
                initializeCreated,
                shutdown);
        return new Seen(observation, snapshot, report);
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
        Duration patience = inForce.ttl().dividedBy(8);
        return patience.compareTo(LONGEST_PROBE) < 0 ? patience : LONGEST_PROBE;
    }
}

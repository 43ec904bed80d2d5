package io.matriarch.app.wiring;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.DynamicSettings;
import io.matriarch.app.config.EffectiveConfig;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.config.SlotRules;
import io.matriarch.app.config.Timings;
import io.matriarch.app.config.TreeSection;
import io.matriarch.app.loop.SettingsSource;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.settings.SlotSettings;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.postgres.PostgresContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The configuration in force for the loop; tells the adapters of every change. Called by the loop's thread alone. */
final class LiveSettings implements SettingsSource {

    private static final Logger log = LoggerFactory.getLogger(LiveSettings.class);

    /** Somebody who has to know of a change. */
    interface Listener {

        /**
         * @param always whether files have been read again, so that everything is written even if nothing differs
         */
        void changed(HaSettings settings, PostgresContext postgres, boolean always);
    }

    private final LiveConfig live;
    private final UnaryOperator<DcsTiming> store;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private Optional<Revision> adopted = Optional.empty();
    private volatile boolean reload;
    private volatile HaSettings current;

    /**
     * @param store takes the timing over and answers with the one that holds
     */
    LiveSettings(LiveConfig live, UnaryOperator<DcsTiming> store) {
        this.live = live;
        this.store = store;
        this.current = settings(store.apply(timing(live.effective())));
    }

    void addListener(Listener listener) {
        listeners.add(listener);
    }

    /** From the next turn on, the files are read again. */
    void requestReload() {
        reload = true;
    }

    @Override
    public HaSettings adopt(StoreSnapshot snapshot) {
        boolean changed = adopted.isEmpty();
        boolean always = false;
        if (reload) {
            reload = false;
            live.reload();
            changed = true;
            always = true;
        }
        Revision revision = snapshot.revision(StoreKey.CONFIG);
        if (!adopted.equals(Optional.of(revision))) {
            adopted = Optional.of(revision);
            changed |= snapshot.get(StoreKey.CONFIG)
                    .map(value -> live.adopt(value.text()))
                    .orElse(false);
        }
        if (changed) {
            apply(always);
        }
        return current;
    }

    private void apply(boolean always) {
        current = settings(store.apply(timing(live.effective())));
        PostgresContext context = postgresContext(live, current);
        for (Listener listener : listeners) {
            listener.changed(current, context, always);
        }
        warnOfTightTiming(current);
    }

    @Override
    public HaSettings current() {
        return current;
    }

    @Override
    public String document() {
        return live.document();
    }

    static DcsTiming timing(EffectiveConfig config) {
        Timings timings = config.timings();
        return new DcsTiming(timings.ttl(), timings.loopWait(), timings.retryTimeout());
    }

    static PostgresContext postgresContext(LiveConfig live, HaSettings settings) {
        AgentConfig agent = live.state().agent();
        return new PostgresContext(
                agent.scope().name(),
                agent.name(),
                live.effective().postgresqlSection(),
                agent.section("bootstrap"),
                settings.loopWait(),
                settings.retryTimeout());
    }

    private HaSettings settings(DcsTiming timing) {
        EffectiveConfig config = live.effective();
        DynamicSettings dynamic = config.settings();
        TreeSection postgresql = config.postgresqlSection();
        return HaSettings.DEFAULTS
                .edit()
                .timing(timing.ttl(), timing.loopWait(), timing.retryTimeout())
                .maximumLagOnFailover(dynamic.maximumLagOnFailoverBytes())
                .primaryStartTimeout(dynamic.primaryStartTimeout())
                .primaryStopTimeout(Optional.of(dynamic.primaryStopTimeout()).filter(Duration::isPositive))
                .pgCtlTimeout(postgresql.seconds("pg_ctl_timeout").orElse(Duration.ofSeconds(60)))
                .checkTimeline(dynamic.checkTimeline())
                .paused(dynamic.paused())
                .mayBootstrap(live.state().agent().bootstrapDcs().isPresent())
                .leaderlessCopy(hasMethodWithoutLeader(postgresql))
                .removeOnRewindFailure(postgresql
                        .flag("remove_data_directory_on_rewind_failure")
                        .orElse(false))
                .removeOnDivergedTimelines(postgresql
                        .flag("remove_data_directory_on_diverged_timelines")
                        .orElse(false))
                .sync(sync(dynamic, postgresql))
                .failsafe(dynamic.failsafeMode())
                .standbyCluster(dynamic.standbyCluster())
                .slots(new SlotSettings(
                        postgresql.flag("use_slots").orElse(true),
                        dynamic.memberSlotsTtl(),
                        // What is wrong with them has been said when the document was read.
                        SlotRules.permanent(dynamic.permanentSlots(), new ArrayList<>()),
                        SlotRules.ignored(dynamic.ignoredSlots())))
                .prePromote(postgresql
                        .text("pre_promote")
                        .filter(command -> !command.isBlank())
                        .isPresent())
                .maxTimelinesHistory((int) Math.min(dynamic.maxTimelinesHistory(), Integer.MAX_VALUE))
                .primaryHangTimeout(dynamic.primaryHangTimeout().orElseGet(() -> hangTimeout(timing, dynamic)))
                .raceBackoff(dynamic.primaryRaceBackoff())
                .build();
    }

    /** Who gives a crashed primary time to come up gives as much to one that hangs, but never less than two leases. */
    private static Duration hangTimeout(DcsTiming timing, DynamicSettings dynamic) {
        Duration leases = timing.ttl().multipliedBy(2);
        return dynamic.primaryStartTimeout().compareTo(leases) > 0 ? dynamic.primaryStartTimeout() : leases;
    }

    private static boolean hasMethodWithoutLeader(TreeSection postgresql) {
        List<String> methods = postgresql.texts("create_replica_methods");
        return (methods.isEmpty() ? postgresql.texts("create_replica_method") : methods)
                .stream()
                        .filter(method -> !method.equals("basebackup"))
                        .anyMatch(method ->
                                postgresql.section(method).flag("no_leader").orElse(false));
    }

    /** A standby cluster confirms nothing that its own clients have committed: it has none. */
    private static SyncSettings sync(DynamicSettings dynamic, TreeSection postgresql) {
        SyncSettings.Mode mode = dynamic.standbyCluster().isPresent()
                ? SyncSettings.Mode.OFF
                : switch (dynamic.synchronousMode()) {
                    case OFF -> SyncSettings.Mode.OFF;
                    case ON -> SyncSettings.Mode.PRIORITY;
                    case QUORUM -> SyncSettings.Mode.QUORUM;
                };
        return new SyncSettings(
                mode,
                dynamic.synchronousModeStrict(),
                Math.max(1, dynamic.synchronousNodeCount()),
                dynamic.maximumLagOnSyncnodeBytes(),
                Optional.ofNullable(postgresql.section("parameters").values().get("synchronous_standby_names"))
                        .map(Object::toString));
    }

    /** What the loss of another voter can cost at these times (SAF-071). */
    private void warnOfTightTiming(HaSettings settings) {
        if (!live.state().agent().store().equals("raft")) {
            return;
        }
        LeaseLadder ladder = LeaseLadder.of(settings.ttl());
        boolean quick = settings.ttl().compareTo(Duration.ofSeconds(5)) < 0;
        Duration election = quick ? Duration.ofMillis(750) : Duration.ofMillis(1500);
        Duration needed = ladder.renewalInterval().plus(election);
        Duration available = settings.ttl().minus(ladder.margin()).minus(ladder.politeness());
        if (needed.compareTo(available) >= 0) {
            log.warn(
                    "ttl={} is short for the embedded store: the loss of another member can cost the leader its lease"
                            + " (a renewal and an election may take {} ms, the lease leaves {} ms)",
                    settings.ttl(),
                    needed.toMillis(),
                    available.toMillis());
        }
    }
}

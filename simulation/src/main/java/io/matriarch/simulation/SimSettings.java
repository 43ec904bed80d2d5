package io.matriarch.simulation;

import io.matriarch.app.config.Json;
import io.matriarch.app.loop.SettingsSource;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The configuration of one agent: what the store says, and what the agent has started with until then. */
final class SimSettings implements SettingsSource {

    private final Consumer<HaSettings> changed;
    private final boolean mayBootstrap;
    private Optional<Revision> adopted = Optional.empty();
    private String document;
    private HaSettings current;

    /**
     * @param document what a store without a configuration gets
     * @param changed told of every change
     */
    SimSettings(String document, boolean mayBootstrap, Consumer<HaSettings> changed) {
        this.document = document;
        this.mayBootstrap = mayBootstrap;
        this.changed = changed;
        this.current = parse(document).orElseThrow();
    }

    @Override
    public HaSettings adopt(StoreSnapshot snapshot) {
        Revision revision = snapshot.revision(StoreKey.CONFIG);
        if (!adopted.equals(Optional.of(revision))) {
            adopted = Optional.of(revision);
            Optional<StoredValue> value = snapshot.get(StoreKey.CONFIG);
            Optional<HaSettings> parsed = value.flatMap(one -> parse(one.text()));
            if (parsed.isPresent()) {
                document = value.get().text();
            }
            if (parsed.filter(settings -> !settings.equals(current)).isPresent()) {
                current = parsed.get();
                changed.accept(current);
            }
        }
        return current;
    }

    @Override
    public HaSettings current() {
        return current;
    }

    @Override
    public String document() {
        return document;
    }

    /** Empty for a document nobody could use. */
    private Optional<HaSettings> parse(String text) {
        return Json.object(text).filter(fields -> fields.containsKey("ttl")).map(this::settings);
    }

    private HaSettings settings(Map<String, Object> fields) {
        boolean quorum = "quorum".equals(fields.get("synchronous_mode"));
        boolean on = quorum || Boolean.TRUE.equals(fields.get("synchronous_mode"));
        var sync = new SyncSettings(
                quorum ? SyncSettings.Mode.QUORUM : on ? SyncSettings.Mode.PRIORITY : SyncSettings.Mode.OFF,
                Boolean.TRUE.equals(fields.get("synchronous_mode_strict")),
                (int) number(fields, "synchronous_node_count", 1),
                number(fields, "maximum_lag_on_syncnode", -1),
                Optional.empty());
        return HaSettings.DEFAULTS
                .edit()
                .timing(
                        seconds(fields, "ttl", 30),
                        seconds(fields, "loop_wait", 10),
                        seconds(fields, "retry_timeout", 10))
                .maximumLagOnFailover(number(fields, "maximum_lag_on_failover", 1048576))
                .primaryStartTimeout(seconds(fields, "primary_start_timeout", 300))
                .primaryStopTimeout(
                        Optional.of(seconds(fields, "primary_stop_timeout", 0)).filter(Duration::isPositive))
                .checkTimeline(Boolean.TRUE.equals(fields.get("check_timeline")))
                .paused(Boolean.TRUE.equals(fields.get("pause")))
                .failsafe(Boolean.TRUE.equals(fields.get("failsafe_mode")))
                .primaryHangTimeout(seconds(fields, "primary_hang_timeout", 300))
                .prePromote(Boolean.TRUE.equals(fields.get("pre_promote")))
                .raceBackoff(seconds(fields, "primary_race_backoff", 0))
                .removeOnRewindFailure(true)
                .removeOnDivergedTimelines(true)
                .mayBootstrap(mayBootstrap)
                .standbyCluster(RemoteCluster.parse(fields.get("standby_cluster")))
                .sync(sync)
                .build();
    }

    private static Duration seconds(Map<String, Object> fields, String key, long otherwise) {
        return Duration.ofSeconds(number(fields, key, otherwise));
    }

    private static long number(Map<String, Object> fields, String key, long otherwise) {
        return fields.get(key) instanceof Number value ? value.longValue() : otherwise;
    }
}

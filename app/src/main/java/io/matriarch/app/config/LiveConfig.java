package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigProblems;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration in force, and how it changes: by a new {@code /config}, by a reload of the files. Whatever cannot be
 * used leaves everything as it was. Readers on any thread see one consistent state; changes come one at a time.
 */
public final class LiveConfig {

    private static final Logger log = LoggerFactory.getLogger(LiveConfig.class);

    /**
     * One consistent state.
     *
     * @param agent the local configuration, typed
     * @param effective all of it together
     */
    public record State(AgentConfig agent, EffectiveConfig effective) {}

    /** What became of a reload. */
    public enum Reloaded {
        CHANGED,
        UNCHANGED,
        /** The files cannot be used; the log says why. */
        REFUSED
    }

    private final AtomicReference<State> state;
    private final DynamicConfigCache cache;
    private Map<String, Object> cached = Map.of();

    private LiveConfig(State first, DynamicConfigCache cache) {
        this.state = new AtomicReference<>(first);
        this.cache = cache;
    }

    /**
     * The configuration of a member that has not spoken to the store yet: the cached copy of the dynamic one if there is
     * any, else the one its own file has for a new cluster.
     *
     * @throws ConfigProblems when the local configuration cannot be used
     */
    public static LiveConfig start(LocalConfig local) {
        AgentConfig agent = AgentConfig.read(local);
        agent.warnings().forEach(log::warn);
        DynamicConfigCache cache = new DynamicConfigCache(dataDirectory(local));
        Optional<Map<String, Object>> kept = cache.load().filter(tree -> !tree.isEmpty());
        DynamicConfig dynamic = kept.or(agent::bootstrapDcs)
                .flatMap(LiveConfig::read)
                .or(() -> agent.bootstrapDcs().flatMap(LiveConfig::read))
                .orElse(DynamicConfig.EMPTY);
        LiveConfig live = new LiveConfig(new State(agent, effective(local, dynamic)), cache);
        live.cached = kept.orElse(Map.of());
        return live;
    }

    public State state() {
        return state.get();
    }

    public EffectiveConfig effective() {
        return state.get().effective();
    }

    /**
     * Takes over the document {@code /config} of the store; an empty one means there is none and changes nothing.
     *
     * @return whether anything is different now
     */
    public synchronized boolean adopt(Map<String, Object> document) {
        if (document.isEmpty()) {
            return false;
        }
        State before = state.get();
        if (Trees.same(before.effective().dynamic().tree(), document)) {
            return false;
        }
        Optional<DynamicConfig> dynamic = read(document);
        dynamic.ifPresent(config ->
                state.set(new State(before.agent(), effective(before.agent().local(), config))));
        return dynamic.isPresent();
    }

    /** Takes over {@code /config} as the store has it; what is no JSON object is logged and changes nothing. */
    public boolean adopt(String json) {
        return DynamicConfigCache.parse(json).map(this::adopt).orElse(false);
    }

    /** Reads the files again. */
    public synchronized Reloaded reload() {
        State before = state.get();
        try {
            LocalConfig local = before.agent().local().reload();
            if (local.tree().isEmpty()) {
                throw new ConfigException("Config is empty.");
            }
            if (local.sameAs(before.agent().local())) {
                log.info("No local configuration items changed.");
                return Reloaded.UNCHANGED;
            }
            AgentConfig agent = AgentConfig.read(local);
            agent.warnings().forEach(log::warn);
            state.set(new State(agent, effective(local, before.effective().dynamic())));
            return Reloaded.CHANGED;
        } catch (ConfigProblems e) {
            log.error("the configuration was not reloaded: {}", String.join("; ", ConfigCheck.lines(e)));
            return Reloaded.REFUSED;
        } catch (ConfigException e) {
            log.error("the configuration was not reloaded: {}", e.getMessage());
            return Reloaded.REFUSED;
        }
    }

    /**
     * Writes the dynamic configuration into the data directory if it is not there yet. To be called at the end of a turn
     * of a member that has a data directory.
     */
    public synchronized void save() {
        Map<String, Object> tree = state.get().effective().dynamic().tree();
        if (!tree.isEmpty() && !tree.equals(cached) && cache.save(tree)) {
            cached = tree;
        }
    }

    /** What this member would write as {@code /config}: to bootstrap, and as a leader that finds it missing. */
    public String document() {
        return DynamicConfigCache.json(effective().dynamic().tree());
    }

    private static EffectiveConfig effective(LocalConfig local, DynamicConfig dynamic) {
        EffectiveConfig effective = EffectiveConfig.of(local, dynamic);
        effective.warnings().forEach(log::warn);
        return effective;
    }

    private static Optional<DynamicConfig> read(Map<String, Object> tree) {
        try {
            return Optional.of(DynamicConfig.read(tree));
        } catch (DynamicConfig.UnusableException e) {
            log.error("Exception when setting dynamic_configuration: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static Path dataDirectory(LocalConfig local) {
        return Path.of(local.root().section("postgresql").text("data_dir").orElseThrow());
    }
}

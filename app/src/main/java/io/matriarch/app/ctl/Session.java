package io.matriarch.app.ctl;

import io.matriarch.app.config.TreeSection;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** What a verb works with: the configuration, the store, the members' APIs and the operator. Made lazily, once. */
final class Session implements AutoCloseable {

    private static final List<String> OUR_STORES = List.of("consul", "etcd", "etcd3", "raft");

    private final Console console;
    private final Supplier<TreeSection> settings;
    private final FutureTask<List<DcsProvider>> providers;
    private final Surroundings surroundings;
    private final Map<String, Dcs> stores = new LinkedHashMap<>();
    private TreeSection config;
    private RestClient rest;

    Session(
            Console console,
            Supplier<TreeSection> settings,
            Supplier<List<DcsProvider>> providers,
            Surroundings surroundings) {
        this.console = console;
        this.settings = settings;
        this.providers = new FutureTask<>(providers::get);
        this.surroundings = surroundings;
    }

    Console console() {
        return console;
    }

    Surroundings surroundings() {
        return surroundings;
    }

    /** Logs a line on stderr, as the reference's logging does. */
    void log(String level, String text) {
        LogLine.print(this, level, text);
    }

    Stamp stamp() {
        return new Stamp(surroundings);
    }

    TreeSection config() {
        if (config == null) {
            // Finding the stores' clients takes as long as reading the configuration. What fails there fails here too,
            // and
            // is told here.
            Thread.ofPlatform().daemon().uncaughtExceptionHandler((_, _) -> {}).start(this::providers);
            config = settings.get();
        }
        return config;
    }

    private List<DcsProvider> providers() {
        providers.run();
        try {
            return providers.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AbortedException();
        }
    }

    RestClient rest() {
        if (rest == null) {
            rest = RestClient.of(config());
        }
        return rest;
    }

    /** The name that was typed, else the configured scope. */
    Optional<String> clusterName(Optional<String> typed) {
        return typed.or(() -> config().text("scope")).filter(name -> !name.isBlank());
    }

    String requiredCluster(Optional<String> typed) {
        return clusterName(typed).orElseThrow(() -> UsageException.missingArgument("CLUSTER_NAME"));
    }

    /** Reads the cluster that is the first word of the arguments, else the configured one. */
    Cluster cluster(Arguments arguments) {
        return load(requiredCluster(arguments.word(0)), arguments.integer("--group"));
    }

    /** Reads the cluster that is the first word of the arguments, which must be there. */
    Cluster namedCluster(Arguments arguments) {
        String name = arguments.word(0).orElseThrow(() -> UsageException.missingArgument("CLUSTER_NAME"));
        return load(name, arguments.integer("--group"));
    }

    /** Reads it again. */
    Cluster reload(Cluster cluster) {
        return load(cluster.name(), cluster.group());
    }

    Cluster load(String name, Optional<Integer> group) {
        Dcs dcs = dcs(name, group);
        Duration patience = timing().retryTimeout().multipliedBy(3);
        long start = System.nanoTime();
        while (true) {
            try {
                return Cluster.of(name, group, dcs.load());
            } catch (DcsUnavailableException e) {
                if (System.nanoTime() - start >= patience.toNanos()) {
                    throw new CtlException(e.getMessage(), e);
                }
                pause(Duration.ofMillis(500));
            }
        }
    }

    /** One attempt with little patience. */
    void loadOnce(String name) throws DcsUnavailableException {
        Dcs dcs = dcs(name, Optional.empty());
        dcs.adopt(new DcsTiming(Duration.ofSeconds(10), Duration.ofSeconds(3), Duration.ofSeconds(3)));
        dcs.load();
    }

    Dcs dcs(Cluster cluster) {
        return dcs(cluster.name(), cluster.group());
    }

    /** A store's client for one cluster, closed with the session. */
    private Dcs dcs(String name, Optional<Integer> group) {
        String path = name + group.map(number -> "/" + number).orElse("");
        return stores.computeIfAbsent(path, this::open);
    }

    private Dcs open(String path) {
        DcsProvider provider = provider();
        try {
            TreeSection section = config().section(provider.section());
            Scope scope = new Scope(config().text("namespace").orElse("service"), path);
            return provider.client(section, new DcsContext(scope, Optional.empty(), timing(), new ToolClock()));
        } catch (ConfigProblems e) {
            throw new CtlException(e.getMessage(), e);
        }
    }

    /** The provider of the configured store: of several sections the first in alphabetical order. */
    private DcsProvider provider() {
        Map<String, Object> values = config().values();
        List<DcsProvider> found = providers();
        return found.stream()
                .filter(provider -> values.get(provider.section()) != null)
                .min((one, other) -> one.section().compareTo(other.section()))
                .orElseThrow(() -> {
                    var names = new TreeSet<>(OUR_STORES);
                    found.forEach(provider -> names.add(provider.section()));
                    return new CtlException("Can not find suitable configuration of distributed configuration store\n"
                            + "Available implementations: " + String.join(", ", names));
                });
    }

    /** The provider of a store of that name, configured or not. */
    Optional<DcsProvider> provider(String section) {
        return providers().stream()
                .filter(provider -> provider.section().equals(section))
                .findFirst();
    }

    private DcsTiming timing() {
        ConfigSection root = config();
        return new DcsTiming(
                positive(root.seconds("ttl"), 30),
                positive(root.seconds("loop_wait"), 10),
                positive(root.seconds("retry_timeout"), 10));
    }

    private static Duration positive(Optional<Duration> value, int byDefault) {
        return value.filter(duration -> duration.isPositive()).orElse(Duration.ofSeconds(byDefault));
    }

    /** Writes without the leader's lease, as operators do. */
    WriteResult write(Cluster cluster, Change change) {
        return dcs(cluster).write(Optional.empty(), change);
    }

    void writeOrFail(Cluster cluster, Change change) {
        switch (write(cluster, change)) {
            case WriteResult.Done _ -> {}
            case WriteResult.Refused refused -> throw new CtlException("the store refused: " + refused.why());
            case WriteResult.Unknown unknown ->
                throw new CtlException("no answer from the store, the change may or may not apply: " + unknown.why());
        }
    }

    void pause(Duration time) {
        console.flush();
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AbortedException();
        }
    }

    @Override
    public void close() {
        new ArrayList<>(stores.values()).forEach(Dcs::close);
        stores.clear();
    }

    /** A command line holds no lease: one clock is enough for timeouts. */
    private static final class ToolClock implements Clock {
        @Override
        public MonotonicTime now() {
            return MonotonicTime.ofNanos(System.nanoTime());
        }

        @Override
        public Instant wallClock() {
            return Instant.now();
        }
    }
}

package io.matriarch.app.config;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The local configuration of a member, typed.
 *
 * @param scope where the cluster's keys are
 * @param name this member
 * @param rest its REST server
 * @param ctl how it calls others
 * @param log what it logs
 * @param tags what the operator says about it
 * @param threadPoolSize accepted for compatibility, at least 5
 * @param store the section of the store that is used
 * @param citus group and database, empty for a cluster of its own
 * @param warnings sentences for the log, none of them a reason to stop
 * @param local what it was read from
 */
public record AgentConfig(
        Scope scope,
        MemberName name,
        RestSettings rest,
        CtlSettings ctl,
        LogSettings log,
        Tags tags,
        int threadPoolSize,
        String store,
        Optional<Citus> citus,
        List<String> warnings,
        LocalConfig local) {

    public static final String DEFAULT_NAMESPACE = "service";

    private static final int SMALLEST_POOL = 5;

    /** One group of a sharded cluster; group 0 coordinates. */
    public record Citus(int group, String database) {}

    public AgentConfig {
        warnings = List.copyOf(warnings);
    }

    /**
     * Reads a configuration for a normal start.
     *
     * @throws ConfigProblems with everything that is wrong with it
     */
    public static AgentConfig read(LocalConfig local) {
        List<ConfigProblem> problems = new ArrayList<>(ConfigCheck.forStart(local.tree()));
        List<String> warnings = new ArrayList<>(KnownKeys.warnings(local.tree()));
        TreeSection root = local.root(problems);
        TreeSection restapi = root.section("restapi");
        Optional<String> store = store(local, warnings);
        RestSettings rest = RestSettings.read(restapi, warnings);
        CtlSettings ctl = CtlSettings.read(root.section("ctl"), restapi);
        LogSettings log = LogSettings.read(root.section("log"), warnings);
        Tags tags = TagRules.read(root.section("tags"), warnings);
        int pool = root.integer("thread_pool_size").orElse(SMALLEST_POOL);
        // What the check has found is found again on reading: one line a key is enough.
        List<ConfigProblem> distinct = ConfigCheck.onePerKey(problems);
        if (!distinct.isEmpty()) {
            throw new ConfigProblems(distinct);
        }
        return new AgentConfig(
                new Scope(
                        root.text("namespace").orElse(DEFAULT_NAMESPACE),
                        root.text("scope").orElseThrow()),
                new MemberName(root.text("name").orElseThrow()),
                rest,
                ctl,
                log,
                tags,
                Math.max(SMALLEST_POOL, pool),
                store.orElseThrow(),
                citus(root),
                warnings,
                local);
    }

    /** The section of the store that a configuration uses. */
    public static Optional<String> store(LocalConfig local) {
        return store(local, new ArrayList<>());
    }

    /** The first section of a store we have an adapter for, in alphabetical order; others are mentioned. */
    static Optional<String> store(LocalConfig local, List<String> warnings) {
        List<String> present = KnownKeys.STORES.stream()
                .filter(section -> Trees.truthy(local.tree().get(section)))
                .toList();
        Optional<String> used =
                present.stream().filter(KnownKeys.SUPPORTED_STORES::contains).findFirst();
        List<String> unused = present.stream()
                .filter(section -> !section.equals(used.orElse("")))
                .toList();
        if (used.isPresent() && !unused.isEmpty()) {
            warnings.add("the configuration has sections of several stores: " + used.get() + " is used, "
                    + String.join(", ", unused) + " ignored");
        }
        return used;
    }

    /** The section of the store that is used. */
    public ConfigSection storeSection() {
        return local.root().section(store);
    }

    /** A section as it stands: {@code watchdog}, {@code guard}, {@code bootstrap}; empty when absent. */
    public ConfigSection section(String name) {
        return local.root().section(name);
    }

    /** Whether the configuration has the section, with something in it or not. */
    public boolean has(String section) {
        return local.tree().containsKey(section);
    }

    /** The document {@code /config} of a new cluster; empty when this member must not bootstrap one. */
    public Optional<Map<String, Object>> bootstrapDcs() {
        return Trees.at(local.tree(), "bootstrap")
                .flatMap(Trees::asMap)
                .map(bootstrap -> Trees.mapAt(bootstrap, "dcs"));
    }

    private static Optional<Citus> citus(TreeSection root) {
        if (!root.has("citus")) {
            return Optional.empty();
        }
        TreeSection section = root.section("citus");
        return section.integer("group")
                .flatMap(group -> section.text("database").map(database -> new Citus(group, database)));
    }
}

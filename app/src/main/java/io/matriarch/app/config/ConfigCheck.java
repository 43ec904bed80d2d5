package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks at a whole local tree and names everything that is wrong with it. For a start only what leaves no meaning is a
 * problem: numbers and booleans may be texts, addresses may be loopback. Validation is as strict as the reference's.
 */
public final class ConfigCheck {

    static final String NOT_DEFINED = "is not defined.";
    static final String WRONG_VALUE = "didn't pass validation: Wrong value";
    static final String WRONG_ADDRESS = "didn't pass validation: contains a wrong value";
    static final String LOOPBACK =
            "didn't pass validation: must not contain \"127.0.0.1\", \"0.0.0.0\", \"*\", \"::1\", \"localhost\"";
    /** A name the reference keeps for itself in the synchronous state. */
    static final String RESERVED_NAME = "__patroni_strict_sync_replica_placeholder__";

    private static final String NO_STORE = "Can not find suitable configuration of distributed configuration store\n"
            + "Available implementations: " + String.join(", ", KnownKeys.SUPPORTED_STORES);

    private static final Set<String> NOT_REACHABLE_BY_OTHERS = Set.of("127.0.0.1", "0.0.0.0", "*", "::1", "localhost");

    private static final Set<String> WATCHDOG_MODES =
            Set.of("off", "false", "disable", "disabled", "automatic", "auto", "required", "require");

    private final Map<String, Object> tree;
    private final boolean strict;
    private final List<ConfigProblem> problems = new ArrayList<>();

    private ConfigCheck(Map<String, Object> tree, boolean strict) {
        this.tree = tree;
        this.strict = strict;
    }

    /** What keeps a member from starting, as far as it can be seen without touching the machine. */
    public static List<ConfigProblem> forStart(Map<String, Object> tree) {
        return new ConfigCheck(tree, false).run();
    }

    /** What {@code --validate-config} reports, apart from the checks of the machine of the host. */
    public static List<ConfigProblem> forValidation(Map<String, Object> tree) {
        ConfigCheck check = new ConfigCheck(tree, true);
        check.run();
        TreeSection root = new TreeSection("", tree, check.problems);
        List<String> unheard = new ArrayList<>();
        RestSettings.read(root.section("restapi"), unheard);
        CtlSettings.read(root.section("ctl"), root.section("restapi"));
        LogSettings.read(root.section("log"), unheard);
        TagRules.read(root.section("tags"), unheard);
        return onePerKey(check.problems);
    }

    /** The lines to print for problems, in their order. */
    public static List<String> lines(ConfigProblems problems) {
        return problems.problems().stream()
                .map(problem -> problem.path().isEmpty() ? problem.message() : problem.toString())
                .toList();
    }

    /** The keys of a tree that nobody reads, a sentence each. */
    public static List<String> unknownKeys(Map<String, Object> tree) {
        return KnownKeys.warnings(tree);
    }

    /** Both lists, without what the second one says of a key, or of one above or below it, that the first one names. */
    public static List<ConfigProblem> joined(List<ConfigProblem> first, List<ConfigProblem> second) {
        List<ConfigProblem> all = new ArrayList<>(first);
        second.stream()
                .filter(problem -> first.stream().noneMatch(known -> overlap(known.path(), problem.path())))
                .forEach(all::add);
        return onePerKey(all);
    }

    private static boolean overlap(String one, String other) {
        return !one.isEmpty()
                && !other.isEmpty()
                && (one.equals(other) || one.startsWith(other + ".") || other.startsWith(one + "."));
    }

    /** Of several problems of one key the first. */
    static List<ConfigProblem> onePerKey(List<ConfigProblem> problems) {
        Map<String, ConfigProblem> first = new LinkedHashMap<>();
        problems.forEach(problem -> first.putIfAbsent(problem.path(), problem));
        return List.copyOf(first.values());
    }

    private List<ConfigProblem> run() {
        types();
        names();
        addresses();
        stores();
        if (strict) {
            users();
            tags();
            choices();
        }
        timings();
        return onePerKey(problems);
    }

    private void types() {
        for (ConfigRule rule : ConfigRule.ALL) {
            Trees.at(tree, rule.path())
                    .flatMap(value -> rule.complaint(value, strict))
                    .ifPresent(message -> add(rule.path(), message));
        }
    }

    private void names() {
        for (String key : List.of("scope", "name")) {
            required(key);
            Trees.at(tree, key)
                    .filter(value -> Trees.text(value).isBlank())
                    .ifPresent(value -> add(key, "is an empty string"));
        }
        Trees.at(tree, "name").map(Trees::text).ifPresent(name -> {
            if (name.equals(RESERVED_NAME)) {
                add("name", "didn't pass validation: Node 'name' can't be set to '" + RESERVED_NAME + "'");
            } else if (name.indexOf('/') >= 0) {
                add("name", "didn't pass validation: must not contain '/'");
            }
        });
        required("postgresql.data_dir");
        required("postgresql.authentication");
        Trees.at(tree, "postgresql.data_dir")
                .filter(value -> Trees.text(value).isBlank())
                .ifPresent(value -> add("postgresql.data_dir", "is an empty string"));
    }

    private void addresses() {
        required("restapi.listen");
        required("postgresql.listen");
        address("restapi.listen", Optional.empty());
        address("postgresql.listen", Optional.of(5432));
        address("raft.self_addr", Optional.empty());
        address("raft.bind_addr", Optional.empty());
        address("postgresql.proxy_address", Optional.of(5432));
        for (String key : List.of("restapi.connect_address", "postgresql.connect_address")) {
            if (strict) {
                required(key);
            }
            address(key, key.startsWith("postgresql") ? Optional.of(5432) : Optional.empty())
                    .filter(address -> strict && NOT_REACHABLE_BY_OTHERS.contains(address.host()))
                    .ifPresent(address -> add(key, LOOPBACK));
        }
        Trees.at(tree, "raft.partner_addrs").ifPresent(value -> {
            List<String> partners = new TreeSection("raft", Trees.mapAt(tree, "raft"), problems).texts("partner_addrs");
            for (int i = 0; i < partners.size(); i++) {
                if (HostPort.parse(partners.get(i)).isEmpty()) {
                    problems.add(new ConfigProblem("raft.partner_addrs." + i, partners.get(i), WRONG_ADDRESS));
                }
            }
        });
    }

    private Optional<HostPort> address(String path, Optional<Integer> defaultPort) {
        Optional<Object> value = Trees.at(tree, path);
        Optional<HostPort> address = value.map(Trees::text)
                .flatMap(text ->
                        defaultPort.map(port -> HostPort.parse(text, port)).orElseGet(() -> HostPort.parse(text)));
        if (value.isPresent() && address.isEmpty()) {
            add(path, WRONG_ADDRESS);
        }
        if (address.isPresent() && address.get().host().contains(",")) {
            List<String> hosts = List.of(address.get().host().split(",", -1));
            if (!path.equals("postgresql.listen")) {
                add(path, WRONG_ADDRESS);
            } else if (hosts.stream().map(String::strip).anyMatch("*"::equals)) {
                add(path, "didn't pass validation: expecting '*' alone");
            }
        }
        return address;
    }

    private void stores() {
        List<String> present = KnownKeys.STORES.stream()
                .filter(store -> Trees.truthy(tree.get(store)))
                .toList();
        if (present.isEmpty()) {
            if (strict) {
                KnownKeys.STORES.forEach(store -> add(store, NOT_DEFINED));
            } else {
                problems.add(new ConfigProblem("", "", NO_STORE));
            }
        } else if (present.stream().noneMatch(KnownKeys.SUPPORTED_STORES::contains)) {
            present.forEach(store ->
                    add(store, "is not supported, expected one of " + String.join(", ", KnownKeys.SUPPORTED_STORES)));
        }
        if (strict) {
            present.forEach(this::store);
        }
    }

    private void store(String store) {
        switch (store) {
            case "consul" -> oneOf(store, List.of("host", "url"));
            case "etcd", "etcd3" -> oneOf(store, List.of("host", "hosts", "srv", "srv_suffix", "url", "proxy"));
            case "raft" -> List.of("self_addr", "partner_addrs").forEach(key -> required("raft." + key));
            default -> {}
        }
    }

    private void users() {
        for (String user : List.of("replication", "superuser")) {
            required("postgresql.authentication." + user + ".username");
        }
    }

    private void tags() {
        Map<String, Object> tags = Trees.mapAt(tree, "tags");
        for (List<String> pair :
                List.of(List.of("nofailover", "failover_priority"), List.of("nosync", "sync_priority"))) {
            if (tags.keySet().containsAll(pair)) {
                problems.add(new ConfigProblem(
                        "tags", "", "Multiple of ('" + pair.getFirst() + "', '" + pair.getLast() + "') provided"));
            }
        }
    }

    private void choices() {
        // YAML reads a bare off as false. A mode that nobody knows is no watchdog at all.
        Trees.at(tree, "watchdog.mode")
                .filter(mode -> !WATCHDOG_MODES.contains(Trees.text(mode).toLowerCase(Locale.ROOT)))
                .ifPresent(_ -> add("watchdog.mode", WRONG_VALUE));
        if (Trees.at(tree, "bootstrap").isPresent()) {
            required("bootstrap.dcs");
        }
        if (Trees.at(tree, "bootstrap.dcs.standby_cluster").isPresent()) {
            oneOf("bootstrap.dcs.standby_cluster", List.of("host", "port", "restore_command"));
        }
    }

    /** A time that is no number would make the whole dynamic configuration unusable. */
    private void timings() {
        Trees.at(tree, "bootstrap.dcs").flatMap(Trees::asMap).ifPresent(dcs -> {
            for (String key : List.of("ttl", "loop_wait", "retry_timeout")) {
                Object value = dcs.get(key);
                if (value != null && Timings.read(value).isEmpty()) {
                    add("bootstrap.dcs." + key, "is not an integer");
                } else if (value != null && strict && Timings.belowFloor(key, value)) {
                    add("bootstrap.dcs." + key, WRONG_VALUE);
                }
            }
        });
    }

    private void required(String path) {
        if (Trees.at(tree, path).isEmpty()) {
            add(path, NOT_DEFINED);
        }
    }

    private void oneOf(String section, List<String> keys) {
        if (keys.stream().noneMatch(key -> Trees.at(tree, section + "." + key).isPresent())) {
            keys.forEach(key -> add(section + "." + key, NOT_DEFINED));
        }
    }

    private void add(String path, String message) {
        String key = path.substring(path.lastIndexOf('.') + 1);
        problems.add(new ConfigProblem(
                path, TreeSection.shown(key, Trees.at(tree, path).orElse(null)), message));
    }
}

package io.matriarch.app.config;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.ports.plugin.ConfigSection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From the section {@code tags} to what counts and what is published. */
public final class TagRules {

    private static final List<String> FLAGS = List.of("clonefrom", "nofailover", "noloadbalance", "nosync", "nostream");

    private TagRules() {}

    /** Reads the section; contradictions become warnings. */
    public static Tags read(ConfigSection section, List<String> warnings) {
        Optional<Boolean> nofailover = flag(section, "nofailover");
        Optional<Boolean> nosync = flag(section, "nosync");
        Optional<Integer> failover = section.integer("failover_priority");
        Optional<Integer> sync = section.integer("sync_priority");
        conflict("nofailover", nofailover, "failover_priority", failover).ifPresent(warnings::add);
        conflict("nosync", nosync, "sync_priority", sync).ifPresent(warnings::add);
        boolean never = nofailover.orElse(failover.orElse(1) <= 0);
        boolean neverSync = nosync.orElse(sync.orElse(1) <= 0);
        return new Tags(
                never,
                priority(never, failover),
                flag(section, "noloadbalance").orElse(false),
                flag(section, "clonefrom").orElse(false),
                neverSync,
                priority(neverSync, sync),
                upstream(section),
                flag(section, "nostream").orElse(false),
                published(section.values()));
    }

    /** What the member's key shows: false flags are left out unless they decide over a priority. */
    public static Map<String, Object> published(Map<String, Object> tags) {
        Map<String, Object> published = new LinkedHashMap<>();
        tags.forEach((name, value) -> {
            boolean decides = name.equals("nofailover") && tags.containsKey("failover_priority")
                    || name.equals("nosync") && tags.containsKey("sync_priority");
            if (!FLAGS.contains(name) || decides || set(value)) {
                published.put(name, value);
            }
        });
        return published;
    }

    /** The flag was given, so it wins, and a priority that says the opposite is taken for the usual one. */
    private static int priority(boolean never, Optional<Integer> priority) {
        return never ? 0 : priority.filter(p -> p > 0).orElse(1);
    }

    private static Optional<Boolean> flag(ConfigSection section, String key) {
        return section.values().containsKey(key)
                ? Optional.of(set(section.values().get(key)))
                : Optional.empty();
    }

    /** A text counts as what it says; one that says neither is there, so it is set. */
    private static boolean set(Object value) {
        return ValueParser.bool(value).orElse(Trees.truthy(value));
    }

    private static Optional<MemberName> upstream(ConfigSection section) {
        Optional<String> name = section.text("replicatefrom");
        if (name.filter(n -> n.isBlank() || n.indexOf('/') >= 0).isPresent()) {
            section.problem("replicatefrom", "is not a member name");
            return Optional.empty();
        }
        return name.map(MemberName::new);
    }

    private static Optional<String> conflict(
            String flag, Optional<Boolean> set, String priority, Optional<Integer> value) {
        if (set.isEmpty() || value.isEmpty() || set.get() == value.get() <= 0) {
            return Optional.empty();
        }
        String shown = Trees.text(set.get());
        return Optional.of("Conflicting configuration between " + flag + ": " + shown + " and " + priority + ": "
                + value.get() + ". Defaulting to " + flag + ": " + shown);
    }
}

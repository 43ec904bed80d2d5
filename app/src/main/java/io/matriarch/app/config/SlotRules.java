package io.matriarch.app.config;

import io.matriarch.domain.postgres.SlotView;
import io.matriarch.domain.settings.IgnoredSlot;
import io.matriarch.domain.settings.PermanentSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads {@code slots} and {@code ignore_slots}. An entry that means nothing is left out, with a warning. */
public final class SlotRules {

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,63}");

    private static final List<String> TYPES = List.of("physical", "logical");

    private SlotRules() {}

    /**
     * The permanent slots.
     *
     * @param warnings takes what is wrong with those left out
     */
    public static List<PermanentSlot> permanent(Map<String, Object> slots, List<String> warnings) {
        var found = new ArrayList<PermanentSlot>();
        slots.forEach((name, value) -> slot(name, value, warnings).ifPresent(found::add));
        return found;
    }

    private static Optional<PermanentSlot> slot(String name, Object value, List<String> warnings) {
        if (!NAME.matcher(name).matches()) {
            warnings.add("permanent slot " + name + " is left out: a slot's name has up to 63 lower case letters,"
                    + " digits and underscores");
            return Optional.empty();
        }
        if (!Trees.truthy(value)) {
            return Optional.of(new PermanentSlot.Physical(name, Optional.empty()));
        }
        Optional<Map<String, Object>> properties = Trees.asMap(value);
        if (properties.isEmpty()) {
            warnings.add("permanent slot " + name + " is left out: " + Trees.text(value) + " is no map");
            return Optional.empty();
        }
        return slot(name, properties.get(), warnings);
    }

    private static Optional<PermanentSlot> slot(String name, Map<String, Object> properties, List<String> warnings) {
        Optional<String> database = text(properties, "database");
        Optional<String> plugin = text(properties, "plugin");
        boolean both = database.isPresent() && plugin.isPresent();
        String type = text(properties, "type").orElse(both ? "logical" : "physical");
        if (type.equals("logical") && both) {
            return Optional.of(new PermanentSlot.Logical(name, database.get(), plugin.get()));
        }
        if (!type.equals("physical")) {
            warnings.add("permanent slot " + name + " is left out: "
                    + (type.equals("logical")
                            ? "a logical slot needs database and plugin"
                            : "type is " + type + ", expected physical or logical"));
            return Optional.empty();
        }
        Optional<String> cluster = text(properties, "cluster_type");
        Optional<PermanentSlot.ClusterType> only = cluster.flatMap(SlotRules::clusterType);
        if (cluster.isPresent() && only.isEmpty()) {
            warnings.add("cluster_type of permanent slot " + name + " is " + cluster.get()
                    + ", expected primary or standby: it is for both");
        }
        return Optional.of(new PermanentSlot.Physical(name, only));
    }

    private static Optional<PermanentSlot.ClusterType> clusterType(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "primary" -> Optional.of(PermanentSlot.ClusterType.PRIMARY);
            case "standby" -> Optional.of(PermanentSlot.ClusterType.STANDBY);
            default -> Optional.empty();
        };
    }

    /** Slots that are left alone; an entry of a type there is not matches none. */
    public static List<IgnoredSlot> ignored(List<Map<String, Object>> entries) {
        return entries.stream()
                .filter(entry -> text(entry, "type").map(TYPES::contains).orElse(true))
                .map(entry -> new IgnoredSlot(
                        text(entry, "name"), kind(entry), text(entry, "database"), text(entry, "plugin")))
                .toList();
    }

    private static Optional<SlotView.Kind> kind(Map<String, Object> entry) {
        return text(entry, "type").map(type -> type.equals("logical") ? SlotView.Kind.LOGICAL : SlotView.Kind.PHYSICAL);
    }

    private static Optional<String> text(Map<String, Object> properties, String key) {
        return Optional.ofNullable(properties.get(key)).map(Trees::text).filter(text -> !text.isEmpty());
    }
}

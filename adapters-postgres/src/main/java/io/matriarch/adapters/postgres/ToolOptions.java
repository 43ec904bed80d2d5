package io.matriarch.adapters.postgres;

import io.matriarch.ports.plugin.ConfigSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Options of a tool as the configuration has them: {@code name} becomes {@code --name}, {@code {k: v}} {@code --k=v}. */
final class ToolOptions {

    private ToolOptions() {}

    /**
     * What became of the options.
     *
     * @param arguments those that may be passed
     * @param refused names of those that may not
     */
    record Parsed(List<String> arguments, List<String> refused) {}

    /** Reads the options under {@code key}: a list of names and maps, or a map. */
    static Parsed read(ConfigSection section, String key, Set<String> forbidden) {
        var arguments = new ArrayList<String>();
        var refused = new ArrayList<String>();
        // Only one of the two shapes is asked for, because the other would be remembered as a problem.
        if (section.values().get(key) instanceof Map<?, ?> map) {
            map.forEach((name, value) -> add(String.valueOf(name), value, forbidden, arguments, refused));
        } else {
            for (Object item : section.items(key)) {
                if (item instanceof Map<?, ?> map) {
                    map.forEach((name, value) -> add(String.valueOf(name), value, forbidden, arguments, refused));
                } else {
                    add(String.valueOf(item), null, forbidden, arguments, refused);
                }
            }
        }
        return new Parsed(arguments, refused);
    }

    private static void add(
            String name, Object value, Set<String> forbidden, List<String> arguments, List<String> refused) {
        String bare = name.replaceFirst("^-+", "");
        String key = bare.split("=", 2)[0];
        if (forbidden.contains(key)) {
            refused.add(key);
        } else {
            arguments.add(value == null ? "--" + bare : "--" + bare + "=" + unquoted(String.valueOf(value)));
        }
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1
                && (value.startsWith("'") && value.endsWith("'") || value.startsWith("\"") && value.endsWith("\""));
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
